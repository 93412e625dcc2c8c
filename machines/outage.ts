/** How long an outage has lasted, which `maxElapsedMs` bounds: only while a connection is wanted and missing. */

import type { ReconnectContext } from './reconnect.types.js';

type Outage = Pick<ReconnectContext, 'elapsedMs' | 'since'>;

/** There was none yet, or new data ended it. */
export const NO_OUTAGE: Outage = Object.freeze({ elapsedMs: 0, since: null });

/** The outage stands still: a connection stands, or none is wanted. Only new data would end it. */
export function heldOutage(outage: Outage, now: number): Outage {
  return { elapsedMs: outageMs(outage, now), since: null };
}

/** What is left of `maxElapsedMs` in this outage. */
export function timeLeftMs(context: ReconnectContext, proven: boolean, now: number): number {
  const { maxElapsedMs } = context.policy;
  return maxElapsedMs === null ? Infinity : maxElapsedMs - (proven ? 0 : outageMs(context, now));
}

/** Never less than before: a report without a moment may have no clock behind it. */
function outageMs({ elapsedMs, since }: Outage, now: number): number {
  return elapsedMs + (since === null ? 0 : Math.max(0, now - since));
}
