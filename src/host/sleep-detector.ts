/** Detects by the clock that this process, or the whole machine, was asleep. */

import type { Clock } from './clock.js';

export interface SleepDetector {
  /** Checks now, and starts again: sleep until now is not reported twice. */
  look(): void;
  /** Starts again without a check: the sleep was reported by something else. */
  forget(): void;
  stop(): void;
}

/**
 * Checks every two seconds. A timer that fires far too late means a sleep. So does a wall clock that ran ahead
 * of the monotonic one, which stands still while many machines sleep.
 *
 * @param isThrottled returns whether timers are delayed on purpose now, as in a hidden page
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
    // This timer alone keeps no process alive.
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
