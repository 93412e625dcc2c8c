/** Further requests by plan, of a connection or after one: free of cost, as long as they come no faster than the stream may ask. */

import { DEFAULT_INITIAL_BACKOFF_MS } from './config.js';
import { momentOf, nowOf } from './clock-reading.js';
import { missingMs, plannedPaceMs, takeRequest } from './pace.js';
import type { Loss, ReconnectContext } from './reconnect.types.js';
import { planResume } from './resume-plan.js';
import { record, scheduleRetry } from './context.js';

/** The report of a reader that leaves its connection by plan. */
type Rotation = Loss & { readonly isOwn?: boolean | undefined };

interface Args {
  readonly context: ReconnectContext;
  readonly event: object;
  readonly self?: object;
}

/** Planned ends that may follow each other at once. */
const FREE = 2;

/** Whether the next connection is made at once, without an attempt: by plan nobody makes us ask faster than by drops. */
export function isFreeRotation({ context, event }: Args): boolean {
  const { moment, ledger, isOwn } = event as Rotation;
  const { source, streamState, sent } = context;
  const { cursor } = ledger ?? context.ledger;
  const state = ledger?.streamState ?? streamState;
  if (planResume(source, state, cursor, !sent, context.rejected).action === 'refuse') return false;
  if (isOwn === true) return true;
  const pace = paceOf(context, event as Rotation);
  return missingMs(context, moment?.now ?? 0, pace) <= FREE * pace;
}

/** The connection is left for another at once. */
export function rotate({ context, event, self }: Args): ReconnectChange {
  const { ledger, proven, isOwn } = event as Rotation;
  const recorded = record(ledger, proven);
  if (isOwn === true) return recorded;
  const now = nowOf(event, self ?? {});
  return { ...recorded, ...takeRequest(context, now, 0, paceOf(context, event as Rotation)) };
}

/** Too many planned ends: this one is a drop, and the wait after it no shorter than the pace. */
export function rotateLater({ context, event, self }: Args): ReconnectChange {
  const moment = momentOf(event, self);
  const loss = event as Rotation;
  const retryAfterMs = paceOf(context, loss);
  const failure = { ...loss.failure, retryAfterMs };
  const scheduled = scheduleRetry(context, { ...loss, failure }, moment);
  return {
    ...scheduled,
    ...takeRequest(context, moment.now, scheduled.delayMs ?? 0, retryAfterMs),
  };
}

/** The connection makes one more request. */
export function requestTaken({ context, event, self }: Args): ReconnectChange {
  return takeRequest(context, nowOf(event, self ?? {}));
}

type ReconnectChange = Partial<ReconnectContext>;

/** Where nothing shows that the peer is well, never less than a second. */
function paceOf(context: ReconnectContext, loss: Rotation): number {
  const leastMs = loss.proven === true ? 0 : DEFAULT_INITIAL_BACKOFF_MS;
  return Math.max(plannedPaceMs(context, loss.ledger), leastMs);
}
