/** The statechart: a connection that is lost, waited for and taken up again. */

import { assign, emit, enqueueActions, fromCallback, fromPromise, setup } from 'xstate';
import { hasMissed } from './feed.js';
import * as lifecycle from './lifecycle-events.js';
import { isTimed, momentOf, nowOf } from './clock-reading.js';
import { heldOutage } from './outage.js';
import type {
  Opened,
  OpenInput,
  OutcomeInfo,
  ReaderEvent,
  ReaderInput,
  ReconnectContext,
  ReconnectEvent,
  ReconnectInput,
  ReconnectMachine,
  ReconnectMachineEvent,
} from './reconnect.types.js';
import { isFreeRotation, requestTaken, rotate, rotateLater } from './rotation.js';
import * as step from './context.js';
import { EXHAUSTED, fatalError, lossOf } from './retry.js';
import { resumeWait } from './wait.js';

/**
 * One definition serves all streams. On its own it opens and reads nothing: a host drives it with
 * reports (`attempt.*`), or `reconnectStream` gives it an `open` and a `reader`.
 */
export const reconnectMachine: ReconnectMachine = setup({
  types: {
    context: {} as ReconnectContext,
    events: {} as ReconnectMachineEvent,
    input: undefined as ReconnectInput | undefined,
    output: {} as OutcomeInfo,
    emitted: {} as ReconnectEvent,
    children: {} as { open: 'open'; reader: 'reader' },
  },
  actors: {
    open: fromPromise<Opened, OpenInput>(() => new Promise(() => {})),
    reader: fromCallback<ReaderEvent, ReaderInput>(() => {}),
  },
  delays: { backoff: ({ context }) => context.delayMs ?? 0 },
  guards: {
    isFinished: ({ context }) => context.outcome !== null,
    isRestoredWait: ({ context }) => context.retryAt !== null,
    hasNoAttemptLeft: ({ context }) => context.attempt >= context.policy.maxAttempts,
    isFatal: ({ context, event }) => fatalError(context, lossOf(event), momentOf(event)) !== null,
    isRefused: ({ context }) => step.planOf(context).action === 'refuse',
    isUntimed: ({ event }) => !isTimed(event),
    isStopping: ({ context }) => context.stopping,
    isStillPaused: ({ context, event }) => step.withoutReason(context, event).length > 0,
    isStale: ({ context, event }) => step.isStale(context, event),
    isPause: ({ event }) => step.commandOf(event).type === 'pause',
    isPastFloor: ({ context, event }) => step.isPastFloor(context, event),
    isFreeRotation,
    isRetry: ({ event }) => step.commandOf(event).type === 'retryNow',
  },
  actions: {
    record: assign(({ event }) => step.recordReport(event)),
    schedule: assign(({ context, event, self }) =>
      step.scheduleAttempt(context, event, momentOf(event, self)),
    ),
    scheduleRetry: assign(({ context, event, self }) =>
      step.scheduleRetry(context, lossOf(event), momentOf(event, self)),
    ),
    resumeWait: assign(({ context, event, self }) => resumeWait(context, momentOf(event, self))),
    beginConnection: assign(({ context, event, self }) =>
      step.beginConnection(context, nowOf(event, self)),
    ),
    holdOutage: assign(({ context, event, self }) => heldOutage(context, nowOf(event, self))),
    giveUp: assign(({ context, event, self }) =>
      step.giveUp(context, lossOf(event), momentOf(event, self)),
    ),
    rotate: assign(rotate),
    rotateLater: assign(rotateLater),
    takeRequest: assign(requestTaken),
    exhaust: assign(() => step.fail(EXHAUSTED)),
    fail: assign(({ event }) => step.failReported(event)),
    refuse: assign(({ context }) => step.fail(step.refusal(context))),
    finish: assign(({ context, event }) => step.finish(context, step.endOf(event))),
    countDrop: assign(({ context }) => ({ drops: context.drops + 1 })),
    addReason: assign(({ context, event }) => ({ pausedBy: step.withReason(context, event) })),
    removeReason: assign(({ context: at, event }) => ({ pausedBy: step.withoutReason(at, event) })),
    forget: assign(() => step.reset()),
    renewBudget: assign(() => step.freshBudget()),
    emitReport: emit(({ event }) => lifecycle.emitted(event)),
    emitDropped: emit(({ event }) => lifecycle.dropped(lossOf(event))),
    /** A guard cannot ask the clock: what was thrown, or has no reading of the clock, is raised again with one. */
    raiseLoss: enqueueActions(({ event, self, enqueue }) => {
      enqueue.raise({ ...lossOf(event), type: 'stream.dropped', moment: momentOf(event, self) });
    }),
    takeTurn: enqueueActions(({ event, self, enqueue }) => enqueue.sendTo(self, event)),
    /**
     * Asks the reader to stop. It answers in the same turn with its exact account; the second report is
     * for a reader that does not answer, and is not heard after the first.
     */
    askReader: enqueueActions(({ context, event, self, enqueue }) => {
      const command = step.commandOf(event);
      enqueue.assign({ stopping: true });
      enqueue.sendTo('reader', { type: 'stop', command });
      enqueue.sendTo(self, { type: 'stream.stopped', command, connection: context.connection });
    }),
    /** No more of an open call will come. A host that drives the machine knows its calls. */
    interruptCalls: enqueueActions(({ context, event, enqueue }) => {
      if (context.source === null) return;
      const { streamState } = step.recordReport(event);
      const calls = lifecycle.interrupted(streamState ?? context.streamState);
      for (const call of calls) enqueue.emit(call);
      enqueue.assign(({ context: now }) => step.interrupt(now));
    }),
    keepDelivered: assign(({ event }) => step.keepDelivered(event)),
    welcome: enqueueActions(({ context, enqueue }) => {
      enqueue.emit(lifecycle.connected({ context }));
      if (context.rejected) enqueue.emit(lifecycle.lostPosition({ context }));
      if (context.restarting) enqueue.emit(lifecycle.restarted({ context }));
      if (hasMissed(context)) enqueue.emit(lifecycle.missed());
      enqueue.assign(({ context: now }) => step.connectionStands(now));
    }),
  },
}).createMachine({
  id: 'reconnect',
  context: ({ input }) => step.initialContext(input),
  initial: 'idle',
  output: ({ context }) => context.outcome ?? step.outcomeOf(context, 'closed'),

  on: {
    pause: { target: '.paused', actions: 'addReason' },
    close: { target: '.closed', actions: ['interruptCalls', 'finish'] },
    cancel: { target: '.closed', actions: ['interruptCalls', 'finish'] },
    reset: { target: '.idle', actions: 'forget' },

    'attempt.start': [
      { guard: 'hasNoAttemptLeft', target: '.failed', reenter: true, actions: 'exhaust' },
      { target: '.waiting', reenter: true, actions: 'schedule' },
    ],
    'attempt.connecting': { target: '.connecting', reenter: true },
    'attempt.connected': { target: '.connected', reenter: true },
    'attempt.failed': { target: '.failed', reenter: true, actions: 'fail' },

    // Reports of a connection that was left are heard no more; a host's reports carry no number. Of what
    // carries none at all the account is the stream's, whichever connection reported it.
    'stream.progress': [{ guard: 'isStale' }, { actions: ['record', 'emitReport'] }],
    'stream.toolCall': { actions: ['record', 'emitReport'] },
    'stream.reset': { actions: ['record', 'emitReport'] },
    'stream.replayed': [{ guard: 'isStale' }, { actions: 'emitReport' }],
    'stream.caughtUp': [{ guard: 'isStale' }, { actions: ['record', 'emitReport'] }],
    'stream.gap': { actions: 'emitReport' },
    'stream.stalled': [{ guard: 'isStale' }, { actions: 'emitReport' }],
    'stream.diagnostic': { actions: 'emitReport' },
    'stream.requested': { actions: 'takeRequest' },
  },

  states: {
    idle: {
      on: {
        connect: [
          { guard: 'isFinished', target: 'closed' },
          { guard: 'isRefused', target: 'failed', actions: 'refuse' },
          { guard: 'isRestoredWait', target: 'waiting', actions: 'resumeWait' },
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
        'environment.online': { guard: 'isPastFloor', target: 'connecting' },
        'environment.awake': { guard: 'isPastFloor', target: 'connecting' },
      },
    },

    connecting: {
      entry: ['beginConnection', emit(lifecycle.attemptStarted)],
      invoke: {
        id: 'open',
        src: 'open',
        input: ({ context }) => step.openInput(context),
        onDone: 'connected',
        onError: { actions: 'raiseLoss' },
      },
      on: {
        'stream.dropped': [
          { guard: 'isStale' },
          { guard: 'isUntimed', actions: 'raiseLoss' },
          { guard: 'isFatal', target: 'failed', actions: 'giveUp' },
          { target: 'waiting', actions: 'scheduleRetry' },
        ],
      },
    },

    connected: {
      entry: ['keepDelivered', 'holdOutage', 'welcome'],
      exit: assign({ stopping: false }),
      invoke: {
        id: 'reader',
        src: 'reader',
        input: ({ context: { connection } }) => ({ connection }),
        onError: { actions: 'raiseLoss' },
      },
      on: {
        // The reader has the last word on what arrived; a command that comes meanwhile waits its turn.
        pause: [{ guard: 'isStopping', actions: 'takeTurn' }, { actions: 'askReader' }],
        close: [{ guard: 'isStopping', actions: 'takeTurn' }, { actions: 'askReader' }],
        cancel: [{ guard: 'isStopping', actions: 'takeTurn' }, { actions: 'askReader' }],
        resume: { guard: 'isStopping', actions: 'takeTurn' },
        connect: { guard: 'isStopping', actions: 'takeTurn' },
        reset: { guard: 'isStopping', actions: 'takeTurn' },
        'attempt.start': { guard: 'isStopping', actions: 'takeTurn' },
        'attempt.connecting': { guard: 'isStopping', actions: 'takeTurn' },
        'attempt.connected': { guard: 'isStopping', actions: 'takeTurn' },
        'attempt.failed': { guard: 'isStopping', actions: 'takeTurn' },
        retryNow: [
          { guard: 'isStopping', actions: 'takeTurn' },
          { guard: 'isRefused' },
          { actions: 'askReader' },
        ],
        'stream.stopped': [
          { guard: 'isStale' },
          { guard: 'isPause', target: 'paused', actions: ['record', 'addReason'] },
          { guard: 'isRetry', target: 'connecting', actions: 'record' },
          { target: 'closed', actions: ['interruptCalls', 'finish'] },
        ],
        'stream.dropped': [
          { guard: 'isStale' },
          { guard: 'isStopping', actions: ['countDrop', 'emitDropped', 'record'] },
          { guard: 'isUntimed', actions: 'raiseLoss' },
          { guard: 'isFatal', target: 'failed', actions: ['countDrop', 'emitDropped', 'giveUp'] },
          { target: 'waiting', actions: ['countDrop', 'emitDropped', 'scheduleRetry'] },
        ],
        'stream.rotated': [
          { guard: 'isStale' },
          { guard: 'isStopping', actions: 'record' },
          { guard: 'isFreeRotation', target: 'connecting', actions: ['rotate', 'emitReport'] },
          { guard: 'isFatal', target: 'failed', actions: ['countDrop', 'emitDropped', 'giveUp'] },
          { target: 'waiting', actions: ['countDrop', 'emitDropped', 'rotateLater'] },
        ],
        'stream.ended': [
          { guard: 'isStale' },
          { target: 'closed', actions: ['interruptCalls', 'finish'] },
        ],
      },
    },

    paused: {
      entry: ['holdOutage', emit(lifecycle.paused)],
      exit: assign({ pausedBy: Object.freeze([]) }),
      on: {
        pause: { actions: 'addReason' },
        resume: [
          { guard: 'isStillPaused', actions: 'removeReason' },
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
      entry: ['holdOutage', 'interruptCalls', emit(lifecycle.failed)],
      on: { retryNow: { target: 'connecting', actions: 'renewBudget' } },
    },

    closed: { type: 'final', entry: emit(lifecycle.closed) },
  },
});
