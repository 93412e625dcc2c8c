/** Turns a value into items, by the caller's functions: the data item, and the end if it is the last one. */

import { MAX_ID_LENGTH } from '../../../machines/source-contract.js';
import type { EndOutcome, SourceItem } from '../../../machines/source-contract.js';
import { ignoreRejection } from '../../../machines/thenable.js';
import { isThenable, describeType, sourceError } from './source-error.js';
import { toOutcome } from './to-outcome.js';

/** The caller's functions about the items of a source. */
export interface ItemReaders<T> {
  /** Returns the cursor of an item; undefined if it has none. */
  readonly id: ((item: T) => string | undefined) | undefined;
  /** Says which item ends the stream; the item itself is delivered. */
  readonly isEnd: ((item: T) => boolean | EndOutcome) | undefined;
}

/**
 * @param raw the text of the item on the wire
 * @throws ReconnectError `callback`, fatal, if a function throws or returns a wrong value; `limit` for an id that is too long
 */
export function toItems<T>(
  data: T,
  bytes: number,
  { id, isEnd }: ItemReaders<T>,
  raw?: string,
): SourceItem<T>[] {
  const cursor: unknown = id === undefined ? undefined : ask('id', id, data);
  if (cursor !== undefined && typeof cursor !== 'string')
    throw wrongResponse('id', 'a string or undefined', cursor);
  if (cursor !== undefined) checkIdLength(cursor);
  const item: SourceItem<T> = { type: 'data', data, bytes, id: cursor, raw };
  const outcome = isEnd === undefined ? undefined : toOutcome(ask('isEnd', isEnd, data));
  return outcome === undefined ? [item] : [item, { type: 'end', outcome }];
}

/** @throws SourceError kind `limit` */
export function checkIdLength(id: string): void {
  if (id.length <= MAX_ID_LENGTH) return;
  const message = `The id is longer than ${MAX_ID_LENGTH} UTF-16 code units`;
  throw sourceError('limit', message, { fatal: true });
}

/**
 * Calls a function of the caller that must return at once. A promise is refused, and its rejection is ignored, so that
 * it does not end the process.
 * @throws ReconnectError `callback`, fatal
 */
export function ask<A, R>(name: string, fn: (argument: A) => R, argument: A): R {
  const answer = askAsync(name, fn, argument);
  if (!isThenable(answer)) return answer;
  ignoreRejection(answer);
  const message = `expected ${name} to return at once, got a promise: an async function cannot be awaited here`;
  throw sourceError('callback', message, { fatal: true });
}

/** Calls a function of the caller that may return a promise. @throws ReconnectError `callback`, fatal */
export function askAsync<A, R>(name: string, fn: (argument: A) => R, argument: A): R {
  try {
    return fn(argument);
  } catch (cause) {
    throw sourceError('callback', `${name} threw`, { fatal: true, cause });
  }
}

export function wrongResponse(name: string, expected: string, got: unknown): Error {
  const message = `expected ${name} to return ${expected}, got ${describeType(got)}`;
  return sourceError('callback', message, { fatal: true });
}
