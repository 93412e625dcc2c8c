/** The meaning of each close code for a stream (RFC 6455, 7.4.1, and the IANA registry). */

import { withPeerError } from '../../../tool-calls/response/peer-error.js';
import { sourceError } from '../../shared/source-error.js';
import type { SourceError } from '../../shared/source-error.js';
import { wrongResponse } from '../../shared/to-items.js';

/**
 * - `end`: the peer has sent everything; a drop if the source expects an end marker
 * - `retry`: a drop
 * - `busy`: a drop, and the peer asks for time
 * - `broken`: a drop; fatal after a few in a row, since one side does not understand the other
 * - `credentials`: call the functions for credentials once more
 * - `rotate`: a planned end: another connection is opened at once, and spends no attempt
 * - `fatal`: the same connection would be refused again
 */
export type CloseClass = 'end' | 'retry' | 'busy' | 'broken' | 'credentials' | 'rotate' | 'fatal';

const CLASSES: readonly CloseClass[] = [
  'end',
  'retry',
  'busy',
  'broken',
  'credentials',
  'rotate',
  'fatal',
];

export function closeClass(code: number): CloseClass {
  return table[code] ?? (code >= 4400 && code <= 4499 ? 'fatal' : 'retry');
}

const table: Readonly<Record<number, CloseClass>> = {
  1000: 'end', // normal
  1001: 'retry', // going away: a server that restarts, a page that is left
  1002: 'broken', // a frame that breaks the protocol
  1003: 'broken', // data of a type that the peer does not take
  1005: 'retry', // closed without a code
  1006: 'retry', // the connection broke
  1007: 'broken', // data that is not what its type says
  1008: 'fatal', // policy
  1009: 'broken', // a message that is too big
  1010: 'broken', // an extension is missing
  1011: 'retry', // the server failed
  1012: 'retry', // it restarts
  1013: 'busy', // try again later
  3000: 'credentials', // unauthorized
  3003: 'credentials', // forbidden
  4401: 'credentials',
  4403: 'credentials',
};

/** The codes that say "forbidden" rather than "unauthorized". */
const FORBIDDEN = [3003, 4403];

/** The wait after a busy peer, in ms: 2, 30, 60 and 300 s, as in Liveblocks. */
const BUSY_MS = [2_000, 30_000, 60_000, 300_000] as const;

/** Number of connections in a row that may end by a protocol error before it is fatal. */
const MAX_BROKEN = 5;

export interface Close {
  readonly code: number;
  /** The peer's reason, or that of the fault. */
  readonly reason: string;
  /** The code of the error if this side closed because of an invalid frame. */
  readonly error?: string | undefined;
}

/** How often in a row before this close the peer was busy, or there was a protocol error. */
export interface ClosesInRow {
  readonly busy: number;
  readonly broken: number;
}

export function closeFailure(
  { code, reason, error }: Close,
  meaning: CloseClass,
  inRow: ClosesInRow,
): SourceError {
  if (error !== undefined) return badFrame(error, inRow);
  const facts = { code: `WS_CLOSE_${code}` };
  // RFC 6455, 7.1.5: 1006 is never sent; it means that the connection broke.
  const what =
    code === 1006 ? 'The connection broke' : `The peer closed the connection with code ${code}`;
  const message = withPeerError(what, { message: reason === '' ? undefined : reason, codes: [] });
  switch (meaning) {
    case 'credentials': {
      const status = FORBIDDEN.includes(code) ? 403 : 401;
      return sourceError('http', message, { ...facts, status, fatal: true });
    }
    case 'fatal':
      return sourceError('protocol', message, { ...facts, fatal: true });
    case 'broken':
      return sourceError('protocol', message, { ...facts, fatal: isHopeless(inRow) });
    case 'busy': {
      const retryAfterMs = BUSY_MS[Math.min(inRow.busy, BUSY_MS.length - 1)];
      return sourceError('network', message, { ...facts, fatal: false, retryAfterMs });
    }
    case 'end':
    case 'rotate':
    case 'retry':
      return sourceError('network', message, { ...facts, fatal: false });
  }
}

function badFrame(code: string, inRow: ClosesInRow): SourceError {
  const message = `The peer sent an invalid WebSocket frame (${code})`;
  return sourceError('protocol', message, { code, fatal: isHopeless(inRow) });
}

function isHopeless({ broken }: ClosesInRow): boolean {
  return broken >= MAX_BROKEN;
}

/** Validates the result of the caller's `closeCode`. @throws ReconnectError `callback`, fatal */
export function checkCloseClass(answer: unknown): CloseClass | undefined {
  if (answer === undefined) return undefined;
  const found = CLASSES.find((word) => word === answer);
  if (found !== undefined) return found;
  throw wrongResponse('closeCode', `one of '${CLASSES.join("', '")}' or nothing`, answer);
}
