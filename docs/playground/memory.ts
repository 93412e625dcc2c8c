/** What outlives a reload: the answer's number, the checkpoint, and the records that it covers. */

import type { AnswerRecord } from './server.js';
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

const KEY = 'stream-reconnect-playground';

/** Storage may be full, or forbidden: then a reload begins anew, and that is all. */
export function remember(memory: Memory): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(memory));
  } catch {
    forget();
  }
}

export function recall(): Memory | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Memory | null;
  } catch {
    return null;
  }
}

export function forget(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // There is none, then.
  }
}
