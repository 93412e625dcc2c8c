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

/** Whether streams have read enough in this turn. Never where time is not this process's own, or there is no later turn. */
export function isTurnOver(clock: SourceClock): boolean {
  if (clock !== systemClock || afterPoll === undefined) return false;
  const now = clock.now();
  if (beganAt === null) {
    beganAt = now;
    afterPoll(() => (beganAt = null));
  }
  return now - beganAt >= TURN_MS;
}

/** Runs `fn` now, or in the first turn that has time for it. */
export function inTurn(clock: SourceClock, fn: () => void): void {
  if (isTurnOver(clock)) afterPoll?.(() => inTurn(clock, fn));
  else fn();
}
