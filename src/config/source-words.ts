/** Reads the fields of a source's connection, whose getters may throw. */

import { END_OUTCOMES } from '../../machines/source-contract.js';
import type { Connection, EndOutcome, SourceItem } from '../../machines/source-contract.js';
import { ignoreRejection, isThenable, readQuietly, runQuietly } from '../../machines/thenable.js';
import { malformed } from '../progress/validate-item.js';

/** Reads the end that a connection has read; a getter of its own may throw. */
export function outcomeOf(connection: Connection<unknown>): EndOutcome | null {
  try {
    const { outcome } = connection;
    // Most say nothing.
    if (outcome == null || END_OUTCOMES.includes(outcome)) return outcome ?? null;
    ignoreRejection(outcome);
  } catch {
    // It says nothing.
  }
  return null;
}

/** Returns whether the silence of the connection proves nothing. */
export function isQuiet(connection: Connection<unknown>): boolean {
  try {
    return (connection.isQuiet as unknown) === true;
  } catch {
    return false;
  }
}

/** What it holds of an item that is not whole, in bytes. */
export function heldBytesOf(connection: Connection<unknown>): number {
  const bytes = readQuietly(() => connection.heldBytes);
  return typeof bytes === 'number' && bytes > 0 ? bytes : 0;
}

/** Returns the iterator of the batches. @throws ReconnectError kind `protocol` for a promise, as from an async method */
export function iteratorOf<T>({ batches }: Connection<T>): AsyncIterator<readonly SourceItem<T>[]> {
  const iterator = batches[Symbol.asyncIterator]();
  if (isThenable(iterator)) throw malformed('a promise in place of an iterator', iterator);
  return iterator;
}

/** Ends the iterator without waiting: a source written as a generator cleans up in its `finally`. */
export function returnQuietly(iterator: AsyncIterator<unknown> | null): void {
  runQuietly(() => iterator?.return?.());
}
