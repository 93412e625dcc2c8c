/** What outlives a reload: the answer's number, the checkpoint, and the records that it covers. */

import { isAnswerRecord, isObject } from './answer.js';
import type { AnswerRecord } from './server.js';
import { DEFAULT_SETTINGS, PACES, SAMPLES } from './settings.js';
import type { Settings } from './settings.js';

export interface Memory {
  readonly run: string;
  readonly of: number;
  /** JSON of the library's checkpoint: it is checked by the library, not by us. */
  readonly checkpoint: unknown;
  readonly records: readonly AnswerRecord[];
  readonly settings: Settings;
  readonly resumes: number;
}

/** What was chosen for this answer and those that follow. */
export interface Choices {
  readonly sample: string;
  readonly paceMs: number;
}

const KEY = 'stream-reconnect-playground';
const CHOICES_KEY = 'stream-reconnect-playground-choices';

/** Storage may be full, or forbidden: then a reload begins anew, and that is all. */
export function remember(memory: Memory): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(memory));
  } catch {
    forget();
  }
}

/** What was remembered, where all of it can be used; otherwise nothing. */
export function recall(): Memory | null {
  const memory = read(KEY);
  return isMemory(memory) ? memory : null;
}

export function forget(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // There is none, then.
  }
}

export function rememberChoices(choices: Choices): void {
  try {
    sessionStorage.setItem(CHOICES_KEY, JSON.stringify(choices));
  } catch {
    // A reload begins with the defaults, then.
  }
}

/** Each choice that can be used. */
export function recallChoices(): Partial<Choices> {
  const choices = read(CHOICES_KEY);
  if (!isObject(choices)) return {};
  const { sample, paceMs } = choices;
  return {
    ...(SAMPLES.some((each) => each === sample) ? { sample: sample as string } : {}),
    ...(PACES.some(({ ms }) => ms === paceMs) ? { paceMs: paceMs as number } : {}),
  };
}

/** JSON, or null: storage may be forbidden, and what is in it may be anybody's text. */
function read(key: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

function isMemory(value: unknown): value is Memory {
  if (!isObject(value)) return false;
  const { run, of, checkpoint, records, settings, resumes } = value;
  return (
    typeof run === 'string' &&
    isCount(of) &&
    isObject(checkpoint) &&
    Array.isArray(records) &&
    records.every(isAnswerRecord) &&
    isObject(settings) &&
    Object.entries(DEFAULT_SETTINGS).every(
      ([name, like]) => typeof settings[name] === typeof like,
    ) &&
    isCount(resumes)
  );
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0;
}
