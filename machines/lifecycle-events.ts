/** The lifecycle events, made from the context and from what happened. */

import { shownLimit } from './config.js';
import type { Loss, ReconnectContext, ReconnectEvent, EmittedReport } from './reconnect.types.js';
import { outcomeOf, planOf } from './context.js';
import type { StreamState } from './stream-state.js';

interface Args {
  readonly context: ReconnectContext;
}

export function waiting({ context }: Args): ReconnectEvent {
  const { delayMs, retryAt, attempt, reason } = context;
  return {
    type: 'waiting',
    delayMs: delayMs ?? 0,
    retryAt: retryAt ?? 0,
    attempt,
    reason: reason ?? '',
  };
}

export function attemptStarted({ context }: Args): ReconnectEvent {
  return {
    type: 'attemptStarted',
    attempt: context.attempt,
    maxAttempts: shownLimit(context.policy.maxAttempts),
  };
}

export function connected({ context }: Args): ReconnectEvent {
  const { outageMs, restarting, progress, streamState, attempt } = context;
  const totalTimeMs = Math.trunc(outageMs);
  const resumed = !restarting && (progress.cursor !== null || streamState.chunksReceived > 0);
  return { type: 'connected', attempts: attempt, totalTimeMs, resumed };
}

/** The peer no longer has what came after the position: whatever was between is lost. */
export function lostPosition({ context }: Args): ReconnectEvent {
  const { progress, streamState } = context;
  return { type: 'gap', from: progress.cursor ?? streamState.chunksReceived, to: 0 };
}

/** A feed was left for a time: what came meanwhile is unknown. */
export function missed(): ReconnectEvent {
  return { type: 'gap', from: null, to: null };
}

export function restarted({ context }: Args): ReconnectEvent {
  return { type: 'restarted', why: planOf(context).why };
}

export function dropped({ failure: { error } }: Loss): ReconnectEvent {
  return { type: 'dropped', reason: error.kind, message: error.message };
}

export function failed({ context: { attempt, error } }: Args): ReconnectEvent {
  return {
    type: 'failed',
    attempts: attempt,
    error: error?.message ?? '',
    kind: error?.kind ?? 'reported',
  };
}

/** One for each call that is open. */
export function interrupted({ toolCalls }: StreamState): ReconnectEvent[] {
  return Object.entries(toolCalls).flatMap(([id, { name, status }]) =>
    status === 'streaming' ? [{ type: 'toolCall', id, name, status: 'interrupted' }] : [],
  );
}

export function paused({ context }: Args): ReconnectEvent {
  return { type: 'paused', reasons: context.pausedBy };
}

export function closed({ context }: Args): ReconnectEvent {
  return { type: 'closed', outcome: context.outcome ?? outcomeOf(context, 'closed') };
}

/** Returns the lifecycle event of a reader's report; the progress in it goes into the context. */
export function emitted(report: EmittedReport): ReconnectEvent {
  switch (report.type) {
    case 'stream.progress':
      return { type: 'progress', streamState: report.progress.streamState };
    case 'stream.toolCall':
      return { type: 'toolCall', id: report.id, name: report.name, status: report.status };
    case 'stream.reset':
      return { type: 'reset', scope: report.scope, why: report.why, items: report.items ?? 0 };
    case 'stream.replayed':
      return { type: 'replayed', items: report.items };
    case 'stream.gap':
      return { type: 'gap', from: report.from, to: report.to };
    case 'stream.rotated':
      return { type: 'rotated' };
    case 'stream.caughtUp':
      return { type: 'caughtUp', items: report.items, ms: report.ms };
    case 'stream.stalled':
      return { type: 'stalled', silentMs: report.silentMs };
    case 'stream.diagnostic':
      return { type: 'diagnostic', code: report.code, message: report.message };
  }
}
