/** The statechart: a connection that is lost, waited for and taken up again. */

import { assign, emit, enqueueActions, fromCallback, fromPromise, setup } from 'xstate';
import type { EventObject } from 'xstate';
import { readingOf, nowOf } from './clock-reading.js';
import * as step from './context.js';
import * as params from './event-params.js';
import { hasMissed } from './feed.js';
import * as lifecycle from './lifecycle-events.js';
import { pauseOutage } from './outage.js';
import { takeRequest } from './pace.js';
import type * as types from './reconnect.types.js';
import { isFreeRotation, rotate, rotateLater } from './rotation.js';
import { resumeWait } from './wait.js';

// What several transitions do, with what each part is given of the event.
const record = { type: 'record', params: params.reported } as const;
const addReason = { type: 'addReason', params: params.reported } as const;
const emitReport = { type: 'emitReport', params: params.reported } as const;
const scheduleRetry = { type: 'scheduleRetry', params: params.afterLossOf } as const;
const giveUp = { type: 'giveUp', params: params.afterLossOf } as const;
const countDrop = ['countDrop', { type: 'emitDropped', params: params.lossOf }] as const;
const end = [record, 'interruptCalls', { type: 'finish', params: params.endOf }] as const;
const isFatal = { type: 'isFatal', params: params.afterLossOf } as const;
const isPastFloor = { type: 'isPastFloor', params: params.reported } as const;
/** A report of a connection that was left is ignored. */
const ifStale = { guard: { type: 'isStale', params: params.reported } } as const;
/** A guard cannot ask the clock: what has no reading of it is raised again with one. */
const ifUntimed = {
  guard: { type: 'isUntimed', params: params.reported },
  actions: { type: 'raiseLoss', params: params.lossOf },
} as const;
const ifFatal = { guard: isFatal, target: 'failed', actions: [giveUp, ...countDrop] } as const;

/**
 * One definition serves all streams. On its own it opens and reads nothing: a host drives it with
 * reports (`attempt.*`), or `reconnectStream` gives it an `open` and a `reader`.
 */
export const reconnectMachine: types.ReconnectMachine = setup({
  types: {
    context: {} as types.ReconnectContext,
    events: {} as types.ReconnectMachineEvent,
    input: undefined as types.ReconnectInput | undefined,
    output: {} as types.OutcomeInfo,
    emitted: {} as types.ReconnectEvent,
    children: {} as { open: 'open'; reader: 'reader' },
  },
  actors: {
    open: fromPromise<types.Opened, types.OpenInput>(() => new Promise(() => {})),
    reader: fromCallback<EventObject, types.ReaderInput>(() => {}),
  },
  delays: { backoff: ({ context }) => context.delayMs ?? 0 },
  guards: {
    isFinished: ({ context }) => context.outcome !== null,
    isRestoredWait: ({ context }) => context.retryAt !== null,
    hasNoAttemptLeft: ({ context }) => context.attempt >= context.policy.maxAttempts,
    isFatal: (_, after: types.AfterLoss) => after.isFatal,
    isRefused: ({ context }) => step.planOf(context).action === 'refuse',
    /** What was received comes with the command where the connection is left already. */
    isRefusedYet: ({ context }, { progress }: types.Received) =>
      progress === undefined && step.planOf(context).action === 'refuse',
    isUntimed: (_, { reading }: types.Timed) => reading === undefined,
    isStillPaused: ({ context }, pause: types.Pause) =>
      step.removeReason(context, pause).pausedBy.length > 0,
    isStale: ({ context }, { connection }: types.OfConnection) =>
      connection !== undefined && connection !== context.connection,
    isPastFloor: ({ context }, { reading }: types.Timed) => step.isPastFloor(context, reading),
    isFreeRotation: ({ context }, rotation: types.Rotation) => isFreeRotation(context, rotation),
  },
  actions: {
    record: assign((_, received: types.Received) => step.record(received)),
    schedule: assign(({ context, self }, report: types.AttemptStart) =>
      step.scheduleAttempt(context, report, readingOf(report, self)),
    ),
    scheduleRetry: assign((_, after: types.AfterLoss) => after.retry),
    giveUp: assign((_, after: types.AfterLoss) => after.fail),
    resumeWait: assign(({ context, self }, command: types.Timed) =>
      resumeWait(context, readingOf(command, self)),
    ),
    beginConnection: assign(({ context, event, self }) =>
      step.beginConnection(context, nowOf(event, self)),
    ),
    pauseOutage: assign(({ context, event, self }) => pauseOutage(context, nowOf(event, self))),
    rotate: assign(({ context }, rotation: types.Rotation) => rotate(context, rotation)),
    rotateLater: assign(({ context }, rotation: types.Rotation) => rotateLater(context, rotation)),
    takeRequest: assign(({ context, self }, report: types.Timed) =>
      takeRequest(context, nowOf(report, self)),
    ),
    failExhausted: assign(() => step.fail(step.EXHAUSTED)),
    fail: assign((_, report: types.Failed) => step.failReported(report)),
    refuse: assign(({ context }) => step.fail(step.refusal(context))),
    finish: assign(({ context }, end: types.End) => step.finish(context, end)),
    endCatchUp: assign({ catchingUp: false }),
    countDrop: assign(({ context }) => ({ drops: context.drops + 1 })),
    addReason: assign(({ context }, pause: types.Pause) => step.addReason(context, pause)),
    removeReason: assign(({ context }, pause: types.Pause) => step.removeReason(context, pause)),
    resetContext: assign(({ context }) => step.reset(context)),
    resetAttempts: assign(() => step.freshBudget()),
    emitReport: emit((_, report: types.EmittedReport) => lifecycle.emitted(report)),
    emitDropped: emit((_, loss: types.Loss) => lifecycle.dropped(loss)),
    raiseLoss: enqueueActions(({ self, enqueue }, loss: types.Loss) => {
      enqueue.raise({ type: 'stream.dropped', ...loss, reading: readingOf(loss, self) });
    }),
    /** The open call will receive no further arguments. A host that drives the machine knows its calls. */
    interruptCalls: enqueueActions(({ context, enqueue }) => {
      if (context.source === null) return;
      for (const call of lifecycle.interrupted(context.streamState)) enqueue.emit(call);
      enqueue.assign(step.interrupt(context));
    }),
    keepDelivered: assign((_, opened: Partial<types.Opened> | undefined) =>
      step.keepDelivered(opened),
    ),
    announceConnected: enqueueActions(({ context, enqueue }) => {
      enqueue.emit(lifecycle.connected({ context }));
      if (context.rejected) enqueue.emit(lifecycle.lostPosition({ context }));
      if (context.restarting) enqueue.emit(lifecycle.restarted({ context }));
      if (hasMissed(context)) enqueue.emit(lifecycle.missed());
      enqueue.assign(step.connectionStands(context));
    }),
  },
}).createMachine({
  id: 'reconnect',
  context: ({ input }) => step.initialContext(input),
  initial: 'idle',
  output: ({ context }) => context.outcome ?? step.outcomeOf(context, 'closed'),

  on: {
    pause: { target: '.paused', actions: [record, addReason] },
    close: { target: '.closed', actions: [...end] },
    cancel: { target: '.closed', actions: [...end] },
    reset: { target: '.idle', actions: 'resetContext' },

    'attempt.start': [
      { guard: 'hasNoAttemptLeft', target: '.failed', reenter: true, actions: 'failExhausted' },
      { target: '.waiting', reenter: true, actions: { type: 'schedule', params: params.reported } },
    ],
    'attempt.connecting': { target: '.connecting', reenter: true },
    'attempt.connected': { target: '.connected', reenter: true },
    'attempt.failed': {
      target: '.failed',
      reenter: true,
      actions: { type: 'fail', params: params.reported },
    },

    // Reports of a connection that was left are ignored; a host's reports carry no number. Of what
    // carries none at all the progress is the stream's, whichever connection reported it.
    'stream.progress': [ifStale, { actions: [record, emitReport] }],
    'stream.toolCall': { actions: [record, emitReport] },
    'stream.reset': { actions: [record, emitReport] },
    'stream.replayed': [ifStale, { actions: emitReport }],
    'stream.caughtUp': [ifStale, { actions: ['endCatchUp', emitReport] }],
    'stream.gap': { actions: emitReport },
    'stream.stalled': [ifStale, { actions: emitReport }],
    'stream.diagnostic': { actions: emitReport },
    'stream.requested': { actions: { type: 'takeRequest', params: params.reported } },
  },

  states: {
    idle: {
      on: {
        connect: [
          { guard: 'isFinished', target: 'closed' },
          { guard: 'isRefused', target: 'failed', actions: 'refuse' },
          {
            guard: 'isRestoredWait',
            target: 'waiting',
            actions: { type: 'resumeWait', params: params.reported },
          },
          { target: 'connecting' },
        ],
        retryNow: [
          { guard: 'isFinished', target: 'closed' },
          { guard: 'isRefused', target: 'failed', actions: 'refuse' },
          { target: 'connecting' },
        ],
      },
    },

    waiting: {
      entry: emit(lifecycle.waiting),
      after: { backoff: 'connecting' },
      on: {
        retryNow: 'connecting',
        'environment.online': { guard: isPastFloor, target: 'connecting' },
        'environment.awake': { guard: isPastFloor, target: 'connecting' },
      },
    },

    connecting: {
      entry: ['beginConnection', emit(lifecycle.attemptStarted)],
      invoke: {
        id: 'open',
        src: 'open',
        input: ({ context }) => step.openInput(context),
        onDone: {
          target: 'connected',
          actions: { type: 'keepDelivered', params: params.outputOf },
        },
        onError: { actions: { type: 'raiseLoss', params: params.thrownByOpen } },
      },
      on: {
        'stream.dropped': [
          ifStale,
          ifUntimed,
          { guard: isFatal, target: 'failed', actions: giveUp },
          { target: 'waiting', actions: scheduleRetry },
        ],
      },
    },

    connected: {
      entry: ['pauseOutage', 'announceConnected'],
      invoke: {
        id: 'reader',
        src: 'reader',
        input: ({ context: { connection } }) => ({ connection }),
        onError: { actions: { type: 'raiseLoss', params: params.thrownByReader } },
      },
      on: {
        retryNow: [
          { guard: { type: 'isRefusedYet', params: params.reported } },
          { target: 'connecting', actions: record },
        ],
        'stream.dropped': [
          ifStale,
          ifUntimed,
          ifFatal,
          { target: 'waiting', actions: [scheduleRetry, ...countDrop] },
        ],
        'stream.rotated': [
          ifStale,
          ifUntimed,
          {
            guard: { type: 'isFreeRotation', params: params.reported },
            target: 'connecting',
            actions: [{ type: 'rotate', params: params.reported }, emitReport],
          },
          ifFatal,
          {
            target: 'waiting',
            actions: [{ type: 'rotateLater', params: params.reported }, ...countDrop],
          },
        ],
        'stream.ended': [ifStale, { target: 'closed', actions: [...end] }],
      },
    },

    paused: {
      entry: ['pauseOutage', emit(lifecycle.paused)],
      exit: assign({ pausedBy: Object.freeze([]) }),
      on: {
        pause: { actions: addReason },
        resume: [
          {
            guard: { type: 'isStillPaused', params: params.reported },
            actions: { type: 'removeReason', params: params.reported },
          },
          { guard: 'isRefused', target: 'failed', actions: 'refuse' },
          { target: 'connecting' },
        ],
        retryNow: [
          { guard: 'isRefused', target: 'failed', actions: 'refuse' },
          { target: 'connecting' },
        ],
      },
    },

    failed: {
      entry: ['pauseOutage', 'interruptCalls', emit(lifecycle.failed)],
      on: { retryNow: { target: 'connecting', actions: 'resetAttempts' } },
    },

    closed: { type: 'final', entry: emit(lifecycle.closed) },
  },
});
