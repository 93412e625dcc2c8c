/** A clock that stands still until it is advanced: exact to the ms, timers in order. */

import { configError } from '../../machines/config.js';
import type { Clock } from '../host/clock.js';

/** The clock to pass to `reconnectStream`, or to XState's `createActor`. */
export interface VirtualClock extends Clock {
  /** Returns `startAt` plus the ms by which the clock was advanced. */
  now(): number;
  /** Number of timers that are set. */
  readonly armed: number;
  /** When the next timer is due; null: none is set. */
  readonly nextAt: number | null;
  /**
   * Advances by `ms`: runs every timer due by then, each at its own time, those of one time in the
   * order in which they were set. After each timer, waits until pending promises have settled.
   * @param ms 0 or more; anything else throws
   */
  advance(ms: number): Promise<void>;
  /** Lets pending promises settle, without advancing. */
  settle(): Promise<void>;
}

/**
 * Returns a clock for tests: a day of drops passes in seconds, and a wait is exact to the ms.
 *
 * @param startAt the initial time, in ms
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
      // A real timer fires at once for a delay that it cannot hold. A test must not miss that mistake.
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
      // Another call of advance() may have gone further meanwhile.
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

/** Ids grow, and a map keeps its order: of timers due at one time, the first was set first. */
function earliest(timers: ReadonlyMap<number, Timer>): Timer | undefined {
  let found: Timer | undefined;
  for (const timer of timers.values()) if (!found || timer.at < found.at) found = timer;
  return found;
}

/** Waits for a turn of the event loop, which comes after all microtasks, however many follow from each other. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
