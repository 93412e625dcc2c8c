/** The bounded queue between the reader and the one consumer. */

import type { DataItem } from '../machines/contract.js';
import { ReconnectError } from '../machines/errors.js';
import type { StreamState } from '../machines/stream-state.js';
import { BatchIterator, ItemIterator } from './iterators.js';
import type { Consumer, Supply } from './iterators.js';

/** Items of one batch that wait for the consumer, with the tool calls as they were before them. */
interface Entry<T> {
  readonly items: readonly DataItem<T>[];
  readonly toolsBefore: StreamState;
  /** Handed out before their checkpoint: the account does not count them yet. */
  readonly isPending: boolean;
}

/** What is accepted but not handed out: a checkpoint must not claim it. */
export interface Undelivered<T> {
  readonly items: readonly DataItem<T>[];
  readonly toolsBefore: StreamState;
  /** Items of the first entry that were handed out already. */
  readonly handedOut: readonly DataItem<T>[];
}

/** Whose items are delivered. */
export interface DeliveryHost {
  /** The consumer wants its first item. */
  start(): void;
  /** The consumer left. */
  close(): void;
}

/** A class: it exists once per stream and its methods are called per chunk. */
export class Delivery<T> implements Supply<T> {
  /** Cursor of the last item handed out. */
  cursor: string | null;
  /** Called when there is room again. */
  onRoom: (() => void) | null = null;
  /** No more will come, for this reason if there is one. */
  isEnded = false;
  error: ReconnectError | null = null;
  readonly #host: DeliveryHost;
  readonly #highWaterMark: number;
  #entries: Entry<T>[] = [];
  /** Items of the first entry that are handed out. */
  #index = 0;
  #queued = 0;
  #consumer: Consumer | null = null;

  /**
   * @param highWaterMark items that may be queued before reading stops
   * @param cursor of what was handed out in an earlier run
   */
  constructor(host: DeliveryHost, highWaterMark: number, cursor: string | null) {
    this.#host = host;
    this.#highWaterMark = highWaterMark;
    this.cursor = cursor;
  }

  /** Queues the items and wakes the consumer if it waits. */
  push(items: readonly DataItem<T>[], toolsBefore: StreamState, isPending = false): void {
    if (items.length === 0) return;
    // An array that is pushed to reserves room for 17: most streams hold one entry at most.
    if (this.#entries.length === 0) this.#entries = [{ items, toolsBefore, isPending }];
    else this.#entries.push({ items, toolsBefore, isPending });
    this.#queued += items.length;
    this.#consumer?.wake();
  }

  get queued(): number {
    return this.#queued;
  }

  /** Whether the reader should read on. */
  get hasRoom(): boolean {
    return this.#queued < this.#highWaterMark;
  }

  /** The next item. There must be one. */
  take(): T {
    const { items } = this.#entries[0] as Entry<T>;
    const item = items[this.#index] as DataItem<T>;
    if (item.id !== undefined) this.cursor = item.id;
    this.#queued -= 1;
    this.#index += 1;
    if (this.#index === items.length) this.#advance();
    return item.data;
  }

  /** The rest of the next batch. There must be one. */
  takeBatch(): readonly T[] {
    const { items } = this.#entries[0] as Entry<T>;
    const rest = this.#index === 0 ? items : items.slice(this.#index);
    const values = rest.map((item) => item.data);
    this.cursor = rest.findLast((item) => item.id !== undefined)?.id ?? this.cursor;
    this.#queued -= rest.length;
    this.#advance();
    return values;
  }

  /** Throws away what is queued, and where the consumer was: the stream starts over. */
  clear(): void {
    this.#entries = [];
    this.#index = this.#queued = 0;
    this.cursor = null;
  }

  /** Takes back the last items as far as they are still queued, and tells how many those were. */
  takeBack(count: number): number {
    const taken = Math.min(count, this.#queued);
    for (let left = taken; left > 0;) {
      const last = this.#entries.pop();
      if (last === undefined) break;
      const handedOut = this.#entries.length === 0 ? this.#index : 0;
      const kept = Math.max(last.items.length - left, handedOut);
      left -= last.items.length - kept;
      this.#queued -= last.items.length - kept;
      if (kept > handedOut) this.#entries.push({ ...last, items: last.items.slice(0, kept) });
      else if (this.#entries.length === 0) this.#index = 0;
    }
    return taken;
  }

  /** What was pending is counted now. */
  commit(): void {
    this.#entries = this.#entries.map((entry) => ({ ...entry, isPending: false }));
  }

  /** Everything accepted so far is covered by this cursor. */
  checkpoint(cursor: string): void {
    const last = this.#entries.at(-1);
    const item = last?.items.at(-1);
    if (last === undefined || item === undefined) {
      this.cursor = cursor;
      return;
    }
    const items = [...last.items.slice(0, -1), { ...item, id: cursor }];
    this.#entries.splice(-1, 1, { ...last, items });
  }

  /** No more will come: the consumer gets what is queued, then the end or the error. */
  end(error: ReconnectError | null): void {
    this.isEnded = true;
    this.error = error;
    this.#consumer?.wake();
  }

  /** More will come after all: a failed stream is tried again. */
  reopen(): void {
    this.isEnded = false;
    this.error = null;
  }

  get undelivered(): Undelivered<T> | null {
    const [first] = this.#entries;
    if (first === undefined) return null;
    const counted = this.#entries.filter(({ isPending }) => !isPending);
    return {
      items: counted.flatMap((entry) =>
        entry === first ? entry.items.slice(this.#index) : entry.items,
      ),
      toolsBefore: first.toolsBefore,
      handedOut: first.isPending ? [] : first.items.slice(0, this.#index),
    };
  }

  items(): AsyncIterableIterator<T, undefined> {
    return this.#serve(new ItemIterator(this));
  }

  batches(): AsyncIterableIterator<readonly T[], undefined> {
    return this.#serve(new BatchIterator(this));
  }

  /** The consumer waits: the stream has to run. */
  start(): void {
    this.#host.start();
  }

  /** The consumer is served no more; it left by itself, or all was read. */
  leave(consumer: Consumer, byItself: boolean): void {
    if (this.#consumer !== consumer) return;
    this.#consumer = null;
    // What is queued stays: a checkpoint has to know what the consumer did not take.
    if (byItself) this.#host.close();
  }

  #serve<C extends Consumer>(consumer: C): C {
    if (this.#consumer !== null) {
      throw new ReconnectError(
        'usage',
        'expected one consumer, got a second: iterate the stream once and share what you read.',
      );
    }
    this.#consumer = consumer;
    return consumer;
  }

  #advance(): void {
    this.#entries.shift();
    this.#index = 0;
    if (this.onRoom === null || !this.hasRoom) return;
    const resume = this.onRoom;
    this.onRoom = null;
    resume();
  }
}
