/** One run of a stream for its actor: from `start` to the end, or until the actor is stopped. */

import { accumulate } from '../accumulate/accumulate.js';
import type {
  AccumulableStream,
  Accumulated,
  AccumulateOptions,
  SavedValue,
} from '../accumulate/accumulate.js';
import type { StreamSource } from '../../machines/source-contract.js';
import type { ReconnectEvent } from '../../machines/reconnect.types.js';
import type { ReconnectOptions } from '../config/options.js';
import { reconnectStream } from '../stream/stream.js';
import type { ReconnectingStream, StreamOutcome } from '../stream/stream.types.js';
import type {
  ReconnectStreamCommand,
  ReconnectStreamContext,
  ReconnectStreamEmitted,
} from './from-reconnect-stream.types.js';

export interface RunHost<T, D> {
  onContext(context: ReconnectStreamContext<D>, run: StreamRun<T, D>): void;
  onOutcome(outcome: StreamOutcome): void;
  emit(event: ReconnectStreamEmitted<T>): void;
}

export interface RunOptions<T, D> {
  readonly source: StreamSource<T>;
  readonly stream: ReconnectOptions;
  readonly data: AccumulateOptions<T, D>;
}

export class StreamRun<T, D> {
  readonly #stream: ReconnectingStream<T>;
  readonly #host: RunHost<T, D>;
  readonly #data: Accumulated<D>;
  #isOver = false;

  constructor({ source, stream: options, data }: RunOptions<T, D>, host: RunHost<T, D>) {
    const stream = (this.#stream = reconnectStream(source, options));
    this.#host = host;
    const emit: typeof host.emit = (event) => this.#isOver || host.emit(event);
    for (const type of EVENT_TYPES) stream.on(type, emit);
    stream.subscribe(() => this.#update());
    this.#data = accumulate(
      withItems(stream, (items) => emit({ type: 'items', items })),
      data,
    );
    this.#data.subscribe(() => this.#update());
    this.#update();
    void this.#data.done.then(() => stream.done).then((outcome) => this.#end(outcome));
  }

  /** Does what the command says. */
  run(command: ReconnectStreamCommand): void {
    const stream = this.#stream;
    switch (command.type) {
      case 'retryNow':
        return stream.retryNow();
      case 'pause':
        return stream.pause(command.reason);
      case 'resume':
        return stream.resume(command.reason);
      case 'close':
        return stream.close();
      case 'cancel':
        return void stream.cancel(command.reason);
    }
  }

  save(): SavedValue<D> {
    return this.#data.save();
  }

  /** Closes the stream; the actor is not notified any more. */
  stop(): void {
    this.#isOver = true;
    this.#stream.close();
  }

  #update(): void {
    if (this.#isOver) return;
    const { snapshot } = this.#stream;
    const saved = snapshot.state === 'failed' ? this.save() : null;
    this.#host.onContext(
      Object.freeze({ ...snapshot, data: this.#data.getSnapshot(), saved }),
      this,
    );
  }

  #end(outcome: StreamOutcome): void {
    this.#update();
    if (this.#isOver) return;
    this.#isOver = true;
    const error = this.#data.error;
    this.#host.onOutcome(error === null ? outcome : { ...outcome, status: 'failed', error });
  }
}

/** All of them: the type check finds one that is missing. */
const EVENT_TYPES = Object.keys({
  attemptStarted: true,
  waiting: true,
  connected: true,
  failed: true,
  dropped: true,
  rotated: true,
  caughtUp: true,
  restarted: true,
  reset: true,
  gap: true,
  replayed: true,
  stalled: true,
  progress: true,
  toolCall: true,
  paused: true,
  diagnostic: true,
  closed: true,
} satisfies Record<ReconnectEvent['type'], true>) as ReconnectEvent['type'][];

/** The stream, whose batches are seen before they are read. */
function withItems<T>(
  stream: ReconnectingStream<T>,
  see: (items: readonly T[]) => void,
): AccumulableStream<T> {
  const { checkpoint, close, on, subscribe } = stream;
  return {
    checkpoint,
    close,
    on,
    subscribe,
    get done() {
      return stream.done;
    },
    get state() {
      return stream.state;
    },
    async *batches() {
      for await (const items of stream.batches()) {
        see(items);
        yield items;
      }
      return undefined;
    },
    [Symbol.asyncDispose]: () => stream[Symbol.asyncDispose](),
  };
}
