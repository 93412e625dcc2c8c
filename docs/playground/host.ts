/**
 * The environment and the clock that the library sees: the real ones, changed by the buttons.
 * They are passed as the options `environment` and `clock`, so the library itself is not changed.
 */

import { pageEnvironment, systemClock } from 'stream-reconnect';
import type { Clock, Environment } from 'stream-reconnect';

import { createNetwork } from './network.js';
import type { Network } from './network.js';

export interface Host {
  readonly network: Network;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly isOnline: boolean;
  readonly isFrozen: boolean;
  readonly isHidden: boolean;
  setOnline(isOnline: boolean): void;
  setFrozen(isFrozen: boolean): void;
  setHidden(isHidden: boolean): void;
}

/** Interval of the timers of a hidden page in a browser, in ms. */
const HIDDEN_STEP_MS = 1000;

export function createHost(): Host {
  const network = createNetwork();
  const page = new EventTarget();
  const sheet = new EventTarget();
  const timers = createTimers();
  let isHidden = false;
  let isFrozen = false;
  const isReallyHidden = (): boolean => document.visibilityState === 'hidden';

  const stand = Object.assign(page, {
    navigator: {
      get onLine() {
        return network.isOnline && navigator.onLine;
      },
    },
    document: Object.defineProperty(sheet, 'visibilityState', {
      get: () => (isHidden || isReallyHidden() ? 'hidden' : 'visible'),
    }),
  });
  for (const type of ['online', 'offline'])
    addEventListener(type, () => page.dispatchEvent(new Event(type)));
  for (const type of ['pagehide', 'pageshow'])
    addEventListener(type, (event) => {
      const { persisted } = event as PageTransitionEvent;
      page.dispatchEvent(new PageTransitionEvent(type, { persisted }));
    });
  for (const type of ['visibilitychange', 'resume'])
    document.addEventListener(type, () => sheet.dispatchEvent(new Event(type)));

  return {
    network,
    clock: timers.clock,
    environment: pageEnvironment(stand, timers.clock),
    get isOnline() {
      return network.isOnline;
    },
    get isFrozen() {
      return isFrozen;
    },
    get isHidden() {
      return isHidden;
    },
    setOnline(next) {
      network.setOnline(next);
      page.dispatchEvent(new Event(next ? 'online' : 'offline'));
    },
    setFrozen(next) {
      isFrozen = next;
      network.setFrozen(next);
      timers.setFrozen(next);
      // As in a browser: the event comes before the late timers fire.
      if (!next) sheet.dispatchEvent(new Event('resume'));
    },
    setHidden(next) {
      isHidden = next;
      timers.setStep(next ? HIDDEN_STEP_MS : 0);
      sheet.dispatchEvent(new Event('visibilitychange'));
    },
  };
}

interface Timers {
  readonly clock: Clock;
  setFrozen(isFrozen: boolean): void;
  setStep(ms: number): void;
}

/** The clock of the page, whose timers can be delayed. Time itself goes on. */
function createTimers(): Timers {
  const late = new Map<object, () => void>();
  const armed = new Map<object, unknown>();
  let isFrozen = false;
  let stepMs = 0;

  const fire = (id: object, fn: () => void): void => {
    armed.delete(id);
    if (isFrozen) late.set(id, fn);
    else fn();
  };
  return {
    clock: {
      now: () => systemClock.now(),
      wallNow: () => Date.now(),
      setTimeout(fn, ms) {
        const id = {};
        const due = systemClock.now() + ms;
        const wait = stepMs === 0 ? ms : Math.ceil(due / stepMs) * stepMs - systemClock.now();
        armed.set(
          id,
          systemClock.setTimeout(() => fire(id, fn), wait),
        );
        return id;
      },
      clearTimeout(id) {
        late.delete(id as object);
        systemClock.clearTimeout(armed.get(id as object));
        armed.delete(id as object);
      },
    },
    setFrozen(next) {
      isFrozen = next;
      // After the wake-up event was handled.
      if (!next) systemClock.setTimeout(release, 0);
    },
    setStep: (ms) => void (stepMs = ms),
  };

  function release(): void {
    if (isFrozen) return;
    for (const [id, fn] of Array.from(late)) if (late.delete(id)) fn();
  }
}
