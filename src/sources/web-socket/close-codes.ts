/** What each close code means for a stream: the one table. RFC 6455, 7.4.1, and the IANA registry. */

import { withPeerError } from '../../tool-calls/peer-error.js';
import { openFailure } from '../failure.js';
import type { OpenFailure } from '../failure.js';
import { wrongAnswer } from '../items.js';

/**
 * - `end`: the peer has said all; a drop where the source waits for an end marker
 * - `retry`: weather
 * - `busy`: weather, and the peer asks for time
 * - `credentials`: ask the provider of url and headers once more
 * - `fatal`: the same connection would be refused again
 */
export type CloseClass = 'end' | 'retry' | 'busy' | 'credentials' | 'fatal';

const CLASSES: readonly CloseClass[] = ['end', 'retry', 'busy', 'credentials', 'fatal'];

export function closeClass(code: number): CloseClass {
  if (code === 4401 || code === 4403) return 'credentials';
  return table[code] ?? (code >= 4400 && code <= 4499 ? 'fatal' : 'retry');
}

const table: Readonly<Record<number, CloseClass>> = {
  1000: 'end', // normal
  1001: 'retry', // going away: a server that restarts, a page that is left
  1005: 'retry', // closed without a code
  1006: 'retry', // the connection broke
  1008: 'fatal', // policy
  1011: 'retry', // the server failed
  1012: 'retry', // it restarts
  1013: 'busy', // try again later
};

/** How long a peer that is busy is left alone, in ms: 2, 30, 60 and 300 s, as Liveblocks does it. */
const BUSY_MS = [2_000, 30_000, 60_000, 300_000] as const;

/**
 * @param reason what the peer says, fit to be shown
 * @param busy how many times in a row the peer was busy before
 */
export function closeFailure(
  code: number,
  reason: string,
  meaning: CloseClass,
  busy: number,
): OpenFailure {
  const facts = { code: `WS_CLOSE_${code}` };
  // RFC 6455, 7.1.5: no peer sends 1006, it stands for a connection that broke.
  const what =
    code === 1006 ? 'The connection broke' : `The peer closed the connection with code ${code}`;
  const message = withPeerError(what, { message: reason === '' ? undefined : reason, codes: [] });
  switch (meaning) {
    case 'credentials':
      return openFailure('http', message, { ...facts, status: 401, fatal: true });
    case 'fatal':
      return openFailure('protocol', message, { ...facts, fatal: true });
    case 'busy': {
      const retryAfterMs = BUSY_MS[Math.min(busy, BUSY_MS.length - 1)];
      return openFailure('network', message, { ...facts, fatal: false, retryAfterMs });
    }
    case 'end':
    case 'retry':
      return openFailure('network', message, { ...facts, fatal: false });
  }
}

/** The caller's word on a code. @throws ReconnectError `callback`, fatal */
export function checkCloseClass(answer: unknown): CloseClass | undefined {
  if (answer === undefined) return undefined;
  const found = CLASSES.find((word) => word === answer);
  if (found !== undefined) return found;
  throw wrongAnswer('closeCode', `one of '${CLASSES.join("', '")}' or nothing`, answer);
}
