/** What the caller's functions say of a value: its item, and the end if it is one. */

import type { EndOutcome, SourceItem } from '../../machines/contract.js';
import { kindOf, openFailure } from './failure.js';
import { toOutcome } from './outcome.js';

/** The caller's functions about the items of a source. */
export interface ItemReaders<T> {
  /** The cursor of an item; undefined where it has none. */
  readonly id: ((item: T) => string | undefined) | undefined;
  /** Says which item ends the stream; the item itself is handed out. */
  readonly isEnd: ((item: T) => boolean | EndOutcome) | undefined;
}

/** @throws ReconnectError `callback`, fatal, where a function throws or gives what it must not. */
export function toItems<T>(data: T, bytes: number, { id, isEnd }: ItemReaders<T>): SourceItem<T>[] {
  const cursor: unknown = guard('id', () => id?.(data));
  if (cursor !== undefined && typeof cursor !== 'string')
    throw wrongAnswer('id', 'a string or undefined', cursor);
  const item: SourceItem<T> = { type: 'data', data, bytes, id: cursor };
  const outcome = toOutcome(guard('isEnd', () => isEnd?.(data)));
  return outcome === undefined ? [item] : [item, { type: 'end', outcome }];
}

/** Runs a function of the caller. @throws ReconnectError `callback`, fatal */
export function guard<R>(name: string, run: () => R): R {
  try {
    return run();
  } catch (cause) {
    throw openFailure('callback', `${name} threw`, { fatal: true, cause });
  }
}

export function wrongAnswer(name: string, expected: string, got: unknown): Error {
  const message = `expected ${name} to return ${expected}, got ${kindOf(got)}`;
  return openFailure('callback', message, { fatal: true });
}
