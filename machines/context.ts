/** The context's steps: each takes the context and what happened, and gives what changes. */

import { clampTimerMs, waitMs } from './backoff.js';
import { defaultRetryPolicy, resolvePolicy } from './config.js';
import { errorInfo } from './errors.js';
import type { ErrorInfo } from './errors.js';
import type { EndOutcome } from './source-contract.js';
import { NO_OUTAGE, timeLeftMs } from './outage.js';
import type {
  End,
  Ledger,
  Loss,
  Moment,
  Opened,
  OpenInput,
  OutcomeInfo,
  ReconnectContext,
  ReconnectInput,
  StopCommand,
} from './reconnect.types.js';
import { plannedPaceMs, reconnectDelayMs, takeRequest } from './pace.js';
import { planResume } from './resume-plan.js';
import type { ResumePlan } from './resume-plan.js';
import { emptyStreamState, interruptToolCalls, restartStreamState } from './stream-state.js';
import { fatalError, floorOf, isFirstRequest, isRejection } from './retry.js';
import { attemptText, waitFor } from './wait.js';

type Change = Partial<ReconnectContext>;

const freshStream = {
  streamState: emptyStreamState,
  ledger: Object.freeze({ key: null, cursor: null, chars: 0, floorMs: 0 }),
} as const;

/** The budget of an outage is whole again. */
const freshCounts = { attempt: 0, spared: 0, ...NO_OUTAGE } as const;

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
  stopping: false,
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
    ledger: Object.freeze({ key, cursor, chars, floorMs }),
    streamState,
    // A stream that was closed and is restored is meant to go on; an end or a cancel is the end.
    outcome:
      outcome === null || outcome === 'closed'
        ? null
        : outcomeOf({ ...fresh, streamState, attempts, drops }, outcome),
  };
}

/** Everything back to the start but the policy and the numbering of connections. */
export function reset(): Change {
  return freshRun;
}

/** Takes over the reader's account; proven health gives the attempts back. */
export function record(ledger: Ledger | undefined, proven = false): Change {
  const health = proven ? freshCounts : {};
  if (ledger === undefined) return health;
  const { streamState, key = null, cursor, chars, floorMs } = ledger;
  return { ...health, streamState, ledger: Object.freeze({ key, cursor, chars, floorMs }) };
}

const UP_TO_DATE: Change = Object.freeze({ catchingUp: false });

/** The account that a report carries, if it carries one. */
export function recordReport(event: object): Change {
  const { ledger, proven, type } = event as { ledger?: Ledger; proven?: boolean; type?: string };
  return { ...record(ledger, proven), ...(type === 'stream.caughtUp' ? UP_TO_DATE : {}) };
}

/** Counts the attempt of a host and draws its wait; the Rust module's `start_attempt`. */
export function scheduleAttempt(context: ReconnectContext, event: object, moment: Moment): Change {
  const report = event as { delayMs?: number; reason?: string };
  const attempt = context.attempt + 1;
  const delayMs =
    report.delayMs === undefined
      ? waitMs(context.policy, {
          attempt,
          draw: moment.draw,
          previousMs: context.delayMs,
          floorMs: context.ledger.floorMs,
        })
      : clampTimerMs(report.delayMs);
  return {
    attempt,
    attempts: context.attempts + 1,
    since: context.since ?? moment.now,
    reason: report.reason ?? attemptText(attempt, context.policy),
    ...waitFor(delayMs, moment, Math.max(context.ledger.floorMs, context.policy.minBackoffMs)),
  };
}

/** Counts the attempt after a loss and draws its wait. */
export function scheduleRetry(context: ReconnectContext, loss: Loss, moment: Moment): Change {
  const recorded = { ...context, ...record(loss.ledger, loss.proven) };
  const isSpared = loss.spared === true && recorded.attempt > 0;
  const attempt = recorded.attempt + (isSpared ? 0 : 1);
  const spared = recorded.spared + (isSpared ? 1 : 0);
  const floorMs = floorOf(context, loss);
  const drawn = waitMs(context.policy, {
    attempt: attempt + spared,
    draw: moment.draw,
    previousMs: attempt + spared === 1 ? null : context.delayMs,
    floorMs,
  });
  const left = clampTimerMs(timeLeftMs(context, loss.proven ?? false, moment.now));
  const delayMs = Math.min(left, Math.max(drawn, reconnectDelayMs(context, moment)));
  return {
    ...record(loss.ledger, loss.proven),
    sent: !isFirstRequest(context, loss),
    rejected: context.rejected || isRejection(loss),
    attempt,
    spared,
    attempts: context.attempts + 1,
    since: recorded.since ?? moment.now,
    error: loss.failure.error,
    reason: loss.failure.error.kind,
    ...(loss.spared === true
      ? {}
      : takeRequest(context, moment.now, delayMs, plannedPaceMs(context, loss.ledger))),
    ...waitFor(delayMs, moment, Math.max(floorMs, context.policy.minBackoffMs)),
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
    since: context.since ?? now,
    retryAt: null,
    restarting: context.rejected || (action !== 'resume' && started),
  };
}

/** The stream does not start over with a connection that brings nothing. */
export function keepDelivered(event: object): Change {
  const { output } = event as { readonly output?: Partial<Opened> | undefined };
  return output?.keepsDelivered === true ? { restarting: false } : {};
}

/** The connection stands; one that starts the stream over starts its account over too. */
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

/** No further attempt: with what the loss leads to. */
export function giveUp(context: ReconnectContext, loss: Loss, moment: Moment): Change {
  return {
    ...record(loss.ledger, loss.proven),
    sent: !isFirstRequest(context, loss),
    ...fail(fatalError(context, loss, moment) ?? loss.failure.error),
  };
}

export function fail(error: ErrorInfo): Change {
  return { error, retryAt: null };
}

/** The host says so. */
export function failReported(event: object): Change {
  const { error } = event as { error: string | ErrorInfo };
  return fail(errorInfo(typeof error === 'string' ? { kind: 'reported', message: error } : error));
}

/** What a stream that may not be opened again fails with. */
export function refusal(context: ReconnectContext): ErrorInfo {
  return errorInfo({ kind: 'not-resumable', message: planOf(context).why });
}

/** Whether and how this stream can be opened, or opened again. */
export function planOf(context: ReconnectContext): ResumePlan {
  const { source, streamState, ledger, sent, rejected } = context;
  return planResume(source, streamState, ledger.cursor, !sent, rejected);
}

/** Whether nobody asked to wait longer: the rest of the wait is ours to give up. */
export function isPastFloor({ notBefore }: ReconnectContext, event: object): boolean {
  const { moment } = event as { moment?: Moment };
  return notBefore === null || (moment !== undefined && moment.date >= notBefore);
}

/** Whether a report is about a connection that was left. */
export function isStale(context: ReconnectContext, event: object): boolean {
  const { connection } = event as { connection?: number };
  return connection !== undefined && connection !== context.connection;
}

/** The command itself, or the one that a reader was asked to stop for. */
export function commandOf(event: object): StopCommand {
  return (event as { command?: StopCommand }).command ?? (event as StopCommand);
}

/** How the stream ends by this event. */
export function endOf(event: object): End {
  const { outcome, ledger, error } = event as {
    outcome?: EndOutcome;
    ledger?: Ledger;
    error?: ErrorInfo;
  };
  const status = outcome ?? (commandOf(event).type === 'cancel' ? 'cancelled' : 'closed');
  return { status, ledger, error };
}

export function openInput(context: ReconnectContext): OpenInput {
  const { connection, attempt, restarting, fresh } = context;
  return { connection, attempt, restarting, fresh };
}

/** Pause reasons are a set: hidden and offline are two, and both must end. */
export function withReason(context: ReconnectContext, command: object): readonly string[] {
  return Object.freeze([...new Set([...context.pausedBy, reasonOf(command)])]);
}

export function withoutReason(context: ReconnectContext, command: object): readonly string[] {
  return Object.freeze(context.pausedBy.filter((reason) => reason !== reasonOf(command)));
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
export function finish(context: ReconnectContext, { status, ledger, error }: End): Change {
  const recorded = { ...context, ...record(ledger) };
  const streamState = interruptToolCalls(recorded.streamState);
  return {
    ...record(ledger),
    streamState,
    retryAt: null,
    outcome: outcomeOf({ ...recorded, streamState }, status, error),
  };
}

/** No more of an open call will come. */
export function interrupt({ streamState }: ReconnectContext): Change {
  return { streamState: interruptToolCalls(streamState) };
}

function reasonOf(event: object): string {
  return (commandOf(event) as { reason?: string }).reason ?? 'user';
}
