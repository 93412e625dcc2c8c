/** Counts requests that a connection makes besides the one that opens it: the machine keeps the pace of all. */

import { requestDelayMs } from '../../machines/pace.js';
import type { ReconnectActor } from '../../machines/reconnect.types.js';
import type { Clock } from '../host/clock.js';
import { momentOf } from '../host/clock.js';

/** Returns how long the request is to wait, in ms. */
export function countRequest(actor: ReconnectActor, clock: Clock): number {
  const { status, context } = actor.getSnapshot();
  if (status !== 'active') return 0;
  // Nothing is left to chance: no draw is spent.
  const moment = momentOf(clock, () => 0.5);
  const delayMs = requestDelayMs(context, moment.now);
  actor.send({ type: 'stream.requested', moment });
  return delayMs;
}
