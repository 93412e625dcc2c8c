/** The bounded queue between the reader and the one consumer, and the consumer's two iterators. */

import type { DataItem } from '../machines/contract.js';
import { ReconnectError } from '../machines/errors.js';
import type { StreamState } from '../machines/stream-state.js';

/** Items of one batch that wait for the consumer, with the tool calls as they were before them. */
interface Entry<T> {
  readonly items: readonly DataItem<T>[];
  readonly toolsBefore: StreamState;
}

interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

/** What is accepted but not handed out: a checkpoint must not claim it. */
export interface Undelivered<T> {
  readonly items: readonly DataItem<T>[];
  readonly toolsBefore: StreamState;
  /** Items of the first entry that were handed out already. */
  readonly handedOut: readonly DataItem<T>[];
}

const FINISHED = { done: true, value: undefined } as const;

/** A class: it exists once per stream and its methods are called per chunk. */
export class Delivery<T> {
  /** Cursor of the last item handed out. */
  cursor: string | null;
  /** Called when there is room again. */
  onRoom: (() => void) | null = null;
  readonly #highWaterMark: number;
  readonly #onReturn: () => void;
  readonly #onStart: () => void;
  #entries: Entry<T>[] = [];
  /** Items of the first entry that are handed out. */
  #index = 0;
  #queued = 0;
  #itemWaiter: Waiter<T> | null = null;
  #batchWaiter: Waiter<readonly T[]> | null = null;
  #ended = false;
  #error: ReconnectError | null = null;
  #consumer: object | null = null;

  constructor(options: {
    highWaterMark: number;
    cursor: string | null;
    onStart: () => void;
    onReturn: () => void;
  }) {
    this.#highWaterMark = options.highWaterMark;
    this.cursor = options.cursor;
    this.#onStart = options.onStart;
    this.#onReturn = options.onReturn;
  }

  /** Hands the items to the waiting consumer, or queues them. */
  push(items: readonly DataItem<T>[], toolsBefore: StreamState): void {
    if (items.length === 0) return;
    if (this.#batchWaiter !== null) {
      const waiter = this.#batchWaiter;
      this.#batchWaiter = null;
      waiter.resolve({ done: false, value: this.#handOut(items, 0) });
      return;
    }
    this.#entries.push({ items, toolsBefore });
    this.#queued += items.length;
    if (this.#itemWaiter === null) return;
    const waiter = this.#itemWaiter;
    this.#itemWaiter = null;
    waiter.resolve({ done: false, value: this.#shift() });
  }

  /** Whether the reader should read on. */
  get hasRoom(): boolean {
    return this.#queued < this.#highWaterMark;
  }

  /** Throws away what is queued: the stream starts over. */
  clear(): void {
    this.#entries = [];
    this.#index = this.#queued = 0;
  }

  /** Takes back the last items, as far as they are still queued. */
  takeBack(count: number): void {
    for (let left = Math.min(count, this.#queued); left > 0;) {
      const last = this.#entries.pop();
      if (last === undefined) return;
      const floor = this.#entries.length === 0 ? this.#index : 0;
      const kept = Math.max(last.items.length - left, floor);
      left -= last.items.length - kept;
      this.#queued -= last.items.length - kept;
      if (kept > floor) this.#entries.push({ ...last, items: last.items.slice(0, kept) });
      else if (this.#entries.length === 0) this.#index = 0;
    }
  }

  /** Everything accepted so far is covered by this cursor. */
  checkpoint(cursor: string): void {
    const last = this.#entries.at(-1);
    const item = last?.items.at(-1);
    if (last === undefined || item === undefined) this.cursor = cursor;
    else
      this.#entries.splice(-1, 1, {
        ...last,
        items: [...last.items.slice(0, -1), { ...item, id: cursor }],
      });
  }

  /** No more will come: the consumer gets what is queued, then the end or the error. */
  end(error: ReconnectError | null): void {
    this.#ended = true;
    this.#error = error;
    const waiter = this.#itemWaiter ?? this.#batchWaiter;
    this.#itemWaiter = this.#batchWaiter = null;
    if (error === null) waiter?.resolve(FINISHED);
    else waiter?.reject(this.#error);
  }

  /** More will come after all: a failed stream is tried again. */
  reopen(): void {
    this.#ended = false;
    this.#error = null;
  }

  get undelivered(): Undelivered<T> | null {
    const [first] = this.#entries;
    if (first === undefined) return null;
    return {
      items: this.#entries.flatMap((entry, n) =>
        n === 0 ? entry.items.slice(this.#index) : entry.items,
      ),
      toolsBefore: first.toolsBefore,
      handedOut: first.items.slice(0, this.#index),
    };
  }

  items(): AsyncIterableIterator<T, undefined> {
    return this.#iterator(
      () => this.#queued > 0,
      () => this.#shift(),
      (waiter) => (this.#itemWaiter = waiter),
    );
  }

  batches(): AsyncIterableIterator<readonly T[], undefined> {
    return this.#iterator(
      () => this.#queued > 0,
      () => this.#shiftBatch(),
      (waiter) => (this.#batchWaiter = waiter),
    );
  }

  #iterator<V>(
    has: () => boolean,
    take: () => V,
    wait: (waiter: Waiter<V>) => void,
  ): AsyncIterableIterator<V, undefined> {
    if (this.#consumer !== null) {
      throw new ReconnectError(
        'usage',
        'expected one consumer, got a second: iterate the stream once and share what you read.',
      );
    }
    const me = {};
    this.#consumer = me;
    let waiting = false;
    const finish = (): void => {
      if (this.#consumer === me) this.#consumer = null;
    };
    const iterator: AsyncIterableIterator<V, undefined> = {
      next: () => {
        if (this.#consumer !== me) return Promise.resolve(FINISHED);
        if (has()) return Promise.resolve({ done: false, value: take() });
        if (this.#ended) {
          finish();
          return this.#error === null ? Promise.resolve(FINISHED) : Promise.reject(this.#error);
        }
        if (waiting) return Promise.reject(secondNext());
        waiting = true;
        this.#onStart();
        return new Promise<IteratorResult<V, undefined>>((resolve, reject) => {
          wait({
            resolve: (result) => {
              waiting = false;
              if (result.done) finish();
              resolve(result);
            },
            reject: (error) => {
              finish();
              reject(error);
            },
          });
        });
      },
      return: () => {
        if (this.#consumer === me) {
          finish();
          this.clear();
          this.#onReturn();
          this.end(null);
        }
        return Promise.resolve(FINISHED);
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  #shift(): T {
    const [first] = this.#entries as [Entry<T>];
    const item = first.items[this.#index] as DataItem<T>;
    if (item.id !== undefined) this.cursor = item.id;
    this.#queued -= 1;
    this.#index += 1;
    if (this.#index === first.items.length) {
      this.#entries.shift();
      this.#index = 0;
      this.#room();
    }
    return item.data;
  }

  #shiftBatch(): readonly T[] {
    const { items } = this.#entries.shift() as Entry<T>;
    const from = this.#index;
    this.#index = 0;
    this.#queued -= items.length - from;
    this.#room();
    return this.#handOut(items, from);
  }

  #handOut(items: readonly DataItem<T>[], from: number): T[] {
    const rest = from === 0 ? items : items.slice(from);
    const values = rest.map((item) => item.data);
    const cursor = rest.findLast((item) => item.id !== undefined)?.id;
    if (cursor !== undefined) this.cursor = cursor;
    return values;
  }

  #room(): void {
    if (this.onRoom === null || !this.hasRoom) return;
    const resume = this.onRoom;
    this.onRoom = null;
    resume();
  }
}

function secondNext(): ReconnectError {
  return new ReconnectError('usage', 'expected one next() at a time: await the last one first.');
}
