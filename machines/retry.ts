/** What broke, and what follows: wait for another attempt, or fail and say why. Pure, so that a replay agrees. */

import type { ErrorInfo } from './errors.js';
import { errorInfo } from './errors.js';
import { failureOf } from './failure.js';
import { timeLeftMs } from './outage.js';
import type { Loss, Moment, ReconnectContext } from './reconnect.types.js';
import { planResume } from './resume-plan.js';
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

/** The error that ends the stream after this loss, or null while another attempt is due. */
export function fatalError(
  context: ReconnectContext,
  loss: Loss,
  moment: Moment,
): ErrorInfo | null {
  const { failure } = loss;
  if (failure.fatal) return failure.error;
  const { action, why } = planResume(
    context.source,
    loss.ledger?.streamState ?? context.streamState,
    (loss.ledger ?? context.ledger).cursor,
    isFirstRequest(context, loss),
    context.rejected || isRejection(loss),
  );
  if (action === 'refuse') return because(failure.error, 'not-resumable', why);
  const { maxServerDelayMs } = context.policy;
  const floorMs = floorOf(context, loss);
  if (maxServerDelayMs !== null && floorMs > maxServerDelayMs) {
    return because(
      failure.error,
      'server-delay',
      `the server asks to wait ${floorMs} ms, more than maxServerDelayMs (${maxServerDelayMs})`,
    );
  }
  const attempt = loss.proven ? 0 : context.attempt;
  const isSpared = loss.spared === true && attempt > 0;
  if (attempt >= context.policy.maxAttempts && !isSpared) {
    return because(
      failure.error,
      'exhausted',
      `all ${context.policy.maxAttempts} attempts are used up`,
    );
  }
  const left = timeLeftMs(context, loss.proven ?? false, moment.now);
  if (left <= 0 || Math.max(floorMs, context.policy.minBackoffMs) > left) {
    return because(
      failure.error,
      'exhausted',
      `maxElapsedMs (${context.policy.maxElapsedMs}) is used up`,
    );
  }
  return null;
}

/** Whether the peer refused to go on from where the stream was. */
export function isRejection({ failure }: Loss): boolean {
  return failure.error.kind === 'cursor-rejected';
}

/** Whether no request of this stream, up to the lost one, can have begun work. */
export function isFirstRequest({ fresh }: ReconnectContext, { failure }: Loss): boolean {
  return fresh && failure.refused === true;
}

/** The server's advice that holds for the next wait, in ms. */
export function floorOf(context: ReconnectContext, loss: Loss): number {
  return Math.max((loss.ledger ?? context.ledger).floorMs, loss.failure.retryAfterMs ?? 0);
}

function because(last: ErrorInfo, kind: ErrorInfo['kind'], why: string): ErrorInfo {
  return errorInfo({ ...last, kind, message: `${why}; the last error was: ${last.message}` });
}

/** The Rust module's sentence: hosts show it. */
export const EXHAUSTED: ErrorInfo = errorInfo({
  kind: 'exhausted',
  message: 'Maximum reconnection attempts exceeded',
});
