/** What broke, read from whatever an attempt or a reader threw. */

import { errorInfo, ReconnectError } from './errors.js';
import type { Loss } from './reconnect.types.js';

/** The loss in a report, or behind the rejection of `open`; what else a host rejects with is weather. */
export function lossOf(event: object): Loss {
  if (isLoss(event)) return event;
  const { error: thrown } = event as { error?: unknown };
  if (isLoss(thrown)) return thrown;
  const error =
    thrown instanceof ReconnectError
      ? errorInfo(thrown)
      : errorInfo({ kind: 'source', message: 'the source threw an error' });
  return { failure: { error, fatal: false } };
}

function isLoss(value: unknown): value is Loss {
  const { failure } = (value ?? {}) as { failure?: { error?: { kind?: unknown } | null } | null };
  return typeof failure?.error?.kind === 'string';
}
