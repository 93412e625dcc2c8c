/** `reconnectStream`: the one place where source, machine, reader and delivery are wired. */

import { createActor } from 'xstate';
import type { InspectionEvent } from 'xstate';
import { toCheckpoint } from '../machines/checkpoint.js';
import type { Checkpoint } from '../machines/checkpoint.js';
import { wrong } from '../machines/config.js';
import type { StreamSource } from '../machines/contract.js';
import type { ErrorInfo } from '../machines/errors.js';
import type {
  OutcomeInfo,
  ReconnectActor,
  ReconnectContext,
  ReconnectEvent,
  ReconnectMachineEvent,
  ReconnectState,
} from '../machines/reconnect.types.js';
import { ActorClock } from './clock.js';
import { deliveredAccount } from './delivered-account.js';
import { Delivery } from './delivery.js';
import { guardedInspector } from './guarded-inspector.js';
import { Ledger } from './ledger.js';
import { resolveOptions } from './options.js';
import type { ReconnectOptions } from './options.js';
import { snapshotOf } from './snapshot.js';
import { checkSource } from './source-check.js';
import type { ReconnectingStream, StreamOutcome, StreamSnapshot } from './stream.types.js';
import { employ, streamMachine } from './stream-machine.js';
import { Worker } from './worker.js';

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

class Stream<T> implements ReconnectingStream<T> {
  readonly actor: ReconnectActor;
  readonly #source: StreamSource<T>;
  readonly #ledger: Ledger;
  readonly #delivery: Delivery<T>;
  readonly #worker: Worker<T>;
  readonly #signal: AbortSignal | undefined;
  #ignoreSignal: () => void = ignore;
  #state: ReconnectState = 'idle';
  #snapshot: StreamSnapshot | null = null;
  #seen: ReconnectContext | null = null;
  #outcome: StreamOutcome | null = null;
  /** Made when somebody asks. */
  #done: Promise<StreamOutcome> | null = null;
  #settle: ((outcome: StreamOutcome) => void) | null = null;

  constructor(source: StreamSource<T>, options: ReconnectOptions) {
    checkSource(source);
    const resolved = resolveOptions(options);
    const { policy, clock, random, inspect, checkpoint, allowRestart, highWaterMark } = resolved;
    const { name, resume, reopen } = source;
    this.#source = source;
    this.#signal = resolved.signal;
    this.actor = createActor(streamMachine, {
      input: { config: policy, source: { name, resume, reopen, allowRestart }, checkpoint },
      clock: new ActorClock(clock, random),
      ...(inspect === undefined ? {} : { inspect: this.#guardInspector(inspect) }),
    });
    const { context } = this.actor.getSnapshot();
    this.#ledger = new Ledger({ ...context.ledger, streamState: context.streamState });
    this.#delivery = new Delivery<T>(this, highWaterMark, context.ledger.cursor);
    this.#worker = new Worker<T>(
      { source, options: resolved, ledger: this.#ledger, delivery: this.#delivery },
      this.actor,
    );
    employ(this.actor.system, this.#worker);
    this.actor.subscribe({
      next: ({ value, context: now }) => this.#follow(value, now),
      error: ignore,
    });
    this.actor.start();
    if (this.#signal?.aborted === true) queueMicrotask(() => this.close());
    else this.#heedSignal();
  }

  get state(): ReconnectState {
    return this.actor.getSnapshot().value;
  }

  get snapshot(): StreamSnapshot {
    const { value, context } = this.actor.getSnapshot();
    if (this.#snapshot === null || this.#seen !== context || this.#snapshot.state !== value) {
      this.#seen = context;
      this.#snapshot = snapshotOf(value, context);
    }
    return this.#snapshot;
  }

  get done(): Promise<StreamOutcome> {
    return (this.#done ??= new Promise((resolve) => {
      if (this.#outcome === null) this.#settle = resolve;
      else resolve(this.#outcome);
    }));
  }

  start(): void {
    if (this.#signal?.aborted === true) this.close();
    else if (this.state === 'idle') this.#send({ type: 'connect', moment: this.#worker.moment() });
  }

  batches(): AsyncIterableIterator<readonly T[], undefined> {
    return this.#delivery.batches();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return this.#delivery.items();
  }

  on<K extends ReconnectEvent['type']>(
    type: K,
    listener: (event: Extract<ReconnectEvent, { type: K }>) => void,
  ): () => void {
    if (typeof listener !== 'function') throw wrong('listener', 'a function', listener);
    const heard = this.actor.on(type, (event) =>
      this.#guard(type, () => listener(event as Extract<ReconnectEvent, { type: K }>)),
    );
    return () => heard.unsubscribe();
  }

  subscribe(listener: (snapshot: StreamSnapshot) => void): () => void {
    if (typeof listener !== 'function') throw wrong('listener', 'a function', listener);
    let last = this.snapshot;
    const heard = this.actor.subscribe(() => {
      if (this.snapshot === last) return;
      last = this.snapshot;
      this.#guard('subscribe', () => listener(last));
    });
    return () => heard.unsubscribe();
  }

  retryNow(): void {
    if (this.#signal?.aborted === true) this.close();
    else this.#send({ type: 'retryNow', moment: this.#worker.moment() });
  }

  pause(reason?: string): void {
    this.#send(reason === undefined ? { type: 'pause' } : { type: 'pause', reason });
  }

  resume(reason?: string): void {
    if (this.#signal?.aborted === true) {
      this.close();
      return;
    }
    this.#send({
      type: 'resume',
      moment: this.#worker.moment(),
      ...(reason === undefined ? {} : { reason }),
    });
  }

  close(): void {
    this.#send({ type: 'close' });
  }

  async cancel(reason = 'cancelled by the caller'): Promise<void> {
    if (this.state === 'closed') return;
    const asked = this.#askToCancel(reason);
    this.#send({ type: 'cancel', reason });
    await asked;
  }

  checkpoint(): Checkpoint {
    const { value, context } = this.actor.getSnapshot();
    const { streamState, ...ledger } = deliveredAccount(this.#ledger, this.#delivery);
    const claimed = { ...context, streamState, ledger };
    const status = context.outcome?.status;
    // The peer's end is not the consumer's while items before it are queued.
    if (status === undefined || status === 'closed' || status === 'cancelled' || !this.#isBehind)
      return toCheckpoint(value, claimed);
    return toCheckpoint('connected', { ...claimed, outcome: null });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.done;
  }

  #send(event: ReconnectMachineEvent): void {
    // A closed stream takes no more commands; XState would warn about each.
    if (this.actor.getSnapshot().status === 'active') this.actor.send(event);
  }

  /** Keeps the consumer, `done` and the signal in step with the machine. */
  #follow(state: ReconnectState, context: ReconnectContext): void {
    const before = this.#state;
    if (state === before) return;
    this.#state = state;
    if (before === 'failed' && state !== 'closed') this.#revive();
    if (state === 'idle') this.#forget();
    if (state === 'failed') {
      this.#worker.handOutTail();
      this.#end(
        {
          status: 'failed',
          streamState: context.streamState,
          attempts: context.attempts,
          drops: context.drops,
        },
        context.error,
      );
    } else if (state === 'closed' && context.outcome !== null) {
      const { error = null, ...outcome } = context.outcome;
      this.#end(outcome, error ?? (outcome.status === 'failed' ? FAILED_BY_PEER : null));
    }
  }

  #end(outcome: Omit<OutcomeInfo, 'error'>, info: ErrorInfo | null): void {
    const error = info === null ? null : this.#worker.errorOf(info);
    this.#ignoreSignal();
    this.#delivery.end(error);
    this.#outcome = Object.freeze({ ...outcome, ...(error === null ? {} : { error }) });
    this.#settle?.(this.#outcome);
  }

  #heedSignal(): void {
    const signal = this.#signal;
    if (signal === undefined) return;
    const onAbort = (): void => this.close();
    signal.addEventListener('abort', onAbort);
    this.#ignoreSignal = () => signal.removeEventListener('abort', onAbort);
  }

  #revive(): void {
    this.#outcome = this.#done = this.#settle = null;
    this.#delivery.reopen();
    this.#heedSignal();
  }

  /** `reset`: a new stream, of which nothing is known. */
  #forget(): void {
    this.#ledger.clear();
    this.#ledger.peak = 0;
    this.#delivery.clear();
  }

  #guardInspector(
    inspect: NonNullable<ReconnectOptions['inspect']>,
  ): (event: InspectionEvent) => void {
    const message = 'the inspector threw; it is not called again';
    return guardedInspector(inspect, () =>
      this.#send({ type: 'stream.diagnostic', code: 'inspect', message }),
    );
  }

  /** Code of the caller: what it throws is told, and stops nobody. */
  #guard(name: string, call: () => void): void {
    const tell = (): void => {
      if (name === 'diagnostic') return;
      const message = `a listener of '${name}' threw`;
      this.#send({ type: 'stream.diagnostic', code: 'listener', message });
    };
    try {
      // An async listener gives a promise, which nobody else owns.
      const answer: unknown = call();
      if (answer instanceof Promise) answer.catch(tell);
    } catch {
      tell();
    }
  }

  async #askToCancel(reason: string): Promise<void> {
    try {
      await this.#source.cancel?.(this.#ledger.resumePoint(0), reason);
    } catch {
      // The peer could not be asked; letting go is all that is left.
    }
  }

  get #isBehind(): boolean {
    return this.#delivery.queued > 0;
  }
}

function ignore(): void {}

const FAILED_BY_PEER: ErrorInfo = Object.freeze({
  kind: 'source',
  message: 'the peer ended the stream as failed',
});
