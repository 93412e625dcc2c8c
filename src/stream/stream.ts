/** `reconnectStream`: the one place where source, machine, reader and delivery are wired. */

import { createActor } from 'xstate';
import type { InspectionEvent, SnapshotFrom } from 'xstate';
import type { Checkpoint } from '../../machines/checkpoint.js';
import { configError } from '../../machines/config.js';
import type { StreamSource } from '../../machines/source-contract.js';
import type {
  ReconnectActor,
  ReconnectContext,
  ReconnectEvent,
  ReconnectState,
} from '../../machines/reconnect.types.js';
import type { SourceFacts } from '../../machines/resume-plan.js';
import { runQuietly } from '../../machines/thenable.js';
import { askToCancel } from './ask-to-cancel.js';
import { bindMethods } from './bind-methods.js';
import { ByteBudget } from '../buffers/byte-budget.js';
import { Checkpoints } from './checkpoints.js';
import { Cadence } from '../connection/cadence.js';
import { actorClock } from '../host/clock.js';
import { StateObserver } from './state-observer.js';
import { DeliveryQueue } from '../delivery/delivery-queue.js';
import { guardOptions } from '../config/guarded-clock.js';
import type { ClockFault } from '../config/guarded-clock.js';
import { guardedInspector } from './safe-inspector.js';
import { Progress } from '../progress/progress.js';
import type { ReceivedUnit } from '../connection/stream-parts.js';
import { resolveOptions } from '../config/options.js';
import type { ReconnectOptions } from '../config/options.js';
import { RecentUnits } from '../replay/recent-units.js';
import { ReplayGuard } from '../replay/replay-guard.js';
import { snapshotOf } from './snapshot.js';
import { checkSource } from '../config/validate-source.js';
import type { ReconnectingStream, StreamOutcome, StreamSnapshot } from './stream.types.js';
import { inspectedStreams } from './inspected-streams.js';
import { registerHost, streamMachine } from './actors.js';
import { UncommittedTail } from '../progress/uncommitted-tail.js';
import { ConnectionManager } from './connection-manager.js';

/**
 * Supervises a stream: notices when it breaks, waits, reconnects, resumes where it broke.
 *
 * Nothing is lost, nothing comes twice and all comes in order while the server honours the cursor;
 * otherwise `restarted`, `replayed`, `gap` or `failed` says so.
 *
 * @throws ReconnectError kind `config` or `checkpoint` for wrong options; what happens later never throws.
 */
export function reconnectStream<T>(
  source: StreamSource<T>,
  options: ReconnectOptions = {},
): ReconnectingStream<T> {
  return new Stream(source, options);
}

/** Events about items: a listener receives them in their place among the items, not ahead of them. */
const IN_BAND: ReadonlySet<ReconnectEvent['type']> = new Set([
  'reset',
  'restarted',
  'gap',
  'caughtUp',
]);

class Stream<T> implements ReconnectingStream<T> {
  readonly actor: ReconnectActor;
  readonly #connections: ConnectionManager<T>;
  readonly #observer: StateObserver<T>;
  #snapshot: StreamSnapshot | null = null;
  #seen: ReconnectContext | null = null;
  #checkpoints: Checkpoints | null = null;

  constructor(source: StreamSource<T>, options: ReconnectOptions) {
    checkSource(source);
    const resolved = guardOptions(resolveOptions(options), (fault) => this.#onClockFault(fault));
    const { policy, clock, random, inspect, checkpoint, allowRestart } = resolved;
    const { highWaterMark, maxBufferedBytes } = resolved;
    const { name, resume, reopen } = source;
    this.actor = createActor(streamMachine, {
      input: {
        config: policy,
        source: {
          name,
          resume,
          reopen,
          allowRestart,
          ...liveFacts(source),
        },
        checkpoint,
      },
      clock: actorClock(clock, random),
      ...(inspect === undefined ? {} : { inspect: this.#guardInspector(inspect) }),
    });
    const { context } = this.actor.getSnapshot();
    const restored = { ...context.progress, streamState: context.streamState };
    const budget = new ByteBudget(maxBufferedBytes);
    const guard = new ReplayGuard<ReceivedUnit<T>>(source.contiguous?.bind(source), budget);
    // Parsed, it is text.
    const saved = checkpoint?.recent as string | undefined;
    const progress = new Progress(restored, guard.known, budget, saved);
    const recent = resume === 'cursor' ? RecentUnits.from(saved) : null;
    const { cursor } = context.progress;
    const delivery = new DeliveryQueue<T>(this, highWaterMark, budget, cursor, recent);
    const mode = resolved.delivery ?? source.delivery ?? 'eager';
    const tail = new UncommittedTail<T>(mode, delivery, budget);
    this.#connections = new ConnectionManager<T>(
      {
        source,
        options: resolved,
        progress,
        guard,
        delivery,
        tail,
        budget,
        cadence: new Cadence(),
      },
      this.actor,
    );
    this.#observer = new StateObserver<T>(this.actor, this.#connections);
    registerHost(this.actor.system, this.#connections);
    if (inspect !== undefined) inspectedStreams.set(this.actor, this);
    this.#observer.start();
  }

  get state(): ReconnectState {
    return stateOf(this.actor.getSnapshot());
  }

  get snapshot(): StreamSnapshot {
    const now = this.actor.getSnapshot();
    const { context } = now;
    const state = stateOf(now);
    if (this.#snapshot === null || this.#seen !== context || this.#snapshot.state !== state) {
      this.#seen = context;
      this.#snapshot = snapshotOf(state, context);
    }
    return this.#snapshot;
  }

  get done(): Promise<StreamOutcome> {
    return this.#observer.done;
  }

  start(): void {
    this.onDemand();
  }

  /** For the consumer's loop: `start` read from the stream would be kept with it. */
  onDemand(): void {
    if (this.#observer.isAborted) this.onLeft();
    else if (this.state === 'idle') this.#connections.command({ type: 'connect' });
  }

  onLeft(): void {
    this.#connections.command({ type: 'close' });
  }

  batches(): AsyncIterableIterator<readonly T[], undefined> {
    return this.#connections.delivery.batches();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return this.#connections.delivery.items();
  }

  on<K extends ReconnectEvent['type']>(
    type: K,
    listener: (event: Extract<ReconnectEvent, { type: K }>) => void,
  ): () => void {
    if (typeof listener !== 'function') throw configError('listener', 'a function', listener);
    const call = (event: unknown): void =>
      this.#guard(type, () => listener(event as Extract<ReconnectEvent, { type: K }>));
    const isInBand = IN_BAND.has(type);
    let hasListener = true;
    // A stream that is over is not catching up, whatever waits in its queue.
    const isDue = (): boolean => hasListener && (type !== 'caughtUp' || this.state !== 'closed');
    const subscription = this.actor.on(type, (event) => {
      if (!isInBand) call(event);
      else this.#connections.delivery.inBand(() => isDue() && call(event), type === 'reset');
    });
    return () => {
      hasListener = false;
      subscription.unsubscribe();
    };
  }

  subscribe(listener: (snapshot: StreamSnapshot) => void): () => void {
    if (typeof listener !== 'function') throw configError('listener', 'a function', listener);
    let last = this.snapshot;
    const next = (): void => {
      if (this.snapshot === last) return;
      last = this.snapshot;
      this.#guard('subscribe', () => listener(last));
    };
    // Of an actor that is stopped there is no next snapshot.
    const subscription = this.actor.subscribe({ next, complete: next });
    return () => subscription.unsubscribe();
  }

  retryNow(): void {
    if (this.#observer.isAborted) this.close();
    else this.#connections.command({ type: 'retryNow' });
  }

  pause(reason?: string): void {
    this.#connections.command({ type: 'pause', ...(reason === undefined ? {} : { reason }) });
  }

  resume(reason?: string): void {
    if (this.#observer.isAborted) {
      this.close();
      return;
    }
    this.#connections.command({ type: 'resume', ...(reason === undefined ? {} : { reason }) });
  }

  close(): void {
    this.onLeft();
  }

  async cancel(reason = 'cancelled by the caller'): Promise<void> {
    if (this.state === 'closed') return;
    const asked = this.#askToCancel(reason);
    this.#connections.command({ type: 'cancel', reason });
    await asked;
  }

  checkpoint(): Checkpoint {
    this.#checkpoints ??= new Checkpoints(this.#connections);
    return this.#checkpoints.make(this.actor.getSnapshot());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.done;
  }

  #guardInspector(
    inspect: NonNullable<ReconnectOptions['inspect']>,
  ): (event: InspectionEvent) => void {
    const message = 'the inspector threw; it is not called again';
    return guardedInspector(inspect, () =>
      this.#connections.report({ type: 'stream.diagnostic', code: 'inspect', message }),
    );
  }

  /** Calls code of the caller. An error that it throws becomes a `diagnostic` event, and affects nothing else. */
  #guard(name: string, call: () => unknown): void {
    const reportError = (): void => {
      if (name === 'diagnostic') return;
      const message = `a listener of '${name}' threw`;
      this.#connections.report({ type: 'stream.diagnostic', code: 'listener', message });
    };
    runQuietly(call, reportError);
  }

  #onClockFault(fault: ClockFault): void {
    if (fault === 'timer') this.#observer.error();
    const message = 'the clock threw or gave no number; the last time that it gave is used';
    if (fault === 'reading')
      this.#connections.report({ type: 'stream.diagnostic', code: 'clock', message });
  }

  async #askToCancel(reason: string): Promise<void> {
    const { source, progress, options } = this.#connections;
    await askToCancel(source, progress.resumePoint(0), reason, options.clock);
  }
}

bindMethods(Stream.prototype, [
  'batches',
  'start',
  'on',
  'subscribe',
  'retryNow',
  'pause',
  'resume',
  'close',
  'cancel',
  'checkpoint',
]);

/** What few sources say of themselves: left out where it is false, since every context holds it. */
function liveFacts(source: StreamSource<unknown>): Partial<SourceFacts> {
  return Object.fromEntries(
    (['liveWithoutIds', 'fillsGaps', 'reportsUpToDate'] as const)
      .filter((name) => source[name] === true)
      .map((name) => [name, true]),
  );
}

/** An actor that was stopped keeps the value that it had; nothing more will come of it. */
function stateOf({ status, value }: SnapshotFrom<ReconnectActor>): ReconnectState {
  return status === 'stopped' ? 'closed' : value;
}
