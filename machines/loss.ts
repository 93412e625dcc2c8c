/** What broke, read from whatever an attempt or a reader threw. */

import { failureOf } from './failure.js';
import type { Loss } from './reconnect.types.js';
import { toReconnectError } from './thrown.js';

/** The loss in a report, or behind the error of a provided `open` or `reader`. */
export function lossOf(event: object): Loss {
  if (isLoss(event)) return event;
  const { error: thrown, type } = event as { error?: unknown; type?: unknown };
  if (isLoss(thrown)) return thrown;
  const phase = type === 'xstate.error.actor.open' ? 'opening' : 'reading';
  return { failure: failureOf(toReconnectError(thrown), phase) };
}

function isLoss(value: unknown): value is Loss {
  const { failure } = (value ?? {}) as { failure?: { error?: { kind?: unknown } | null } | null };
  return typeof failure?.error?.kind === 'string';
}
