/** Reports of a reader, as short as a test needs them. */

import { emptyStreamState } from '../../machines/index.js';
import type {
  StreamProgress,
  Loss,
  ReconnectErrorKind,
  StreamState,
} from '../../machines/index.js';

/** An account with these fields; all others as for a stream of which nothing came yet. */
export function progress(
  given: Partial<StreamState> & Partial<Omit<StreamProgress, 'streamState'>> = {},
): StreamProgress {
  const { cursor = null, chars = 0, floorMs = 0, ...streamState } = given;
  return { streamState: { ...emptyStreamState, ...streamState }, cursor, chars, floorMs };
}

/** The loss of a connection that another attempt may mend. */
export function loss(kind: ReconnectErrorKind, more: Partial<Loss> = {}): Loss {
  return { failure: { error: { kind, message: `a ${kind} error` }, fatal: false }, ...more };
}

export function dropped(
  kind: ReconnectErrorKind,
  more: Partial<Loss> = {},
): { type: 'stream.dropped' } & Loss {
  return { type: 'stream.dropped', ...loss(kind, more) };
}
