/** What a source says of a connection, read so that code of the source which throws breaks nothing. */

import { END_OUTCOMES } from '../machines/contract.js';
import type { Connection, EndOutcome } from '../machines/contract.js';
import { ignoreRejection } from '../machines/thenable.js';

/** Reads what a source says; a getter of its own may throw. */
export function outcomeOf(connection: Connection<unknown>): EndOutcome | null {
  try {
    const { outcome } = connection;
    return END_OUTCOMES.find((word) => word === outcome) ?? null;
  } catch {
    return null;
  }
}

/** Whether its silence says nothing. */
export function isQuiet(connection: Connection<unknown>): boolean {
  try {
    return connection.isQuiet === true;
  } catch {
    return false;
  }
}

/** A source written as a generator cleans up in its `finally`; nobody waits for it. */
export function returnQuietly(iterator: AsyncIterator<unknown> | null): void {
  try {
    ignoreRejection(iterator?.return?.());
  } catch {
    // The connection is closed next, by its own close().
  }
}
