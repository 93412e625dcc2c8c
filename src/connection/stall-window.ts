/** The silence after which an open connection is taken for dead. */

import type { Connection } from '../../machines/source-contract.js';
import { isQuiet, outcomeOf } from '../config/source-words.js';
import type { StreamParts } from './stream-parts.js';
import { stallTimeoutOf } from './timeouts.js';

/** Silence after the protocol's end, in ms: what may still come, such as the usage, follows it at once. */
const END_GRACE_MS = 2000;

/** Returns the window of this connection now, in ms; null: no silence counts. */
export function stallWindow<T>(
  { options, source, ledger, cadence }: StreamParts<T>,
  connection: Connection<T>,
): number | null {
  const stallMs = isQuiet(connection)
    ? null
    : stallTimeoutOf(options, source, ledger.hasCursor, cadence);
  return outcomeOf(connection) === null ? stallMs : Math.min(stallMs ?? Infinity, END_GRACE_MS);
}
