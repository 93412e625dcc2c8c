/** The consumer's two ways to read: item by item, or batch by batch. */

import { ReconnectError } from '../machines/errors.js';

/** What a consumer reads from. */
export interface Supply<T> {
  readonly queued: number;
  readonly isEnded: boolean;
  readonly error: ReconnectError | null;
  /** The next item. There must be one. */
  take(): T;
  /** The rest of the next batch. There must be one. */
  takeBatch(): readonly T[];
  /** The consumer waits: the stream has to run. */
  start(): void;
  /** The consumer is served no more; it left by itself, or all was read. */
  leave(consumer: Consumer, byItself: boolean): void;
}

/** Who is served. */
export interface Consumer {
  /** Something came, or the end did. */
  wake(): void;
}

const FINISHED: Readonly<IteratorReturnResult<undefined>> = { done: true, value: undefined };

/** A class: closures would cost a kilobyte a stream. */
abstract class SupplyIterator<T, V> implements Consumer, AsyncIterableIterator<V, undefined> {
  protected readonly supply: Supply<T>;
  #resolve: ((result: IteratorResult<V, undefined>) => void) | null = null;
  #reject: ((error: unknown) => void) | null = null;
  #isOver = false;

  constructor(supply: Supply<T>) {
    this.supply = supply;
  }

  protected abstract take(): V;

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<V, undefined>> {
    if (this.supply.queued > 0 && !this.#isOver) {
      return Promise.resolve({ done: false, value: this.take() });
    }
    return this.#wait();
  }

  return(): Promise<IteratorResult<V, undefined>> {
    if (!this.#isOver) {
      this.#isOver = true;
      this.supply.leave(this, true);
      this.#resolve?.(FINISHED);
      this.#resolve = this.#reject = null;
    }
    return Promise.resolve(FINISHED);
  }

  wake(): void {
    const [resolve, reject] = [this.#resolve, this.#reject];
    if (resolve === null || reject === null) return;
    this.#resolve = this.#reject = null;
    if (this.supply.queued > 0) resolve({ done: false, value: this.take() });
    else this.#finish(resolve, reject);
  }

  #wait(): Promise<IteratorResult<V, undefined>> {
    if (this.#isOver) return Promise.resolve(FINISHED);
    if (this.#resolve !== null) {
      return Promise.reject(
        new ReconnectError('usage', 'expected one next() at a time: await the last one first.'),
      );
    }
    return new Promise((resolve, reject) => {
      if (this.supply.isEnded) {
        this.#finish(resolve, reject);
        return;
      }
      this.#resolve = resolve;
      this.#reject = reject;
      this.supply.start();
    });
  }

  #finish(
    resolve: (result: IteratorResult<V, undefined>) => void,
    reject: (error: unknown) => void,
  ): void {
    this.#isOver = true;
    this.supply.leave(this, false);
    if (this.supply.error === null) resolve(FINISHED);
    else reject(this.supply.error);
  }
}

export class ItemIterator<T> extends SupplyIterator<T, T> {
  protected take(): T {
    return this.supply.take();
  }
}

export class BatchIterator<T> extends SupplyIterator<T, readonly T[]> {
  protected take(): readonly T[] {
    return this.supply.takeBatch();
  }
}
