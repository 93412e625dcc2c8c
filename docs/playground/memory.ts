/** What is kept over a reload: the number of the response, the checkpoint, and the records that it covers. */

import { isAnswerRecord, isObject } from './answer.js';
import type { AnswerRecord } from './server.js';
import { DEFAULT_SETTINGS, PACES, SAMPLES } from './settings.js';
import type { Settings } from './settings.js';

export interface Memory {
  readonly run: string;
  readonly of: number;
  /** JSON of the library's checkpoint, which the library validates. */
  readonly checkpoint: unknown;
  readonly records: readonly AnswerRecord[];
  readonly settings: Settings;
  readonly resumes: number;
}

/** The settings of this response and those that follow. */
export interface Choices {
  readonly sample: string;
  readonly paceMs: number;
}

const KEY = 'stream-reconnect-playground';
const CHOICES_KEY = 'stream-reconnect-playground-choices';

/** Saves; if storage is full or forbidden, a reload begins a new response. */
export function remember(memory: Memory): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(memory));
  } catch {
    forget();
  }
}

/** Returns what was saved, if all of it can be used; otherwise nothing. */
export function recall(): Memory | null {
  const memory = read(KEY);
  return isMemory(memory) ? memory : null;
}

export function forget(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Then nothing was saved.
  }
}

export function rememberChoices(choices: Choices): void {
  try {
    sessionStorage.setItem(CHOICES_KEY, JSON.stringify(choices));
  } catch {
    // Then a reload begins with the defaults.
  }
}

/** Returns the settings that can be used. */
export function recallChoices(): Partial<Choices> {
  const choices = read(CHOICES_KEY);
  if (!isObject(choices)) return {};
  const { sample, paceMs } = choices;
  return {
    ...(SAMPLES.some((each) => each === sample) ? { sample: sample as string } : {}),
    ...(PACES.some(({ ms }) => ms === paceMs) ? { paceMs: paceMs as number } : {}),
  };
}

/** Returns the parsed JSON, or null: storage may be forbidden, and contain anything. */
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
