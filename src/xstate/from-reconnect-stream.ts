/** A stream as actor logic: for `invoke`, `spawn` and `createActor`. */

import type { ActorScope, AnyActorRef, NonReducibleUnknown } from 'xstate';
import { DEFAULT_MAX_RECONNECT_ATTEMPTS, configError } from '../../machines/config.js';
import type { StreamSource } from '../../machines/source-contract.js';
import { emptyStreamState } from '../../machines/stream-state.js';
import type { StreamOutcome, StreamSnapshot } from '../stream/stream.types.js';
import type {
  FromReconnectStreamOptions,
  ReconnectStreamActorSnapshot,
  ReconnectStreamCommand,
  ReconnectStreamContext,
  ReconnectStreamEmitted,
  ReconnectStreamLogic,
} from './from-reconnect-stream.types.js';
import { StreamRun } from './stream-run.js';

/**
 * Makes actor logic of a source. The actor's snapshot has the stream's in `context`, with `data`, the items folded by
 * `reduce`; it emits the lifecycle events and `items`, takes the commands as events, and is done with the outcome. A
 * stream that has failed is an actor with the status `error`. A persisted actor goes on from the stream's checkpoint.
 *
 * ```ts
 * const answer = fromReconnectStream(
 *   (input: { id: string }) => sse(`https://example.com/answers/${input.id}`),
 *   { initial: '', reduce: (text, { data }) => text + data },
 * );
 * ```
 *
 * @param source a source, or what makes one of the actor's input
 * @param options those of `reconnectStream` and `accumulate`, or what makes them of the input
 */
export function fromReconnectStream<T, D = undefined, I = NonReducibleUnknown>(
  source: StreamSource<T> | ((input: I) => StreamSource<T>),
  options: FromReconnectStreamOptions<T, D> | ((input: I) => FromReconnectStreamOptions<T, D>) = {},
): ReconnectStreamLogic<T, D, I> {
  if (typeof source !== 'function' && typeof source?.open !== 'function')
    throw configError('source', 'a source, or a function of the input that returns one', source);
  type Snapshot = ReconnectStreamActorSnapshot<D, I>;
  type Scope = ActorScope<Snapshot, ReconnectStreamCommand, AnyActorRef['system'], Emitted>;
  type Emitted = ReconnectStreamEmitted<T>;
  const runs = new WeakMap<AnyActorRef, StreamRun<T, D>>();
  const runOf = new WeakMap<object, StreamRun<T, D>>();
  const optionsOf = (input: I): FromReconnectStreamOptions<T, D> =>
    typeof options === 'function' ? options(input) : options;

  return {
    transition(snapshot, event: ReconnectStreamCommand | Internal<D>, { self }) {
      if (snapshot.status !== 'active') return snapshot;
      const run = runs.get(self);
      switch (event.type) {
        case CONTEXT:
          return { ...snapshot, context: event.context };
        case OUTCOME:
          return settled(snapshot, event.outcome);
        case 'xstate.stop':
          run?.stop();
          return { ...snapshot, status: 'stopped' };
        default:
          run?.run(event);
          return snapshot;
      }
    },
    getInitialSnapshot(_scope, input) {
      const { initial, saved = null } = optionsOf(input);
      const data = saved === null ? (initial as D) : saved.value;
      const context: ReconnectStreamContext<D> = { ...IDLE, data, saved };
      return { status: 'active', output: undefined, error: undefined, input, context };
    },
    start(snapshot, { self, emit }: Scope) {
      if (snapshot.status !== 'active') return;
      const { initial, reduce = keep, throttleMs, frame, ...rest } = optionsOf(snapshot.input);
      const { saved } = snapshot.context;
      const send = (event: Internal<D>): void => self.send(event as never);
      const run = new StreamRun<T, D>(
        {
          source: typeof source === 'function' ? source(snapshot.input) : source,
          stream: { ...rest, checkpoint: saved?.checkpoint ?? rest.checkpoint },
          data: { initial: initial as D, saved, reduce, throttleMs, frame, clock: rest.clock },
        },
        {
          emit,
          onContext(next, by) {
            runOf.set(next, by);
            send({ type: CONTEXT, context: next });
          },
          onOutcome: (outcome) => send({ type: OUTCOME, outcome }),
        },
      );
      runs.set(self, run);
    },
    getPersistedSnapshot(snapshot) {
      const run = runOf.get(snapshot.context);
      if (run === undefined || snapshot.status !== 'active') return snapshot;
      const saved = run.save();
      return { ...snapshot, context: { ...snapshot.context, data: saved.value, saved } };
    },
    restoreSnapshot: (saved) => saved as Snapshot,
  };
}

const CONTEXT = 'stream-reconnect.context';
const OUTCOME = 'stream-reconnect.outcome';

/** What a run reports to its own actor. */
type Internal<D> =
  | { readonly type: typeof CONTEXT; readonly context: ReconnectStreamContext<D> }
  | { readonly type: typeof OUTCOME; readonly outcome: StreamOutcome }
  | { readonly type: 'xstate.stop' };

/** A stream that is not made yet. */
const IDLE: StreamSnapshot = Object.freeze({
  state: 'idle',
  attempt: 0,
  maxAttempts: DEFAULT_MAX_RECONNECT_ATTEMPTS,
  delayMs: null,
  retryAt: null,
  drops: 0,
  pausedBy: Object.freeze([]),
  isCatchingUp: false,
  error: null,
  streamState: emptyStreamState,
  resumePlan: Object.freeze({ action: 'resume', why: 'nothing was received yet' }),
});

function settled<D, I>(
  { context, input }: ReconnectStreamActorSnapshot<D, I>,
  outcome: StreamOutcome,
): ReconnectStreamActorSnapshot<D, I> {
  return outcome.status === 'failed'
    ? { status: 'error', output: undefined, error: outcome.error, context, input }
    : { status: 'done', output: outcome, error: undefined, context, input };
}

function keep<D>(data: D): D {
  return data;
}
