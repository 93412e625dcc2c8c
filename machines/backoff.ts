/** The delay before attempt n. */

import { MAX_TIMER_MS } from './config.js';
import type { JitterKind, ReconnectConfig, RetryPolicy } from './config.js';

/** Share that `additive` jitter, and a wait on the server's advice, adds at most. From the Rust module. */
const ADDED_SHARE = 0.25;

/** The draw where the host gives none: the middle of every range. */
const MIDDLE = (): number => 0.5;

/**
 * The delay before an attempt of an outage, in whole ms, by the configured jitter.
 *
 * With `jitter: true` or `'additive'` it is the formula of the Rust module, `backoff_delay_ms`: the capped
 * exponential delay plus up to a quarter.
 *
 * The core has no chance of its own: without `random` this one gives the same delay each time. The function
 * of the same name in the entry `stream-reconnect` draws by `Math.random` then; all else is the same.
 *
 * @param attempt 1 for the first attempt of an outage; 0 counts as 1, as in the Rust module.
 * @param random draws in [0, 1). @default the middle of the range, 0.5
 */
export function backoffDelayMs(
  config: ReconnectConfig,
  attempt: number,
  random: () => number = MIDDLE,
): number {
  if (jitterKind(config) !== 'decorrelated') return jittered(config, attempt, random(), null);
  let delay = jittered(config, 1, random(), null);
  // The chain needs its history; past the cap's reach more links change nothing but the draw.
  for (let n = 2; n <= Math.min(attempt, 64); n++) delay = jittered(config, n, random(), delay);
  return delay;
}

export interface WaitRequest {
  readonly attempt: number;
  /** A draw in [0, 1). */
  readonly draw: number;
  /** The delay of the attempt before, for `decorrelated`. */
  readonly previousMs: number | null;
  /** The server's advice (`Retry-After`, `retry:`), in ms. */
  readonly floorMs: number;
}

/**
 * The delay that is armed: drawn once, never under the floors, a finite whole number that a timer holds.
 * Under the server's floor jitter only adds (RFC 9110 §10.2.3: the time to wait is a minimum).
 */
export function waitMs(policy: RetryPolicy, request: WaitRequest): number {
  const own = jittered(policy, request.attempt, request.draw, request.previousMs);
  // Rounded up: a part of a ms less would be sooner than asked.
  const floorMs = Math.ceil(request.floorMs);
  const share = jitterKind(policy) === 'none' ? 0 : ADDED_SHARE * unit(request.draw);
  const asked = floorMs > own ? floorMs + Math.trunc(floorMs * share) : own;
  return clampTimerMs(Math.max(asked, policy.minBackoffMs));
}

/** Any number as one a timer can hold; what is no number becomes the longest wait, never the shortest. */
export function clampTimerMs(ms: number): number {
  if (Number.isNaN(ms)) return MAX_TIMER_MS;
  return Math.trunc(Math.min(Math.max(ms, 0), MAX_TIMER_MS));
}

function jittered(
  config: ReconnectConfig,
  attempt: number,
  draw: number,
  previousMs: number | null,
): number {
  const d = cappedExponential(config, attempt);
  const r = unit(draw);
  switch (jitterKind(config)) {
    case 'none':
      return d;
    case 'additive':
      return d + Math.trunc(d * ADDED_SHARE * r);
    case 'full':
      return Math.trunc(d * r);
    case 'equal':
      return Math.trunc(d * (0.5 + 0.5 * r));
    case 'spread':
      return Math.trunc(attempt <= 1 ? d * r : d * (1 + 0.5 * r));
    case 'decorrelated': {
      const base = Math.min(config.initialBackoffMs, config.maxBackoffMs);
      const span = 3 * (previousMs ?? base) - base;
      return Math.trunc(Math.min(base + Math.max(span, 0) * r, config.maxBackoffMs));
    }
  }
}

/** `initial · multiplier^(attempt − 1)`, capped; 0 · ∞ is 0, as the Rust module's cast of NaN. */
export function cappedExponential(config: ReconnectConfig, attempt: number): number {
  const exponent = Math.max(Math.min(attempt, MAX_TIMER_MS) - 1, 0);
  const raw = config.initialBackoffMs * config.backoffMultiplier ** exponent;
  return Math.min(Number.isNaN(raw) ? 0 : Math.trunc(raw), config.maxBackoffMs);
}

export function jitterKind(config: ReconnectConfig): JitterKind {
  if (typeof config.jitter === 'string') return config.jitter;
  return config.jitter ? 'additive' : 'none';
}

export function unit(draw: number): number {
  return draw >= 0 && draw <= 1 ? draw : 0.5;
}
