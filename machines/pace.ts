/**
 * How often a stream asks, whatever its peer does. Each request takes from a bucket that refills one by one, and the next
 * one waits the longer the more is missing. Requests that keep a distance of one refill never wait.
 */

import { cappedExponential, jitterKind, unit } from './backoff.js';
import type { ClockReading, ReconnectContext } from './reconnect.types.js';

/** A refill takes so many times `initialBackoffMs`: by default 24 requests a minute. */
const REFILL = 2.5;

/** With so many missing a request waits for one refill: more are never missing. */
const MOST = 5;

/** So many missing are no reason to wait within a connection: a redirect is followed at once, or a new credential used. */
const FREE = 3;

type Paced = Pick<ReconnectContext, 'policy' | 'requestsFullAt'>;
type Taken = Pick<ReconnectContext, 'requestsFullAt'>;

/** In how many ms one request is refilled. Whoever sets short waits, or such that do not grow, means them. */
function paceMs({ policy }: Pick<ReconnectContext, 'policy'>): number {
  return Math.min(REFILL * policy.initialBackoffMs, cappedExponential(policy, 3));
}

/** The same, no less than what every wait is: connections that are left by plan have no wait. */
export function plannedPaceMs(
  context: Pick<ReconnectContext, 'policy' | 'progress'>,
  { floorMs }: { readonly floorMs: number } = context.progress,
): number {
  return Math.max(paceMs(context), context.policy.minBackoffMs, floorMs);
}

/**
 * In how many ms all that is missing is refilled: of a new stream the first request. What was saved is the time of another
 * clock: it is bounded.
 */
export function missingMs(paced: Paced, now: number, pace: number = paceMs(paced)): number {
  const missing = Math.trunc((paced.requestsFullAt ?? now + pace) - now);
  return Math.min(Math.max(missing, 0), MOST * pace);
}

/** How long the request after a loss waits at least, in ms. The draw spreads clients that were dropped together. */
export function reconnectDelayMs(paced: Paced, { monotonicMs, random }: ClockReading): number {
  const pace = paceMs(paced);
  const missing = Math.max(missingMs(paced, monotonicMs, pace) - pace, 0);
  const share = jitterKind(paced.policy) === 'none' ? 0 : unit(random);
  return Math.trunc((missing / (MOST - 1)) * (1 + share));
}

/** How long one more request of a connection waits, in ms. */
export function requestDelayMs(paced: Paced, now: number): number {
  return Math.max(missingMs(paced, now) - FREE * paceMs(paced), 0);
}

/** Takes a request that goes out after a delay. */
export function takeRequest(
  paced: Paced,
  now: number,
  delayMs: number = 0,
  pace: number = paceMs(paced),
): Taken {
  return { requestsFullAt: now + Math.max(missingMs(paced, now, pace), delayMs) + pace };
}
