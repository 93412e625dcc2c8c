/** Reads the caller's iterator, which may throw, hang or break the protocol in any method. */

import type { Connection, SourceItem } from '../../../machines/source-contract.js';
import { follow, runQuietly } from '../../../machines/thenable.js';
import { isThenable, describeType, sourceError } from '../shared/source-error.js';
import type { SourceError } from '../shared/source-error.js';
import type { CheckedIterableOptions } from './options.js';
import { ask, toItems, wrongResponse } from '../shared/to-items.js';

/** An iterator whose return values are not trusted. */
export interface AnyIterator {
  next(): unknown;
  return?(): unknown;
}

export function iteratorConnection<T>(
  iterator: AnyIterator,
  options: CheckedIterableOptions<T>,
  toFailure: (error: unknown) => SourceError,
): Connection<T> {
  const batches = new IteratorBatches(iterator, options, toFailure);
  return { batches, close: () => batches.close() };
}

type Batch<T> = readonly SourceItem<T>[];
type Result<T> = IteratorResult<Batch<T>, undefined>;
interface Waiting<T> {
  resolve(result: Result<T>): void;
  reject(failure: SourceError): void;
}

const DONE: { readonly done: true; readonly value: undefined } = { done: true, value: undefined };

/** Each item becomes a batch. The iterator or `close` settles a step, whichever comes first. */
class IteratorBatches<T> implements AsyncIterableIterator<Batch<T>> {
  readonly #iterator: AnyIterator;
  readonly #options: CheckedIterableOptions<T>;
  readonly #toFailure: (error: unknown) => SourceError;
  #waiting: Waiting<T> | undefined;
  #closed = false;

  constructor(
    iterator: AnyIterator,
    options: CheckedIterableOptions<T>,
    toFailure: (error: unknown) => SourceError,
  ) {
    this.#iterator = iterator;
    this.#options = options;
    this.#toFailure = toFailure;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result<T>> {
    if (this.#closed) return Promise.resolve(DONE);
    if (this.#waiting) {
      const failure = sourceError('usage', 'next() was called before the last one was settled', {
        fatal: true,
      });
      return Promise.reject(failure);
    }
    return new Promise<Result<T>>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#step();
    });
  }

  return(): Promise<Result<T>> {
    this.close();
    return Promise.resolve(DONE);
  }

  /** Does not wait: a generator that hangs in `await` settles `return()` only afterwards, or never. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#release();
    this.#settle((waiting) => waiting.resolve(DONE));
  }

  #release(): void {
    runQuietly(() => this.#iterator.return?.());
  }

  #step(): void {
    let result: unknown;
    try {
      result = this.#iterator.next();
      if (isThenable(result)) follow(result, this.#onResult, this.#onError);
      else this.#onResult(result);
    } catch (error) {
      this.#onError(error);
    }
  }

  readonly #onResult = (result: unknown): void => {
    if (this.#closed) return;
    try {
      if (typeof result !== 'object' || result === null) {
        throw sourceError(
          'protocol',
          `expected next() to give an object, got ${describeType(result)}`,
          {
            fatal: true,
          },
        );
      }
      const { done, value } = result as { done?: unknown; value?: unknown };
      if (done) this.#finish();
      // Only sync iterators may yield promises, which `for await` awaits too.
      else if (isThenable(value)) follow(value, this.#onValue, this.#onError);
      else this.#onValue(value);
    } catch (error) {
      this.#onError(error);
    }
  };

  readonly #onValue = (value: unknown): void => {
    if (this.#closed) return;
    try {
      const items = itemsOf(value as T, this.#options);
      if (items.length > 1) {
        this.#closed = true;
        this.#release();
      }
      this.#settle((waiting) => waiting.resolve({ done: false, value: items }));
    } catch (error) {
      this.#release();
      this.#onError(error);
    }
  };

  readonly #onError = (error: unknown): void => {
    if (this.#closed) return;
    this.#closed = true;
    const failure = this.#toFailure(error);
    this.#settle((waiting) => waiting.reject(failure));
  };

  #finish(): void {
    this.#closed = true;
    this.#settle((waiting) => waiting.resolve(DONE));
  }

  #settle(how: (waiting: Waiting<T>) => void): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) how(waiting);
  }
}

/** Returns the item, and the end if it is the last one. */
function itemsOf<T>(data: T, options: CheckedIterableOptions<T>): SourceItem<T>[] {
  const bytes: unknown = ask('bytes', options.bytes, data);
  if (typeof bytes !== 'number' || !(bytes >= 0 && bytes <= Number.MAX_SAFE_INTEGER))
    throw wrongResponse('bytes', 'a size', bytes);
  return toItems(data, bytes, options);
}
