/** How long an outage has lasted, which `maxElapsedMs` bounds: only while a connection is wanted and missing. */

import type { ReconnectContext } from './reconnect.types.js';

type Outage = Pick<ReconnectContext, 'outageMs' | 'outageStartedAt'>;

/** There was none yet, or new data ended it. */
export const NO_OUTAGE: Outage = Object.freeze({ outageMs: 0, outageStartedAt: null });

/** The outage stands still: a connection stands, or none is wanted. Only new data would end it. */
export function pauseOutage(outage: Outage, now: number): Outage {
  return { outageMs: lengthMs(outage, now), outageStartedAt: null };
}

/** What is left of `maxElapsedMs` in this outage. */
export function timeLeftMs(context: ReconnectContext, now: number): number {
  const { maxElapsedMs } = context.policy;
  return maxElapsedMs === null ? Infinity : maxElapsedMs - lengthMs(context, now);
}

/** Never less than before: a report without a clock reading may have no clock behind it. */
function lengthMs({ outageMs, outageStartedAt }: Outage, now: number): number {
  return outageMs + (outageStartedAt === null ? 0 : Math.max(0, now - outageStartedAt));
}
