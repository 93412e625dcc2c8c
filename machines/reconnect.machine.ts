/** The statechart: a connection that is lost, waited for and taken up again. */

import { assign, emit, enqueueActions, fromCallback, fromPromise, setup } from 'xstate';
import { errorInfo } from './errors.js';
import type { ErrorInfo } from './errors.js';
import { lossOf } from './loss.js';
import { momentOf } from './moment.js';
import type {
  Loss,
  Opened,
  OpenInput,
  OutcomeInfo,
  ReaderEvent,
  ReaderInput,
  ReconnectActors,
  ReconnectCommand,
  ReconnectContext,
  ReconnectEvent,
  ReconnectInput,
  ReconnectMachine,
  ReconnectMachineEvent,
  StopCommand,
} from './reconnect.types.js';
import { planResume } from './resume-plan.js';
import type { ResumePlan } from './resume-plan.js';
import * as step from './steps.js';
import { fatalError } from './verdict.js';

/**
 * One definition serves all streams. On its own it opens and reads nothing: a host drives it with
 * reports (`attempt.*`), or `reconnectStream` gives it an `open` and a `reader`.
 */
export const reconnectMachine: ReconnectMachine = setup({
  types: {
    context: {} as ReconnectContext,
    events: {} as ReconnectMachineEvent,
    input: {} as ReconnectInput,
    output: {} as OutcomeInfo,
    emitted: {} as ReconnectEvent,
    children: {} as { open: 'open'; reader: 'reader' },
  },
  actors: {
    // The bare machine opens and reads nothing: a host reports what its connection does.
    open: fromPromise<Opened, OpenInput>(() => new Promise(() => {})),
    reader: fromCallback<ReaderEvent, ReaderInput>(() => {}),
  },
  delays: { backoff: ({ context }) => context.delayMs ?? 0 },
}).createMachine({
  id: 'reconnect',
  context: ({ input }) => step.initialContext(input),
  initial: 'idle',
  output: ({ context }) => context.outcome ?? step.outcomeOf(context, 'closed'),

  on: {
    pause: {
      target: '.paused',
      actions: assign(({ context, event }) => ({ pausedBy: withReason(context, event) })),
    },
    close: { target: '.closed', actions: assign(({ context }) => step.finish(context, 'closed')) },
    cancel: {
      target: '.closed',
      actions: assign(({ context }) => step.finish(context, 'cancelled')),
    },
    reset: { target: '.idle', actions: assign(() => step.reset()) },
    'attempt.start': [
      {
        guard: ({ context }) => context.attempt >= context.policy.maxAttempts,
        target: '.failed',
        reenter: true,
        actions: assign(({ context, event, self }) =>
          step.fail(context, undefined, momentOf(event, self), step.exhausted()),
        ),
      },
      {
        target: '.waiting',
        reenter: true,
        actions: assign(({ context, event, self }) =>
          step.scheduleAttempt(context, event, momentOf(event, self)),
        ),
      },
    ],
    'attempt.connecting': { target: '.connecting', reenter: true },
    'attempt.connected': { target: '.connected', reenter: true },
    'attempt.failed': {
      target: '.failed',
      reenter: true,
      actions: assign(({ context, event, self }) =>
        step.fail(context, undefined, momentOf(event, self), reported(event.error)),
      ),
    },
    'stream.progress': {
      guard: isCurrent,
      actions: [
        assign(({ event }) => step.record(event.ledger, event.proven)),
        emit(({ context }) => ({ type: 'progress', streamState: context.streamState })),
      ],
    },
    'stream.toolCall': {
      actions: [
        assign(({ event }) => step.record(event.ledger)),
        emit(({ event: { id, name, status } }) => ({ type: 'toolCall', id, name, status })),
      ],
    },
    'stream.reset': {
      actions: [
        assign(({ event }) => step.record(event.ledger)),
        emit(({ event: { scope, why } }) => ({ type: 'reset', scope, why })),
      ],
    },
    'stream.replayed': {
      guard: isCurrent,
      actions: emit(({ event }) => ({ type: 'replayed', items: event.items })),
    },
    'stream.diagnostic': {
      actions: emit(({ event: { code, message } }) => ({ type: 'diagnostic', code, message })),
    },
  },

  states: {
    idle: {
      on: {
        connect: [
          { guard: ({ context }) => context.outcome !== null, target: 'closed' },
          {
            // Restored while waiting: only the rest of the wait is waited.
            guard: ({ context }) => context.retryAt !== null,
            target: 'waiting',
            actions: assign(({ context, event, self }) =>
              step.resumeWait(context, momentOf(event, self)),
            ),
          },
          { target: 'connecting' },
        ],
        retryNow: [
          { guard: ({ context }) => context.outcome !== null, target: 'closed' },
          { target: 'connecting' },
        ],
      },
    },

    waiting: {
      entry: emit(({ context }) => ({
        type: 'waiting',
        delayMs: context.delayMs ?? 0,
        retryAt: context.retryAt ?? 0,
        attempt: context.attempt,
        reason: context.reason ?? '',
      })),
      after: { backoff: 'connecting' },
      on: { retryNow: 'connecting' },
    },

    connecting: {
      entry: [
        assign(({ context, event, self }) => step.beginConnection(context, momentOf(event, self))),
        emit(({ context }) => ({
          type: 'attemptStarted',
          attempt: context.attempt,
          maxAttempts: context.policy.maxAttempts,
        })),
      ],
      invoke: {
        id: 'open',
        src: 'open',
        input: ({ context: { connection, attempt, restarting } }) => ({
          connection,
          attempt,
          restarting,
        }),
        onDone: 'connected',
        onError: [
          {
            guard: ({ context, event }) => isFatal(context, lossOf(event.error), event),
            target: 'failed',
            actions: assign(({ context, event, self }) =>
              step.fail(context, lossOf(event.error), momentOf(event, self)),
            ),
          },
          {
            target: 'waiting',
            actions: assign(({ context, event, self }) =>
              step.scheduleRetry(context, lossOf(event.error), momentOf(event, self)),
            ),
          },
        ],
      },
    },

    connected: {
      entry: enqueueActions(({ context, event, self, enqueue }) => {
        enqueue.emit({
          type: 'connected',
          attempts: context.attempt,
          totalTimeMs: sinceMs(context, event, self),
          resumed: !context.restarting && hasPosition(context),
        });
        if (context.restarting) enqueue.emit({ type: 'restarted', why: plan(context).why });
        enqueue.assign(({ context: now }) => step.connectionStands(now));
      }),
      exit: assign({ stopping: false }),
      invoke: {
        id: 'reader',
        src: 'reader',
        input: ({ context: { connection } }) => ({ connection }),
      },
      on: {
        // The reader has the last word on what arrived. What comes while it is asked waits its turn.
        pause: [{ guard: isStopping, actions: sendToSelf() }, { actions: askReader() }],
        close: [{ guard: isStopping, actions: sendToSelf() }, { actions: askReader() }],
        cancel: [{ guard: isStopping, actions: sendToSelf() }, { actions: askReader() }],
        resume: { guard: isStopping, actions: sendToSelf() },
        retryNow: [
          { guard: isStopping, actions: sendToSelf() },
          { guard: ({ context }) => plan(context).action !== 'refuse', actions: askReader() },
        ],
        'stream.stopped': [
          { guard: isStale },
          {
            guard: ({ event }) => event.command.type === 'pause',
            target: 'paused',
            actions: assign(({ context, event }) => ({
              ...step.record(event.ledger),
              pausedBy: withReason(context, event.command as PauseCommand),
            })),
          },
          {
            guard: ({ event }) => event.command.type === 'retryNow',
            target: 'connecting',
            actions: assign(({ event }) => step.record(event.ledger)),
          },
          {
            target: 'closed',
            actions: assign(({ context, event }) =>
              step.finish(
                context,
                event.command.type === 'cancel' ? 'cancelled' : 'closed',
                event.ledger,
              ),
            ),
          },
        ],
        'stream.stalled': {
          guard: isCurrent,
          actions: emit(({ event }) => ({ type: 'stalled', silentMs: event.silentMs })),
        },
        'stream.dropped': [
          { guard: isStale },
          {
            guard: ({ context, event }) => isFatal(context, event, event),
            target: 'failed',
            actions: [
              assign(({ context, event, self }) => ({
                drops: context.drops + 1,
                ...step.fail(context, event, momentOf(event, self)),
              })),
              emit(({ event }) => dropped(event)),
            ],
          },
          {
            target: 'waiting',
            actions: [
              assign(({ context, event, self }) => ({
                drops: context.drops + 1,
                ...step.scheduleRetry(context, event, momentOf(event, self)),
              })),
              emit(({ event }) => dropped(event)),
            ],
          },
        ],
        'stream.ended': [
          { guard: isStale },
          {
            target: 'closed',
            actions: assign(({ context, event }) =>
              step.finish(context, event.outcome, event.ledger, event.error),
            ),
          },
        ],
      },
    },

    paused: {
      entry: emit(({ context }) => ({ type: 'paused', reasons: context.pausedBy })),
      exit: assign({ pausedBy: [] }),
      on: {
        resume: [
          {
            guard: ({ context, event }) => withoutReason(context, event).length > 0,
            actions: assign(({ context, event }) => ({ pausedBy: withoutReason(context, event) })),
          },
          {
            guard: ({ context }) => plan(context).action === 'refuse',
            target: 'failed',
            actions: assign(({ context }) => ({
              error: errorInfo({ kind: 'not-resumable', message: plan(context).why }),
            })),
          },
          { target: 'connecting' },
        ],
        pause: {
          actions: assign(({ context, event }) => ({ pausedBy: withReason(context, event) })),
        },
        retryNow: 'connecting',
      },
    },

    failed: {
      entry: emit(({ context }) => ({
        type: 'failed',
        attempts: context.attempt,
        error: context.error?.message ?? '',
        kind: context.error?.kind ?? 'reported',
      })),
      on: { retryNow: { target: 'connecting', actions: assign(() => step.freshBudget()) } },
    },

    closed: {
      type: 'final',
      entry: emit(({ context }) => ({
        type: 'closed',
        outcome: context.outcome ?? step.outcomeOf(context, 'closed'),
      })),
    },
  },
});

type PauseCommand = Extract<ReconnectCommand, { type: 'pause' }>;

interface Scope {
  context: ReconnectContext;
  event: ReconnectMachineEvent;
}

function isFatal(context: ReconnectContext, loss: Loss, event: object): boolean {
  return fatalError(context, loss, momentOf(event)) !== null;
}

/** Reports of an old connection are heard no more; a host's reports carry no number. */
function isCurrent({ context, event }: Scope): boolean {
  const { connection } = event as { connection?: number };
  return connection === undefined || connection === context.connection;
}

function isStale(scope: Scope): boolean {
  return !isCurrent(scope);
}

function isStopping({ context }: Scope): boolean {
  return context.stopping;
}

/**
 * Asks the reader to stop. It answers in the same turn with its exact account; the second report is for
 * a reader that does not answer, and is not heard after the first.
 */
function askReader<TCommand extends StopCommand>() {
  return enqueueActions<
    ReconnectContext,
    TCommand,
    undefined,
    ReconnectMachineEvent,
    ReconnectActors,
    never,
    never,
    'backoff',
    ReconnectEvent
  >(({ context, event, self, enqueue }) => {
    enqueue.assign({ stopping: true });
    enqueue.sendTo('reader', { type: 'stop', command: event });
    enqueue.sendTo(self, {
      type: 'stream.stopped',
      command: event,
      connection: context.connection,
    });
  });
}

function sendToSelf<TCommand extends ReconnectCommand>() {
  return enqueueActions<
    ReconnectContext,
    TCommand,
    undefined,
    ReconnectMachineEvent,
    ReconnectActors,
    never,
    never,
    'backoff',
    ReconnectEvent
  >(({ event, self, enqueue }) => enqueue.sendTo(self, event));
}

function plan(context: ReconnectContext): ResumePlan {
  return planResume(context.source, context.streamState, context.ledger.cursor, false);
}

function hasPosition({ ledger, streamState }: ReconnectContext): boolean {
  return ledger.cursor !== null || streamState.chunksReceived > 0;
}

function sinceMs(context: ReconnectContext, event: object, self: object): number {
  if (context.since === null) return 0;
  return Math.max(0, Math.trunc(momentOf(event, self).now - context.since));
}

function dropped({ failure: { error } }: Loss): ReconnectEvent {
  return { type: 'dropped', reason: error.kind, message: error.message };
}

function reported(error: string | ErrorInfo): ErrorInfo {
  return errorInfo(typeof error === 'string' ? { kind: 'reported', message: error } : error);
}

/** Pause reasons are a set: hidden and offline are two, and both must end. */
function withReason(context: ReconnectContext, command: PauseCommand): readonly string[] {
  return [...new Set([...context.pausedBy, command.reason ?? 'user'])];
}

function withoutReason(context: ReconnectContext, command: { reason?: string }): readonly string[] {
  return context.pausedBy.filter((reason) => reason !== (command.reason ?? 'user'));
}
