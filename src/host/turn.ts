/** Shares the event loop with the rest of the process: one turn of it reads for a bounded time. */

import type { SourceClock } from '../../machines/source-contract.js';
import { systemClock } from './clock.js';

/** What streams may read in one turn, in ms: Node takes up to 32 chunks from a socket before it looks at any other. */
const TURN_MS = 20;

const { setImmediate: afterPoll } = globalThis as {
  setImmediate?: (callback: () => void) => void;
};

/** When this turn began to read; null: it has not. One for all streams, which share the event loop. */
let beganAt: number | null = null;

/** Something arrived: the time that it takes from now on is this turn's. */
export function beginTurn(): number {
  if (beganAt !== null) return beganAt;
  afterPoll?.(() => (beganAt = null));
  return (beganAt = systemClock.now());
}

/** Whether streams have read enough in this turn. Never where time is not this process's own, or there is no later turn. */
export function isTurnOver(clock: SourceClock): boolean {
  if (clock !== systemClock || afterPoll === undefined) return false;
  return clock.now() - beginTurn() >= TURN_MS;
}

/** Runs `fn` now, or in the first turn that has time for it. */
export function inTurn(clock: SourceClock, fn: () => void): void {
  // Two: the first may come in the same turn, before any timer.
  if (isTurnOver(clock)) afterPoll?.(() => afterPoll(() => inTurn(clock, fn)));
  else fn();
}
