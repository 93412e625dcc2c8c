/** One timer for all connections that are watched by a clock: a timer each would cost 200 bytes a stream. */

import { clampTimerMs } from '../../machines/backoff.js';
import { nowMs } from '../host/clock.js';
import type { Clock } from '../host/clock.js';
import { guardClock, unguardedClock } from '../config/guarded-clock.js';

/** Sweeps are this far apart for each connection, in ms: looking costs 9 ns, so half a percent of a core. */
const GAP_MS = 1 / 500;

/** What has to be looked at, and when. */
export interface Watch {
  /** Monotonic time of the next look, in whole ms. */
  readonly dueAt: number;
  /** Sets a later `dueAt`, or leaves the timer. */
  look(): void;
}

export class SharedTimer {
  readonly #clock: Clock;
  readonly #watches = new Set<Watch>();
  #timer: unknown = null;
  #armedFor = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Looks at it when it is due; also called when it is due earlier than before. */
  add(watch: Watch): void {
    this.#watches.add(watch);
    if (watch.dueAt < this.#armedFor) this.#arm(watch.dueAt);
  }

  delete(watch: Watch): void {
    if (this.#watches.delete(watch) && this.#watches.size === 0) this.#disarm();
  }

  #arm(dueAt: number): void {
    this.#disarm();
    this.#armedFor = dueAt;
    const delayMs = clampTimerMs(Math.max(1, Math.ceil(dueAt - this.#clock.now())));
    this.#timer = this.#clock.setTimeout(() => this.#sweep(), delayMs);
  }

  #disarm(): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    this.#armedFor = Infinity;
  }

  #sweep(): void {
    this.#timer = null;
    // While it sweeps nothing is armed: what is added meanwhile is seen below.
    this.#armedFor = -Infinity;
    const now = nowMs(this.#clock);
    let next = Infinity;
    for (const watch of this.#watches) {
      if (watch.dueAt <= now) watch.look();
      if (this.#watches.has(watch)) next = Math.min(next, watch.dueAt);
    }
    this.#armedFor = Infinity;
    if (next < Infinity) this.#arm(Math.max(next, now + this.#watches.size * GAP_MS));
  }
}

const timers = new WeakMap<Clock, SharedTimer>();

export function sharedTimerOf(clock: Clock): SharedTimer {
  const base = unguardedClock(clock);
  const known = timers.get(base);
  if (known !== undefined) return known;
  // A clock that throws shows in each stream's own use of it: the timer outlives streams, and knows none.
  const timer = new SharedTimer(guardClock(base, () => {}));
  timers.set(base, timer);
  return timer;
}
