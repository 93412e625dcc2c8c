/** One timer for all connections that are watched by a clock: a timer each would cost 200 bytes a stream. */

import { clampTimerMs } from '../../machines/backoff.js';
import { nowMs } from '../host/clock.js';
import type { Clock } from '../host/clock.js';
import { guardClock, unguardedClock } from '../config/guarded-clock.js';

/** Sweeps are this far apart for each connection, in ms: looking costs 9 ns, so half a percent of a core. */
const MIN_INTERVAL_MS = 1 / 500;

/** What has to be looked at, and when. */
export interface TimerEntry {
  /** Monotonic time of the next look, in whole ms. */
  readonly dueAt: number;
  /** Sets a later `dueAt`, or leaves the timer. */
  onDue(): void;
}

export class SharedTimer {
  readonly #clock: Clock;
  readonly #entries = new Set<TimerEntry>();
  #timer: unknown = null;
  #armedFor = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Looks at it when it is due; also called when it is due earlier than before. */
  add(entry: TimerEntry): void {
    this.#entries.add(entry);
    if (entry.dueAt < this.#armedFor) this.#arm(entry.dueAt);
  }

  delete(entry: TimerEntry): void {
    if (this.#entries.delete(entry) && this.#entries.size === 0) this.#disarm();
  }

  #arm(dueAt: number): void {
    this.#disarm();
    this.#armedFor = dueAt;
    const delayMs = clampTimerMs(Math.max(1, Math.ceil(dueAt - this.#clock.now())));
    this.#timer = this.#clock.setTimeout(() => this.#runDue(), delayMs);
  }

  #disarm(): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    this.#armedFor = Infinity;
  }

  #runDue(): void {
    this.#timer = null;
    // While it sweeps nothing is armed: what is added meanwhile is seen below.
    this.#armedFor = -Infinity;
    const now = nowMs(this.#clock);
    let next = Infinity;
    for (const entry of this.#entries) {
      if (entry.dueAt <= now) entry.onDue();
      if (this.#entries.has(entry)) next = Math.min(next, entry.dueAt);
    }
    this.#armedFor = Infinity;
    if (next < Infinity) this.#arm(Math.max(next, now + this.#entries.size * MIN_INTERVAL_MS));
  }
}

/** By the clock of each stream; streams of one clock share the timer, whether it is guarded or not. */
const timers = new WeakMap<Clock, SharedTimer>();

export function sharedTimerOf(clock: Clock): SharedTimer {
  const known = timers.get(clock);
  if (known !== undefined) return known;
  const base = unguardedClock(clock);
  // A clock that throws shows in each stream's own use of it: the timer outlives streams, and knows none.
  const timer = timers.get(base) ?? new SharedTimer(guardClock(base, () => {}));
  timers.set(base, timer);
  timers.set(clock, timer);
  return timer;
}
