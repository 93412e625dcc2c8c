/** Time and chance as a parameter: the real ones, and the clock reading that reports carry. */

import type { ClockReading } from '../../machines/reconnect.types.js';
import { readQuietly } from '../../machines/thenable.js';

export interface Clock {
  setTimeout(fn: () => void, ms: number): unknown;
  clearTimeout(id: unknown): void;
  /** Monotonic time in ms: every duration comes from it. */
  now(): number;
  /** Wall time in ms since 1970, for `retryAt` and saved deadlines. @default now */
  wallNow?(): number;
}

/**
 * The clock of this process. `createActor(reconnectMachine, { clock: systemClock })` gives a
 * machine that a host drives real times and random numbers too.
 */
export const systemClock: Clock & { random(): number } = Object.freeze({
  setTimeout: (fn: () => void, ms: number): unknown => setTimeout(fn, ms),
  clearTimeout: (id: unknown): void => clearTimeout(id as Parameters<typeof clearTimeout>[0]),
  now: (): number => performance.now(),
  wallNow: (): number => Date.now(),
  random: (): number => Math.random(),
});

/** Returns monotonic time in whole ms: V8 stores a small integer in the field itself, and a fraction in 16 bytes more. */
export function nowMs(clock: Clock): number {
  return Math.trunc(clock.now());
}

export function readingOf(clock: Clock, random: () => number): ClockReading {
  const monotonicMs = clock.now();
  const epochMs = clock.wallNow?.() ?? monotonicMs;
  return Object.freeze({ monotonicMs, epochMs, random: drawOf(random) });
}

/** Returns 0.5 if `random` throws or returns no number: it must not stop a stream. */
function drawOf(random: () => number): number {
  const draw = random === systemClock.random ? random() : readQuietly(random);
  return typeof draw === 'number' ? draw : 0.5;
}

/** A clock for XState's actors, with the random numbers that the machine needs. */
export interface ActorClock extends Clock {
  random(): number;
}

/** Returns `systemClock` itself for streams with the default options, so that thousands of them share one object. */
export function actorClock(clock: Clock, random: () => number): ActorClock {
  if (clock === systemClock && random === systemClock.random) return systemClock;
  return {
    setTimeout: (fn, ms) => clock.setTimeout(fn, ms),
    clearTimeout: (id) => clock.clearTimeout(id),
    now: () => clock.now(),
    wallNow: () => clock.wallNow?.() ?? clock.now(),
    random: () => drawOf(random),
  };
}
