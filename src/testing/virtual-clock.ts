/** A clock that stands still until it is advanced: exact to the ms, timers in order. */

import { configError } from '../../machines/config.js';
import type { Clock } from '../host/clock.js';

/** Give it to `reconnectStream` as `clock`, or to XState's `createActor`. */
export interface VirtualClock extends Clock {
  /** Ms since the clock was made, plus `startAt`. */
  now(): number;
  /** How many timers are armed. */
  readonly armed: number;
  /** When the next of them is due; null: none is armed. */
  readonly nextAt: number | null;
  /**
   * Goes on by `ms`: runs every timer due by then, each at its own time, those of one time in the
   * order in which they were armed; after each, waits until every pending promise has had its turn.
   * @param ms 0 or more; anything else is an error
   */
  advance(ms: number): Promise<void>;
  /** Lets pending promises have their turn; time stands still. */
  settle(): Promise<void>;
}

/**
 * A clock for tests: a day of drops passes in seconds, and a wait is exact to the ms.
 *
 * @param startAt the time it begins with, in ms
 * @throws RangeError from `setTimeout` for a delay that no real timer can hold
 *
 * ```ts
 * const clock = virtualClock();
 * const stream = reconnectStream(source, { clock, jitter: 'none' });
 * stream.start();
 * await clock.advance(1_000);
 * ```
 */
export function virtualClock(startAt = 0): VirtualClock {
  const timers = new Map<number, Timer>();
  let time = startAt;
  let lastId = 0;
  return {
    setTimeout(fn, ms) {
      // A real timer fires at once for a delay it cannot hold: a mistake that must not pass unseen.
      if (!(ms >= 0 && ms <= MAX_TIMER_MS)) throw new RangeError(`a timer cannot hold ${ms} ms`);
      timers.set(++lastId, { id: lastId, at: time + ms, fn });
      return lastId;
    },
    clearTimeout(id) {
      timers.delete(id as number);
    },
    now: () => time,
    get armed() {
      return timers.size;
    },
    get nextAt() {
      return earliest(timers)?.at ?? null;
    },
    async advance(ms) {
      if (typeof ms !== 'number' || !(ms >= 0 && ms < Infinity))
        throw configError('ms', 'a time to go on by, 0 or more', ms);
      const until = time + ms;
      await settle();
      for (let next = earliest(timers); next && next.at <= until; next = earliest(timers)) {
        timers.delete(next.id);
        time = Math.max(time, next.at);
        next.fn();
        await settle();
      }
      // Another call may have gone further meanwhile.
      time = Math.max(time, until);
    },
    settle,
  };
}

interface Timer {
  readonly id: number;
  readonly at: number;
  readonly fn: () => void;
}

const MAX_TIMER_MS = 2 ** 31 - 1;

/** Ids grow, and a map keeps its order: the first of the earliest was armed first. */
function earliest(timers: ReadonlyMap<number, Timer>): Timer | undefined {
  let found: Timer | undefined;
  for (const timer of timers.values()) if (!found || timer.at < found.at) found = timer;
  return found;
}

/** A turn of the event loop comes only after all microtasks, however many follow from each other. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
