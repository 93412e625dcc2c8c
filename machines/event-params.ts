/** What the named guards and actions of the chart are given of an event. */

import type { ErrorInfo } from './errors.js';
import { toLoss } from './failure.js';
import type { EndOutcome } from './source-contract.js';
import type { AfterLoss, End, Loss, ReconnectContext } from './reconnect.types.js';
import { afterLoss } from './retry.js';

interface At<E> {
  readonly context: ReconnectContext;
  readonly event: E;
}

export function reported<E>({ event }: At<E>): E {
  return event;
}

export function outputOf<O>({ event }: At<{ readonly output: O }>): O {
  return event.output;
}

export function lossOf({ event }: At<object>): Loss {
  return toLoss(event, 'reading');
}

export function thrownByOpen({ event }: At<{ readonly error: unknown }>): Loss {
  return toLoss(event.error, 'opening');
}

export function thrownByReader({ event }: At<{ readonly error: unknown }>): Loss {
  return toLoss(event.error, 'reading');
}

export function afterLossOf(at: At<object>): AfterLoss {
  return afterLoss(at.context, lossOf(at));
}

/** The outcome that the peer has said; a command says none. */
export function endOf({
  event,
}: At<{ type: string; outcome?: EndOutcome; error?: ErrorInfo }>): End {
  const { type, outcome, error } = event;
  return { status: outcome ?? (type === 'cancel' ? 'cancelled' : 'closed'), error };
}
