/** Guards a clock of the caller, whose methods may throw, return wrong values or be async. */

import { onRejection, readQuietly, runQuietly } from '../../machines/thenable.js';
import { systemClock } from '../host/clock.js';
import type { Clock } from '../host/clock.js';
import type { ResolvedOptions } from './options.js';

/** `timer`: no timer can be set. `reading`: the last valid time is used instead. */
export type ClockFault = 'timer' | 'reading';

/** Returns the clock of this process unchanged; any other clock with a guard around each method. */
export function guardClock(clock: Clock, onFault: (fault: ClockFault) => void): Clock {
  return clock === systemClock ? clock : new GuardedClock(clock, onFault);
}

/**
 * Returns the options with a guarded clock.
 * @param onFault called once per kind of fault, in a later turn: the actor may be in the middle of a step, or not created yet
 */
export function guardOptions(
  options: ResolvedOptions,
  onFault: (fault: ClockFault) => void,
): ResolvedOptions {
  if (options.clock === systemClock) return options;
  const seen = new Set<ClockFault>();
  const clock = guardClock(options.clock, (fault) => {
    if (seen.has(fault)) return;
    seen.add(fault);
    queueMicrotask(() => onFault(fault));
  });
  return { ...options, clock };
}

/** Returns the clock inside the guard: streams with the same clock share what is kept per clock. */
export function unguardedClock(clock: Clock): Clock {
  return clock instanceof GuardedClock ? clock.base : clock;
}

interface Timer {
  /** The id that the clock returned; undefined before. */
  id: unknown;
  /** The timer has fired or was cleared: a clock that cannot clear timers, or fires twice, has no effect. */
  isOver: boolean;
}

class GuardedClock implements Clock {
  readonly base: Clock;
  readonly #onFault: (fault: ClockFault) => void;
  #now = 0;
  #wallNow: number | null = null;

  constructor(base: Clock, onFault: (fault: ClockFault) => void) {
    this.base = base;
    this.#onFault = onFault;
  }

  now(): number {
    return (this.#now = this.#read(() => this.base.now(), this.#now));
  }

  wallNow(): number {
    const last = this.#wallNow ?? this.now();
    return (this.#wallNow = this.#read(() => this.base.wallNow?.() ?? this.base.now(), last));
  }

  setTimeout(fn: () => void, ms: number): unknown {
    const timer: Timer = { id: undefined, isOver: false };
    const run = (): void => {
      if (timer.isOver) return;
      timer.isOver = true;
      fn();
    };
    const fail = (): void => this.#onFault('timer');
    try {
      timer.id = this.base.setTimeout(run, ms);
      onRejection(timer.id, fail);
    } catch {
      fail();
    }
    return timer;
  }

  clearTimeout(id: unknown): void {
    const timer = id as Timer | null | undefined;
    if (timer == null) return;
    const wasOver = timer.isOver;
    timer.isOver = true;
    if (!wasOver) runQuietly(() => this.base.clearTimeout(timer.id));
  }

  #read(read: () => number, last: number): number {
    const reading = readQuietly(read);
    if (typeof reading === 'number' && Number.isFinite(reading)) return reading;
    this.#onFault('reading');
    return last;
  }
}
