/** The items of a stream as one value: a store that takes back what the stream takes back. */

import { configError } from '../../machines/config.js';
import type { Checkpoint } from '../../machines/checkpoint.js';
import { ReconnectError } from '../../machines/errors.js';
import { runQuietly } from '../../machines/thenable.js';
import { systemClock } from '../host/clock.js';
import type { Clock } from '../host/clock.js';
import type { ReconnectingStream } from '../stream/stream.types.js';
import { notifier } from './notifier.js';
import { Value } from './value.js';

export interface AccumulateOptions<T, V> {
  /** The value before the first item, and after a restart. */
  readonly initial: V;
  /** What `save()` gave in an earlier run: for a stream that was made with its checkpoint. */
  readonly saved?: SavedValue<V> | null | undefined;
  /** The value with one more item. A pure function: an item that was taken back may be applied again. */
  readonly reduce: (value: V, item: T) => V;
  /** Listeners are called at most once in so many ms. @default 0: after each batch */
  readonly throttleMs?: number | undefined;
  /** Listeners are called at most once per animation frame; where there is none, once in 16 ms. @default false */
  readonly frame?: boolean | undefined;
  /** What `throttleMs` is measured by. @default the real clock */
  readonly clock?: Clock | undefined;
}

/** What was made of the items so far, and the place to go on from with exactly that. */
export interface SavedValue<V> {
  readonly value: V;
  readonly checkpoint: Checkpoint;
}

/** What is read of a stream. */
export type AccumulableStream<T> = Pick<
  ReconnectingStream<T>,
  | 'batches'
  | 'checkpoint'
  | 'close'
  | 'done'
  | 'on'
  | 'state'
  | 'subscribe'
  | typeof Symbol.asyncDispose
>;

/** A store: `useSyncExternalStore(subscribe, getSnapshot)`. Its methods may be taken off it. */
export interface Accumulated<V> {
  /** The value that listeners were last notified of. */
  getSnapshot(): V;
  /** Notifies of each new value, and of an error; the result stops it. */
  subscribe(listener: () => void): () => void;
  /** Set where `reduce` threw: the stream is closed then. Why a stream failed is in its own `snapshot.error`. */
  readonly error: ReconnectError | null;
  /**
   * The value without the items that come again to whoever goes on from the checkpoint: pass it as
   * `saved` later, and its `checkpoint` to the stream.
   */
  save(): SavedValue<V>;
  /** Resolves when the stream is closed or has failed and its last item is in the value; never rejects. */
  readonly done: Promise<V>;
  /** Closes the stream. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Reads the stream, from now on, and folds its items into one value. It is the stream's one consumer. `restarted` and
 * `reset` are applied in their place; where a stream that failed is retried by hand, reading goes on.
 *
 * ```ts
 * const answer = accumulate(stream, { initial: '', reduce: (text, { data }) => text + data });
 * answer.subscribe(() => render(answer.getSnapshot()));
 * ```
 *
 * @throws ReconnectError kind `config`
 */
export function accumulate<T, V>(
  stream: AccumulableStream<T>,
  {
    initial,
    saved,
    reduce,
    throttleMs = 0,
    frame = false,
    clock = systemClock,
  }: AccumulateOptions<T, V>,
): Accumulated<V> {
  if (typeof reduce !== 'function') throw configError('reduce', 'a function', reduce);
  if (!(throttleMs >= 0)) throw configError('throttleMs', 'a number of ms, 0 or more', throttleMs);
  const position = (): number => stream.checkpoint().streamState.chunksReceived;
  const first = saved == null ? initial : saved.value;
  const value = new Value(initial, first, reduce, position());
  const listeners = new Set<() => void>();
  let shown = first;
  let error: ReconnectError | null = null;
  const publish = (): void => {
    shown = value.current;
    listeners.forEach((listener) => runQuietly(listener));
  };
  const { notify, flush } = notifier(publish, frame ? 'frame' : throttleMs, clock);

  stream.on('restarted', () => changed(() => value.clear()));
  stream.on('reset', ({ scope, items }) =>
    changed(() => (scope === 'all' ? value.clear() : value.takeBack(items))),
  );
  stream.subscribe(({ state }) => {
    if (state === 'idle') changed(() => value.clear());
    if (state === 'connecting' && !isReading) reading = read();
  });
  let isReading = false;
  let reading = read();
  return {
    getSnapshot: () => shown,
    subscribe(listener) {
      if (typeof listener !== 'function') throw configError('listener', 'a function', listener);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    get error() {
      return error;
    },
    get done() {
      return reading.then(() => stream.done).then(() => shown);
    },
    save() {
      const checkpoint = stream.checkpoint();
      return { value: value.upTo(checkpoint.streamState.chunksReceived), checkpoint };
    },
    async [Symbol.asyncDispose]() {
      await stream[Symbol.asyncDispose]();
    },
  };

  async function read(): Promise<void> {
    isReading = true;
    do {
      try {
        for await (const items of stream.batches()) {
          changed(() => value.add(items));
          value.upTo(position());
        }
      } catch {
        // The stream failed: its snapshot says why.
      }
      flush();
      // A listener may have retried it by now.
    } while (stream.state !== 'failed' && stream.state !== 'closed');
    isReading = false;
  }

  function changed(change: () => void): void {
    try {
      change();
    } catch (cause) {
      error ??= new ReconnectError('callback', 'reduce threw', { cause });
      stream.close();
    }
    notify();
  }
}
