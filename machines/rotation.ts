/** Planned ends of a connection: free of cost, as long as they come no faster than the stream may ask. */

import { DEFAULT_INITIAL_BACKOFF_MS } from './config.js';
import { momentOf, nowOf } from './clock-reading.js';
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
const BURST = 2;

/**
 * Whether the next connection is made at once, without an attempt. A bucket of `BURST` that refills once per pace: no
 * server can make us ask faster than that by planning the ends of its connections.
 */
export function isFreeRotation({ context, event }: Args): boolean {
  const { moment, ledger, isOwn } = event as Rotation;
  const { source, streamState, sent } = context;
  const { cursor } = ledger ?? context.ledger;
  const state = ledger?.streamState ?? streamState;
  if (planResume(source, state, cursor, !sent, context.rejected).action === 'refuse') return false;
  if (isOwn === true) return true;
  const now = moment?.now ?? 0;
  const fullAt = Math.max(context.rotationsFullAt ?? now, now);
  return fullAt - now <= (BURST - 1) * paceMs(context, event as Rotation);
}

/** The connection is left for another at once. */
export function rotate({ context, event, self }: Args): ReconnectChange {
  const { ledger, proven, isOwn } = event as Rotation;
  const now = nowOf(event, self ?? {});
  return {
    ...record(ledger, proven),
    ...(isOwn === true ? {} : take(context, event as Rotation, now)),
  };
}

/** Too many planned ends: this one is a drop, and the wait after it no shorter than the pace. */
export function rotateLater({ context, event, self }: Args): ReconnectChange {
  const moment = momentOf(event, self);
  const loss = event as Rotation;
  const retryAfterMs = paceMs(context, loss);
  const failure = { ...loss.failure, retryAfterMs };
  return {
    ...scheduleRetry(context, { ...loss, failure }, moment),
    ...take(context, loss, moment.now),
  };
}

type ReconnectChange = Partial<ReconnectContext>;

/** Takes one from the bucket; never more than one below empty, so that whoever slows down is forgiven. */
function take(context: ReconnectContext, loss: Rotation, now: number): ReconnectChange {
  const pace = paceMs(context, loss);
  const fullAt = Math.max(context.rotationsFullAt ?? now, now);
  return { rotationsFullAt: Math.min(fullAt, now + BURST * pace) + pace };
}

/** What a lost connection would wait at first. Where nothing shows that the peer is well, never less than a second. */
function paceMs({ policy, ledger }: ReconnectContext, loss: Rotation): number {
  const leastMs = loss.proven === true ? 0 : DEFAULT_INITIAL_BACKOFF_MS;
  const { floorMs } = loss.ledger ?? ledger;
  return Math.max(policy.initialBackoffMs, policy.minBackoffMs, floorMs, leastMs);
}
