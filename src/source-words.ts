/** What a source says of a connection, read so that code of the source which throws breaks nothing. */

import { END_OUTCOMES } from '../machines/contract.js';
import type { Connection, EndOutcome } from '../machines/contract.js';
import { readQuietly, runQuietly } from '../machines/thenable.js';

/** Reads what a source says; a getter of its own may throw. */
export function outcomeOf(connection: Connection<unknown>): EndOutcome | null {
  const outcome = readQuietly(() => connection.outcome);
  return END_OUTCOMES.find((word) => word === outcome) ?? null;
}

/** Whether its silence says nothing. */
export function isQuiet(connection: Connection<unknown>): boolean {
  return readQuietly(() => connection.isQuiet) === true;
}

/** A source written as a generator cleans up in its `finally`; nobody waits for it. */
export function returnQuietly(iterator: AsyncIterator<unknown> | null): void {
  runQuietly(() => iterator?.return?.());
}
