/** Waits: how long one is, when it ends, and what is left of one that a checkpoint cut short. */

import { clampTimerMs } from './backoff.js';
import { shownLimit } from './config.js';
import type { RetryPolicy } from './config.js';
import type { ClockReading, ReconnectContext } from './reconnect.types.js';

/**
 * Takes up the rest of a wait that a checkpoint cut short. Wall clocks are set, and differ from machine to machine: the
 * rest is never longer than the wait was.
 */
export function resumeWait(
  context: ReconnectContext,
  reading: ClockReading,
): Partial<ReconnectContext> {
  const rest = Math.min(
    (context.retryAt ?? 0) - reading.epochMs,
    context.delayMs ?? longestWaitMs(context),
  );
  const delayMs = clampTimerMs(rest);
  return {
    outageStartedAt: reading.monotonicMs,
    reason: 'restored',
    ...waitFor(delayMs, reading, delayMs),
  };
}

/**
 * Returns a wait that begins now.
 * @param floorMs what is waited whatever the host hints, in ms
 */
export function waitFor(
  delayMs: number,
  { epochMs }: ClockReading,
  floorMs: number,
): Pick<ReconnectContext, 'delayMs' | 'retryAt' | 'notBefore'> {
  return { delayMs, retryAt: epochMs + delayMs, notBefore: floorMs > 0 ? epochMs + floorMs : null };
}

/** The Rust module's sentence. */
export function attemptText(attempt: number, policy: RetryPolicy): string {
  const maxAttempts = shownLimit(policy.maxAttempts);
  return maxAttempts === Infinity ? `Attempt ${attempt}` : `Attempt ${attempt} of ${maxAttempts}`;
}

/** For a checkpoint that does not have its wait. */
function longestWaitMs({ policy }: ReconnectContext): number {
  const { maxServerDelayMs, maxBackoffMs, minBackoffMs } = policy;
  return Math.max(maxServerDelayMs ?? 0, maxBackoffMs, minBackoffMs) * 1.5;
}
