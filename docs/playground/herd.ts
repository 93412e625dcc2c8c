/** Simulates many clients that lose one server at the same moment, and reconnect by the library's own delays. */

import { backoffDelayMs } from 'stream-reconnect';
import type { JitterKind, ReconnectConfig } from 'stream-reconnect';

export interface Herd {
  /** Connection attempts per step of time. */
  readonly attempts: readonly number[];
  readonly peak: number;
  /** When 99 % were back, in ms after the drop; null if that many did not come back. */
  readonly backMs: number | null;
  /** Clients that ran out of attempts. */
  readonly gaveUp: number;
}

export interface HerdOptions {
  readonly config: ReconnectConfig;
  readonly jitter: JitterKind;
  readonly clients: number;
  /** How long the server is down, in ms. */
  readonly outageMs: number;
  /** Number of connections that the server accepts in one step; it refuses the rest. */
  readonly capacity: number;
}

export const STEP_MS = 100;

/** Length of the simulation, in steps. */
const STEPS = 600;

export function simulateHerd(options: HerdOptions): Herd {
  const { clients, outageMs, capacity } = options;
  const config = { ...options.config, jitter: options.jitter };
  const random = seeded(7);
  const steps: { attempt: number }[][] = Array.from({ length: STEPS }, () => []);
  let gaveUp = 0;
  const schedule = (from: number, attempt: number): void => {
    if (attempt > config.maxAttempts) {
      gaveUp += 1;
      return;
    }
    const at = from + backoffDelayMs(config, attempt, random);
    steps[Math.floor(at / STEP_MS)]?.push({ attempt });
  };
  for (let client = 0; client < clients; client++) schedule(0, 1);

  const attempts: number[] = [];
  let back = 0;
  let backMs: number | null = null;
  for (let step = 0; step < STEPS; step++) {
    const came = steps[step] ?? [];
    attempts.push(came.length);
    const isUp = step * STEP_MS >= outageMs;
    for (const [place, { attempt }] of came.entries()) {
      if (isUp && place < capacity) back += 1;
      // A refusal takes time: the next wait begins in the next step.
      else schedule((step + 1) * STEP_MS, attempt + 1);
    }
    if (backMs === null && back >= clients * 0.99) backMs = (step + 1) * STEP_MS;
  }
  return { attempts, peak: attempts.reduce((a, b) => Math.max(a, b), 0), backMs, gaveUp };
}

/** The range of the delay before each attempt, and its middle, in ms. */
export interface DelayRange {
  readonly attempt: number;
  readonly least: number;
  readonly middle: number;
  readonly most: number;
}

export function delayRanges(config: ReconnectConfig): readonly DelayRange[] {
  const count = Math.min(Math.max(config.maxAttempts, 1), 20);
  return Array.from({ length: count }, (_, index) => {
    const attempt = index + 1;
    const [least, middle, most] = [0, 0.5, 1].map((draw) =>
      backoffDelayMs(config, attempt, () => draw),
    );
    return { attempt, least: least ?? 0, middle: middle ?? 0, most: most ?? 0 };
  });
}

/** Returns the same random numbers each time, so that the plot changes only with the settings (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
