/** Shares the event loop with the rest of the process: all streams together read for a bounded time per turn. */

import type { SourceClock } from '../../machines/source-contract.js';
import { systemClock } from './clock.js';

/** What streams may read in one turn, in ms: Node takes up to 32 chunks from a socket before it looks at any other. */
const TURN_MS = 20;

const { setImmediate: afterPoll } = globalThis as {
  setImmediate?: (callback: () => void) => void;
};

/** When reading began in this turn; null: it did not yet. One variable for all streams, which share the event loop. */
let beganAt: number | null = null;

/** Marks the start of reading in this turn, if it has not begun. Returns when it began. */
export function beginTurn(): number {
  if (beganAt !== null) return beganAt;
  afterPoll?.(() => (beganAt = null));
  return (beganAt = systemClock.now());
}

/** Returns whether streams have read enough in this turn. Always false with another clock, or without `setImmediate`. */
export function isTurnOver(clock: SourceClock): boolean {
  if (clock !== systemClock || afterPoll === undefined) return false;
  return clock.now() - beginTurn() >= TURN_MS;
}

/** Runs `fn` now, or in the next turn that has time for it. */
export function inTurn(clock: SourceClock, fn: () => void): void {
  // Two: the first may come in the same turn, before any timer.
  if (isTurnOver(clock)) afterPoll?.(() => afterPoll(() => inTurn(clock, fn)));
  else fn();
}
