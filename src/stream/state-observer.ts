/** How a stream ends: keeps the consumer, `done` and the caller's signal in step with the machine. */

import type { ErrorInfo } from '../../machines/errors.js';
import type {
  OutcomeInfo,
  ReconnectActor,
  ReconnectContext,
  ReconnectState,
} from '../../machines/reconnect.types.js';
import { interruptToolCalls } from '../../machines/stream-state.js';
import { followHints } from './page-hints.js';
import { isAborted, SignalFollower } from '../host/signal-hub.js';
import type { StreamOutcome } from './stream.types.js';
import type { ConnectionManager } from './connection-manager.js';

/** A class with the methods of an observer: as closures they would cost a tenth of a kilobyte a stream. */
export class StateObserver<T> {
  readonly #actor: ReconnectActor;
  readonly #connections: ConnectionManager<T>;
  #signal: SignalFollower | null = null;
  #ignoreHints: () => void = ignore;
  #state: ReconnectState = 'idle';
  #outcome: StreamOutcome | null = null;
  /** Made when somebody asks. */
  #done: Promise<StreamOutcome> | null = null;
  #settle: ((outcome: StreamOutcome) => void) | null = null;

  constructor(actor: ReconnectActor, connections: ConnectionManager<T>) {
    this.#actor = actor;
    this.#connections = connections;
  }

  /** From here on the machine is followed, and so is the signal. */
  start(): void {
    this.#actor.subscribe(this);
    this.#actor.start();
    if (this.isAborted) queueMicrotask(() => this.#close());
    else this.#followSignal();
  }

  get isAborted(): boolean {
    return isAborted(this.#connections.options.signal);
  }

  get done(): Promise<StreamOutcome> {
    this.#signal?.hold();
    return (this.#done ??= new Promise((resolve) => {
      if (this.#outcome === null) this.#settle = resolve;
      else resolve(this.#outcome);
    }));
  }

  /** What XState calls with every snapshot. */
  next({ value: state, context }: { value: ReconnectState; context: ReconnectContext }): void {
    const before = this.#state;
    if (state === before) return;
    this.#state = state;
    this.#connections.delivery.isIdle = state === 'idle';
    // What opened while the machine was already on its way elsewhere.
    if (state !== 'connecting' && state !== 'connected') this.#connections.closeUnread();
    if (before === 'idle') {
      this.#signal?.hold();
      this.#followHints();
    }
    if (before === 'failed' && state !== 'closed') this.#revive();
    if (state === 'idle') {
      this.#ignoreHints();
      this.#connections.forget();
    }
    if (state === 'failed') {
      const { streamState, attempts, drops, error } = context;
      this.#connections.deliverTail();
      this.#end({ status: 'failed', streamState, attempts, drops }, error);
    } else if (state === 'closed' && context.outcome !== null) {
      const { error = null, ...outcome } = context.outcome;
      this.#end(outcome, error ?? (outcome.status === 'failed' ? FAILED_BY_PEER : null));
    }
  }

  /** What XState calls if the machine itself threw, and what a clock that throws leads to: nothing can be waited for. */
  error(): void {
    if (this.#outcome !== null) return;
    const { streamState, attempts, drops } = this.#actor.getSnapshot().context;
    // XState leaves the children of an actor that failed as they are.
    this.#connections.release();
    this.#end({ status: 'failed', streamState, attempts, drops }, MACHINE_STOPPED);
    this.#actor.stop();
  }

  /** What XState calls if the actor is stopped: by its owner, since the stream's own end was reported before. */
  complete(): void {
    if (this.#outcome !== null) return;
    const { attempts, drops } = this.#actor.getSnapshot().context;
    const streamState = interruptToolCalls(this.#connections.progress.freeze().streamState);
    this.#end({ status: 'closed', streamState, attempts, drops }, null);
  }

  #end(outcome: Omit<OutcomeInfo, 'error'>, info: ErrorInfo | null): void {
    const error = info === null ? null : this.#connections.errorOf(info);
    this.#signal?.leave();
    this.#signal = null;
    this.#ignoreHints();
    this.#connections.delivery.end(error);
    this.#outcome = Object.freeze({ ...outcome, ...(error === null ? {} : { error }) });
    this.#settle?.(this.#outcome);
  }

  #revive(): void {
    this.#outcome = this.#done = this.#settle = null;
    this.#connections.delivery.reopen();
    this.#followSignal();
    this.#followHints();
  }

  #followHints(): void {
    const { environment } = this.#connections.options;
    if (environment === null) return;
    const ignoreHints = followHints(environment, this.#actor, this.#connections);
    this.#ignoreHints = () => {
      this.#ignoreHints = ignore;
      ignoreHints();
    };
  }

  #followSignal(): void {
    const { signal } = this.#connections.options;
    if (signal === undefined) return;
    const onAbort = (): void => this.#close();
    this.#signal = new SignalFollower(signal, onAbort, () => this.#reportSignal());
    if (this.#state !== 'idle' || this.#done !== null) this.#signal.hold();
  }

  #reportSignal(): void {
    const message = 'the signal threw; aborting it may not close the stream';
    // Not in this turn: the actor may be in the middle of a step.
    queueMicrotask(() => {
      if (this.#actor.getSnapshot().status === 'active')
        this.#actor.send({ type: 'stream.diagnostic', code: 'signal', message });
    });
  }

  #close(): void {
    this.#connections.command({ type: 'close' });
  }
}

function ignore(): void {}

const FAILED_BY_PEER: ErrorInfo = Object.freeze({
  kind: 'source',
  message: 'the peer ended the stream as failed',
});

const MACHINE_STOPPED: ErrorInfo = Object.freeze({
  kind: 'usage',
  message:
    'the machine was stopped by an error: a clock that throws, or a provided action or guard',
});
