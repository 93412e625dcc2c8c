/** The context's steps: each takes the context and what happened, and gives what changes. */

import { clampTimerMs, waitMs } from './backoff.js';
import { defaultRetryPolicy, resolvePolicy } from './config.js';
import { errorInfo } from './errors.js';
import type { ErrorInfo } from './errors.js';
import { NO_OUTAGE } from './outage.js';
import type {
  AttemptStart,
  End,
  Failed,
  ClockReading,
  Opened,
  OpenInput,
  OutcomeInfo,
  Pause,
  Received,
  ReconnectContext,
  ReconnectInput,
} from './reconnect.types.js';
import { planResume } from './resume-plan.js';
import type { ResumePlan } from './resume-plan.js';
import { emptyStreamState, interruptToolCalls, restartStreamState } from './stream-state.js';
import { attemptText, waitFor } from './wait.js';

type Change = Partial<ReconnectContext>;

const freshStream = {
  streamState: emptyStreamState,
  progress: Object.freeze({ key: null, cursor: null, chars: 0, floorMs: 0 }),
} as const;

/** The budget of an outage is whole again. */
const freshCounts = { attempt: 0, uncounted: 0, ...NO_OUTAGE } as const;

const freshRun = {
  ...freshStream,
  attempts: 0,
  drops: 0,
  delayMs: null,
  retryAt: null,
  notBefore: null,
  ...freshCounts,
  sent: false,
  opened: false,
  requestsFullAt: null,
  catchingUp: false,
  fresh: true,
  rejected: false,
  restarting: false,
  pausedBy: Object.freeze([]),
  error: null,
  reason: null,
  outcome: null,
} as const;

/**
 * The context of a new machine.
 * @throws ReconnectError kind `config`.
 */
export function initialContext(input: ReconnectInput | undefined): ReconnectContext {
  const { config, source = null, checkpoint } = input ?? {};
  const fresh: ReconnectContext = {
    policy: config === undefined ? defaultRetryPolicy : resolvePolicy(config),
    source,
    connection: 0,
    ...freshRun,
  };
  if (checkpoint === undefined) return fresh;
  const { attempt, attempts, drops, sent, retryAt, delayMs = null, outcome } = checkpoint;
  const { key = null, cursor, chars, floorMs, streamState } = checkpoint;
  return {
    ...fresh,
    // A stream that had failed is given a new budget: whoever restores it wants it to go on.
    attempt: checkpoint.state === 'failed' ? 0 : attempt,
    attempts,
    drops,
    sent,
    opened: sent,
    retryAt,
    delayMs,
    progress: Object.freeze({ key, cursor, chars, floorMs }),
    streamState,
    // A stream that was closed and is restored is meant to go on; an end or a cancel is the end.
    outcome:
      outcome === null || outcome === 'closed'
        ? null
        : outcomeOf({ ...fresh, streamState, attempts, drops }, outcome),
  };
}

/** Everything back to the start but the policy and the numbering of connections: late reports of the last one are old. */
export function reset({ connection }: ReconnectContext): Change {
  return { ...freshRun, connection: connection + 1 };
}

/** Takes over what was received; proven health gives the attempts back. */
export function record({ progress, healthy = false }: Received): Change {
  const health = healthy ? freshCounts : {};
  if (progress === undefined) return health;
  const { streamState, key = null, cursor, chars, floorMs } = progress;
  return { ...health, streamState, progress: Object.freeze({ key, cursor, chars, floorMs }) };
}

/** Counts the attempt of a host and draws its wait; the Rust module's `start_attempt`. */
export function scheduleAttempt(
  context: ReconnectContext,
  report: AttemptStart,
  reading: ClockReading,
): Change {
  const attempt = context.attempt + 1;
  const delayMs =
    report.delayMs === undefined
      ? waitMs(context.policy, {
          attempt,
          draw: reading.random,
          previousMs: context.delayMs,
          floorMs: context.progress.floorMs,
        })
      : clampTimerMs(report.delayMs);
  return {
    attempt,
    attempts: context.attempts + 1,
    outageStartedAt: context.outageStartedAt ?? reading.monotonicMs,
    reason: report.reason ?? attemptText(attempt, context.policy),
    ...waitFor(delayMs, reading, Math.max(context.progress.floorMs, context.policy.minBackoffMs)),
  };
}

/** A new connection is about to be made: numbered, and known to go on or to start over. */
export function beginConnection(context: ReconnectContext, now: number): Change {
  const { action } = planOf(context);
  const started = context.streamState.chunksReceived > 0;
  return {
    connection: context.connection + 1,
    fresh: !context.sent,
    sent: true,
    outageStartedAt: context.outageStartedAt ?? now,
    retryAt: null,
    restarting: context.rejected || (action !== 'resume' && started),
  };
}

/** The stream does not start over with a connection that brings nothing. */
export function keepDelivered(opened: Partial<Opened> | undefined): Change {
  return opened?.keepsDelivered === true ? { restarting: false } : {};
}

/** The connection is open; one that starts the stream over resets its progress too. */
export function connectionStands(context: ReconnectContext): Change {
  const catchingUp = context.source?.reportsUpToDate === true;
  const open = { error: null, opened: true, catchingUp };
  if (!context.restarting) return open;
  const streamState = restartStreamState(context.streamState);
  return { ...freshStream, streamState, rejected: false, ...open };
}

/** A retry by hand from `failed` has the whole budget before it. */
export function freshBudget(): Change {
  return { ...freshCounts, delayMs: null, retryAt: null };
}

export function fail(error: ErrorInfo): Change {
  return { error, retryAt: null };
}

/** The host says so. */
export function failReported({ error }: Failed): Change {
  return fail(errorInfo(typeof error === 'string' ? { kind: 'reported', message: error } : error));
}

/** What a stream that may not be opened again fails with. */
export function refusal(context: ReconnectContext): ErrorInfo {
  return errorInfo({ kind: 'not-resumable', message: planOf(context).why });
}

/** Whether and how this stream can be opened, or opened again. */
export function planOf(context: ReconnectContext): ResumePlan {
  const { source, streamState, progress, sent, rejected } = context;
  return planResume(source, streamState, progress.cursor, !sent, rejected);
}

/** Whether nobody asked to wait longer: the rest of the wait is ours to give up. */
export function isPastFloor(
  { notBefore }: ReconnectContext,
  reading: ClockReading | undefined,
): boolean {
  return notBefore === null || (reading !== undefined && reading.epochMs >= notBefore);
}

export function openInput(context: ReconnectContext): OpenInput {
  const { connection, attempt, restarting, fresh } = context;
  return { connection, attempt, restarting, fresh };
}

type Paused = Pick<ReconnectContext, 'pausedBy'>;

/** Pause reasons are a set: hidden and offline are two, and both must end. */
export function addReason({ pausedBy }: Paused, { reason = 'user' }: Pause): Paused {
  return { pausedBy: Object.freeze([...new Set([...pausedBy, reason])]) };
}

export function removeReason({ pausedBy }: Paused, { reason = 'user' }: Pause): Paused {
  return { pausedBy: Object.freeze(pausedBy.filter((one) => one !== reason)) };
}

export function outcomeOf(
  context: Pick<ReconnectContext, 'streamState' | 'attempts' | 'drops'>,
  status: OutcomeInfo['status'],
  error?: ErrorInfo,
): OutcomeInfo {
  return Object.freeze({
    status,
    ...(error === undefined ? {} : { error }),
    streamState: context.streamState,
    attempts: context.attempts,
    drops: context.drops,
  });
}

/** The stream is over: no open call will ever be finished. */
export function finish(context: ReconnectContext, { status, error }: End): Change {
  const streamState = interruptToolCalls(context.streamState);
  const outcome = outcomeOf({ ...context, streamState }, status, error);
  return { streamState, retryAt: null, outcome };
}

/** No more of an open call will come. */
export function interrupt({ streamState }: ReconnectContext): Change {
  return { streamState: interruptToolCalls(streamState) };
}

/** The Rust module's sentence: hosts show it. */
export const EXHAUSTED: ErrorInfo = errorInfo({
  kind: 'exhausted',
  message: 'Maximum reconnection attempts exceeded',
});
