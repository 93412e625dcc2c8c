/** The steps of model paths: every kind of event that the machine can receive. */

import type {
  StreamProgress,
  Loss,
  ReconnectMachineEvent,
} from '../../machines/reconnect.types.js';
import { emptyStreamState } from '../../machines/stream-state.js';

/** Events that XState sends itself: the wait is over, a child is done or failed. */
export type InternalStep =
  | { readonly type: 'xstate.after.backoff.reconnect.waiting' }
  | {
      readonly type: 'xstate.done.actor.open';
      readonly actorId: 'open';
      readonly output: { readonly connection: number };
    }
  | { readonly type: 'xstate.error.actor.open'; readonly actorId: 'open'; readonly error: unknown }
  | {
      readonly type: 'xstate.error.actor.reader';
      readonly actorId: 'reader';
      readonly error: unknown;
    };

export type ModelStep = ReconnectMachineEvent | InternalStep;

const reading = { monotonicMs: 1_000, epochMs: 1_000, random: 0.5 };
const later = { reading: { ...reading, monotonicMs: 1e9, epochMs: 1e9 } };

const network: Loss = { failure: { error: { kind: 'network', message: 'broke' }, fatal: false } };
const cutShort: Loss = { failure: { error: { kind: 'eof', message: 'cut' }, fatal: false } };
const fatal: Loss = {
  failure: { error: { kind: 'http', message: 'gone', status: 404 }, fatal: true },
};

const progress: StreamProgress = {
  streamState: { ...emptyStreamState, chunksReceived: 3 },
  cursor: 'c3',
  chars: 0,
  floorMs: 0,
};

/** A report of a connection that was left. */
const STALE = { connection: -1 };

const waitIsOver: ModelStep = { type: 'xstate.after.backoff.reconnect.waiting' };
const opened: ModelStep = {
  type: 'xstate.done.actor.open',
  actorId: 'open',
  output: { connection: 1 },
};

/** The earlier of two planned ends. */
export const rotated: { type: 'stream.rotated' } & Loss = {
  type: 'stream.rotated',
  ...network,
  reading,
};

/** One event of each kind, and one for each case that a guard distinguishes. */
export const modelSteps: readonly ModelStep[] = [
  { type: 'connect' },
  { type: 'retryNow' },
  { type: 'retryNow', progress },
  { type: 'pause' },
  { type: 'pause', reason: 'page' },
  { type: 'resume' },
  { type: 'resume', reason: 'page' },
  { type: 'close' },
  { type: 'cancel', reason: 'no more' },
  { type: 'reset' },
  { type: 'attempt.start', delayMs: 50 },
  { type: 'attempt.connecting' },
  { type: 'attempt.connected' },
  { type: 'attempt.failed', error: 'the host gives up' },
  { type: 'stream.dropped', ...network, reading },
  { type: 'stream.dropped', ...network },
  { type: 'stream.dropped', ...fatal, reading },
  { type: 'stream.dropped', ...cutShort, reading, healthy: true, progress },
  { type: 'stream.dropped', ...network, reading, ...STALE },
  // The later moment first: after it, the earlier one is too soon.
  { type: 'stream.rotated', ...network, ...later },
  rotated,
  { type: 'stream.rotated', ...fatal, reading },
  { type: 'stream.rotated', ...network },
  { type: 'stream.rotated', ...network, reading, ...STALE },
  { type: 'stream.ended', outcome: 'complete' },
  { type: 'stream.ended', outcome: 'complete', ...STALE },
  { type: 'stream.progress', progress },
  { type: 'stream.progress', progress, ...STALE },
  { type: 'stream.toolCall', id: 'a', name: 'f', status: 'streaming', progress },
  { type: 'stream.reset', scope: 'pending', why: 'why' },
  { type: 'stream.replayed', items: 1 },
  { type: 'stream.replayed', items: 1, ...STALE },
  { type: 'stream.caughtUp', items: 3, ms: 5 },
  { type: 'stream.caughtUp', items: 3, ms: 5, ...STALE },
  { type: 'stream.gap', from: '1', to: '3' },
  { type: 'stream.stalled', silentMs: 5 },
  { type: 'stream.stalled', silentMs: 5, ...STALE },
  { type: 'stream.diagnostic', code: 'c', message: 'm' },
  { type: 'stream.requested' },
  { type: 'environment.online', ...later },
  { type: 'environment.awake', ...later },
  waitIsOver,
  opened,
  { type: 'xstate.error.actor.open', actorId: 'open', error: network },
  { type: 'xstate.error.actor.reader', actorId: 'reader', error: network },
];

/** Enough steps to reach each state; with all steps there are millions of simple paths. */
export const fewModelSteps: readonly ModelStep[] = [
  { type: 'connect' },
  { type: 'resume' },
  { type: 'attempt.failed', error: 'the host gives up' },
  { type: 'pause' },
  { type: 'stream.dropped', ...network, reading },
  { type: 'stream.ended', outcome: 'complete' },
  opened,
  waitIsOver,
];
