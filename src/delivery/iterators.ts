/** The consumer's two ways to read: item by item, or batch by batch. */

import { ReconnectError } from '../../machines/errors.js';

/** What a consumer reads from. */
export interface Supply<T> {
  readonly queued: number;
  readonly isEnded: boolean;
  readonly error: ReconnectError | null;
  /** Callbacks have their place among the items. */
  readonly hasInBand: boolean;
  runDue(): void;
  /** The next item. There must be one. */
  take(): T;
  /** The batches that are there, as one. There must be one. */
  takeBatch(): readonly T[];
  /** Whether what is queued for this consumer waits for more. */
  collectsFor(consumer: Consumer): boolean;
  /** The consumer waits: the stream has to run. */
  start(): void;
  /** The consumer is served no more; it left by itself, or all was read. */
  leave(consumer: Consumer, byItself: boolean): void;
}

/** Who is served. */
export interface Consumer {
  readonly takesBatches: boolean;
  /** It has asked for more, and has nothing left to work on. */
  readonly isWaiting: boolean;
  /** Something came, or the end did. */
  wake(): void;
}

type Answer<V> = IteratorResult<V, undefined>;

const FINISHED: Readonly<IteratorReturnResult<undefined>> = { done: true, value: undefined };

/** A class: closures would cost a kilobyte a stream. */
abstract class SupplyIterator<T, V> implements Consumer, AsyncIterableIterator<V, undefined> {
  protected readonly supply: Supply<T>;
  /** A failure goes through it too, as a rejected promise: a second function would be kept per stream. */
  #resolve: ((answer: Answer<V> | Promise<Answer<V>>) => void) | null = null;
  #isOver = false;

  constructor(supply: Supply<T>) {
    this.supply = supply;
  }

  abstract get takesBatches(): boolean;
  protected abstract take(): V;

  [Symbol.asyncIterator](): this {
    return this;
  }

  get isWaiting(): boolean {
    return this.#resolve !== null;
  }

  next(): Promise<Answer<V>> {
    if (this.supply.hasInBand) this.supply.runDue();
    const { supply } = this;
    const isReady = supply.queued > 0 && !supply.collectsFor(this);
    return isReady && !this.#isOver ? this.#takeNow() : this.#wait();
  }

  /** A tenth cheaper than `Promise.resolve`: V8 makes the promise without a look at what it holds. */
  async #takeNow(): Promise<Answer<V>> {
    return { done: false, value: this.take() };
  }

  return(): Promise<Answer<V>> {
    if (!this.#isOver) {
      this.#isOver = true;
      this.supply.leave(this, true);
      this.#resolve?.(FINISHED);
      this.#resolve = null;
    }
    return Promise.resolve(FINISHED);
  }

  wake(): void {
    const resolve = this.#resolve;
    if (resolve === null) return;
    this.#resolve = null;
    resolve(this.supply.queued > 0 ? { done: false, value: this.take() } : this.#finish());
  }

  #wait(): Promise<Answer<V>> {
    if (this.#isOver) return Promise.resolve(FINISHED);
    if (this.#resolve !== null) {
      return Promise.reject(
        new ReconnectError('usage', 'expected one next() at a time: await the last one first.'),
      );
    }
    return new Promise((resolve) => {
      if (this.supply.isEnded) {
        resolve(this.#finish());
        return;
      }
      this.#resolve = resolve;
      this.supply.start();
    });
  }

  #finish(): Answer<V> | Promise<Answer<V>> {
    this.#isOver = true;
    this.supply.leave(this, false);
    return this.supply.error === null ? FINISHED : Promise.reject(this.supply.error);
  }
}

export class ItemIterator<T> extends SupplyIterator<T, T> {
  get takesBatches(): boolean {
    return false;
  }

  protected take(): T {
    return this.supply.take();
  }
}

export class BatchIterator<T> extends SupplyIterator<T, readonly T[]> {
  get takesBatches(): boolean {
    return true;
  }

  protected take(): readonly T[] {
    return this.supply.takeBatch();
  }
}
