/** What broke, read from whatever an attempt or a reader threw. */

import { errorInfo, ReconnectError } from './errors.js';
import type { Loss } from './reconnect.types.js';

/** A {@link Loss} as it is; anything else that an `open` of the host rejects with is taken as weather. */
export function lossOf(thrown: unknown): Loss {
  if (isLoss(thrown)) return thrown;
  const error =
    thrown instanceof ReconnectError
      ? errorInfo(thrown)
      : errorInfo({ kind: 'source', message: 'the connection could not be made' });
  return { failure: { error, fatal: false } };
}

function isLoss(value: unknown): value is Loss {
  return typeof value === 'object' && value !== null && 'failure' in value;
}
