/** Waits until input that came is read: no timer may take a busy process for a silent peer. */

import type { Clock } from '../host/clock.js';
import { systemClock } from '../host/clock.js';

/** A turn of the event loop that took no longer, in ms, read nothing that matters: an empty one takes 0.02. */
const QUIET_TURN_MS = 1;
/** So many of them in a row: an answer of the kernel may lie between two. */
const QUIET_TURNS = 10;
/** A process that is busy for so long, in ms, is not waited for. */
const MAX_WAIT_MS = 30_000;

/**
 * Runs `fn` once waiting input was read. After a sleep, or a blocked event loop, timers run before the data that came
 * meanwhile (Node: timers phase before poll phase). One turn is not enough where thousands of connections wait: then as many
 * are given as it takes until a few of them have nothing to do.
 */
export function afterPendingInput(clock: Clock, fn: () => void): void {
  if (clock !== systemClock || afterPoll === undefined) clock.setTimeout(fn, 0);
  else if (waiting.push(fn) === 1) watchTurns(afterPoll);
}

const { setImmediate: afterPoll } = globalThis as {
  setImmediate?: (callback: () => void) => void;
};

/** One loop serves all who wait: a callback each would keep the process busy by itself. */
let waiting: (() => void)[] = [];

function watchTurns(next: (callback: () => void) => void): void {
  const since = systemClock.now();
  let turnAt = since;
  // The turn in which a timer fires is no measure: its poll phase comes only now.
  let quiet = -1;
  const onTurn = (): void => {
    const now = systemClock.now();
    quiet = quiet >= 0 && now - turnAt > QUIET_TURN_MS ? 0 : quiet + 1;
    turnAt = now;
    if (quiet < QUIET_TURNS && now - since < MAX_WAIT_MS) next(onTurn);
    else runAll();
  };
  next(onTurn);
}

function runAll(): void {
  const due = waiting;
  waiting = [];
  for (const fn of due) fn();
}
