/** After a loss: another attempt, or failed, and why. Pure, so that a replay agrees. */

import { clampTimerMs, waitMs } from './backoff.js';
import { fail, record } from './context.js';
import type { ErrorInfo } from './errors.js';
import { errorInfo } from './errors.js';
import { timeLeftMs } from './outage.js';
import { plannedPaceMs, reconnectDelayMs, takeRequest } from './pace.js';
import type { AfterLoss, Loss, ReconnectContext } from './reconnect.types.js';
import { planResume } from './resume-plan.js';
import { waitFor } from './wait.js';

/** By the loss: a guard and the action behind it ask for the same. */
const decided = new WeakMap<Loss, { readonly context: ReconnectContext; after: AfterLoss }>();

/** Decides what this loss leads to. It has its clock reading, except in a guard of a machine that gives none. */
export function afterLoss(context: ReconnectContext, loss: Loss): AfterLoss {
  const known = decided.get(loss);
  if (known?.context === context) return known.after;
  const after = decide(context, loss);
  decided.set(loss, { context, after });
  return after;
}

function decide(context: ReconnectContext, loss: Loss): AfterLoss {
  const { policy } = context;
  const { failure, reading = { monotonicMs: 0, epochMs: 0, random: 0.5 } } = loss;
  const received = record(loss);
  const now = { ...context, ...received };
  const floorMs = Math.max(now.progress.floorMs, failure.retryAfterMs ?? 0);
  const leastMs = Math.max(floorMs, policy.minBackoffMs);
  const leftMs = timeLeftMs(now, reading.monotonicMs);
  const isUncounted = loss.uncounted === true && now.attempt > 0;
  const rejected = context.rejected || failure.error.kind === 'cursor-rejected';
  // No request of this stream, up to the lost one, can have begun work.
  const isFirstRequest = context.fresh && failure.refused === true;
  const why = whyNot();
  const attempt = now.attempt + (isUncounted ? 0 : 1);
  const uncounted = now.uncounted + (isUncounted ? 1 : 0);
  const drawnMs = waitMs(policy, {
    attempt: attempt + uncounted,
    draw: reading.random,
    previousMs: attempt + uncounted === 1 ? null : context.delayMs,
    floorMs,
  });
  const askedMs = Math.max(drawnMs, reconnectDelayMs(context, reading));
  const delayMs = Math.min(askedMs, clampTimerMs(leftMs));
  return {
    isFatal: failure.fatal || why !== null,
    fail: { ...received, sent: !isFirstRequest, ...fail(why ?? failure.error) },
    retry: {
      ...received,
      sent: !isFirstRequest,
      rejected,
      attempt,
      uncounted,
      attempts: context.attempts + 1,
      outageStartedAt: now.outageStartedAt ?? reading.monotonicMs,
      error: failure.error,
      reason: failure.error.kind,
      ...(loss.uncounted === true
        ? {}
        : takeRequest(context, reading.monotonicMs, delayMs, plannedPaceMs(now))),
      ...waitFor(delayMs, reading, leastMs),
    },
  };

  /** The error that ends the stream, where the loss itself does not. */
  function whyNot(): ErrorInfo | null {
    if (failure.fatal) return null;
    const { cursor } = now.progress;
    const plan = planResume(context.source, now.streamState, cursor, isFirstRequest, rejected);
    if (plan.action === 'refuse') return withReason('not-resumable', plan.why);
    const { maxServerDelayMs, maxAttempts, maxElapsedMs } = policy;
    if (maxServerDelayMs !== null && floorMs > maxServerDelayMs)
      return withReason(
        'server-delay',
        `the server asks to wait ${floorMs} ms, more than maxServerDelayMs (${maxServerDelayMs})`,
      );
    if (now.attempt >= maxAttempts && !isUncounted)
      return withReason('exhausted', `all ${maxAttempts} attempts are used up`);
    if (leftMs <= 0 || leastMs > leftMs)
      return withReason('exhausted', `maxElapsedMs (${maxElapsedMs}) is used up`);
    return null;
  }

  function withReason(kind: ErrorInfo['kind'], why: string): ErrorInfo {
    const { error } = failure;
    return errorInfo({ ...error, kind, message: `${why}; the last error was: ${error.message}` });
  }
}
