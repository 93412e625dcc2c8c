/** Finds out by the clock that this process, or the whole machine, was asleep. */

import type { Clock } from './clock.js';

export interface SleepDetector {
  /** Looks now, and begins anew: sleep until now is not reported again. */
  look(): void;
  /** Begins anew without a look: somebody else has reported the sleep. */
  forget(): void;
  stop(): void;
}

/**
 * Looks every two seconds. A timer that fires far too late was held up by a sleep; so was a wall clock
 * that ran ahead of the monotonic one, since the latter stands still in the sleep of many machines.
 *
 * @param isThrottled whether timers are held back on purpose now, as in a hidden page
 */
export function detectSleep(
  clock: Clock,
  isThrottled: () => boolean,
  onWake: () => void,
): SleepDetector {
  let timer: unknown;
  let mark = { now: 0, wall: 0, isThrottled: false };

  const wallNow = (): number => clock.wallNow?.() ?? clock.now();
  const forget = (): void => {
    clock.clearTimeout(timer);
    mark = { now: clock.now(), wall: wallNow(), isThrottled: isThrottled() };
    timer = clock.setTimeout(look, LOOK_MS);
    // Nobody is kept alive only to find out whether it slept.
    (timer as { unref?: () => void } | null)?.unref?.();
  };
  const hasSlept = (): boolean => {
    const passed = clock.now() - mark.now;
    const ahead = wallNow() - mark.wall - passed;
    const patience = mark.isThrottled || isThrottled() ? THROTTLED_MS : 0;
    return ahead > LATE_MS || passed > LOOK_MS + LATE_MS + patience;
  };
  const look = (): void => {
    const slept = hasSlept();
    forget();
    if (slept) onWake();
  };

  forget();
  return { look, forget, stop: () => clock.clearTimeout(timer) };
}

const LOOK_MS = 2000;

/** Longer than a busy event loop is late, shorter than a sleep that matters to a connection. */
const LATE_MS = 2000;

/** Chromium runs the timers of a page that was hidden for five minutes once a minute. */
const THROTTLED_MS = 60_000;
