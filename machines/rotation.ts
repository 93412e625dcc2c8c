/** Planned ends of a connection: free of cost, as long as they come no faster than the stream may ask. */

import { DEFAULT_INITIAL_BACKOFF_MS } from './config.js';
import { record } from './context.js';
import { missingMs, plannedPaceMs, takeRequest } from './pace.js';
import type { ReconnectContext, Rotation } from './reconnect.types.js';
import { planResume } from './resume-plan.js';
import { afterLoss } from './retry.js';

/** Planned ends that may follow each other at once. */
const FREE = 2;

/** Whether the next connection is made at once, without an attempt: by plan nobody makes us ask faster than by drops. */
export function isFreeRotation(context: ReconnectContext, rotation: Rotation): boolean {
  const { source, sent, rejected } = context;
  const { progress, streamState } = { ...context, ...record(rotation) };
  const plan = planResume(source, streamState, progress.cursor, !sent, rejected);
  if (plan.action === 'refuse') return false;
  if (rotation.isOwn === true) return true;
  const pace = paceOf(context, rotation);
  return missingMs(context, nowOf(rotation), pace) <= FREE * pace;
}

/** The connection is left for another at once. */
export function rotate(context: ReconnectContext, rotation: Rotation): Change {
  const received = record(rotation);
  if (rotation.isOwn === true) return received;
  return { ...received, ...take(context, rotation, 0) };
}

/** Too many planned ends: this one is a drop, and the wait after it no shorter than the pace. */
export function rotateLater(context: ReconnectContext, rotation: Rotation): Change {
  const failure = { ...rotation.failure, retryAfterMs: paceOf(context, rotation) };
  const { retry } = afterLoss(context, { ...rotation, failure });
  return { ...retry, ...take(context, rotation, retry.delayMs ?? 0) };
}

type Change = Partial<ReconnectContext>;

function take(context: ReconnectContext, rotation: Rotation, delayMs: number): Change {
  return takeRequest(context, nowOf(rotation), delayMs, paceOf(context, rotation));
}

function nowOf({ reading }: Rotation): number {
  return reading?.monotonicMs ?? 0;
}

/** Where nothing shows that the peer is well, never less than a second. */
function paceOf(context: ReconnectContext, rotation: Rotation): number {
  const leastMs = rotation.healthy === true ? 0 : DEFAULT_INITIAL_BACKOFF_MS;
  return Math.max(plannedPaceMs(context, rotation.progress), leastMs);
}
