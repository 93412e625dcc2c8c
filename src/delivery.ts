/** The bounded queue between the reader and the one consumer. */

import type { DataItem } from '../machines/contract.js';
import { ReconnectError } from '../machines/errors.js';
import type { StreamState } from '../machines/stream-state.js';
import { added, passed, sumOf } from './handed-out.js';
import type { Position, Uncovered } from './handed-out.js';
import { BatchIterator, ItemIterator } from './iterators.js';
import type { Consumer, Supply } from './iterators.js';
import { NONE } from './none.js';

/** Items of one batch, with the tool calls as they were before them. */
interface Entry<T> {
  readonly items: readonly DataItem<T>[];
  readonly toolsBefore: StreamState;
  /** `pending`: delivered before their checkpoint, not counted yet. `retracted`: taken back, never counted. */
  readonly state: 'counted' | 'pending' | 'retracted';
}

/** What a checkpoint has to know. */
export interface DeliveryAccount extends Position {
  /** Accepted and counted, not handed out. */
  readonly queued: Uncovered | null;
}

/** Something to tell after this many items of the entries that are there. */
interface Mark {
  readonly after: number;
  readonly tell: () => void;
}

/** Whose items are delivered. */
export interface DeliveryHost {
  /** The consumer wants its first item. */
  onDemand(): void;
  /** The consumer left. */
  onLeft(): void;
}

/** A class: it exists once per stream and its methods are called per chunk. */
export class Delivery<T> implements Supply<T> {
  /** Called when there is room again. */
  onRoom: (() => void) | null = null;
  /** The consumer has received something. */
  hasDelivered = false;
  /** No more will come, for this reason if there is one. */
  isEnded = false;
  error: ReconnectError | null = null;
  readonly #host: DeliveryHost;
  readonly #highWaterMark: number;
  /** Where the consumer was before the first entry. */
  #cursor: string | null;
  #uncovered: Uncovered | null = null;
  /** Pending items of entries before it. */
  #ahead: Uncovered | null = null;
  #entries: Entry<T>[] = NONE;
  /** Items of the first entry that are handed out: per item nothing else changes. */
  #index = 0;
  /** Items of all entries. */
  #size = 0;
  #consumer: Consumer | null = null;
  /** What is told in its place among the items. */
  #marks: Mark[] = NONE;

  /**
   * @param highWaterMark items that may be queued before reading stops
   * @param cursor of what was handed out in an earlier run; null also where the source has none
   */
  constructor(host: DeliveryHost, highWaterMark: number, cursor: string | null) {
    this.#host = host;
    this.#highWaterMark = highWaterMark;
    this.#cursor = cursor;
  }

  /** Queues the items and wakes the consumer if it waits. */
  push(items: readonly DataItem<T>[], toolsBefore: StreamState, isPending = false): void {
    if (items.length === 0) return;
    const state = isPending ? 'pending' : 'counted';
    // An array that is pushed to reserves room for 17: most streams hold one entry at most.
    if (this.#entries.length === 0) this.#entries = [{ items, toolsBefore, state }];
    else this.#entries.push({ items, toolsBefore, state });
    this.#size += items.length;
    this.#consumer?.wake();
  }

  get queued(): number {
    return this.#size - this.#index;
  }

  /** Whether the reader should read on. */
  get hasRoom(): boolean {
    return this.queued < this.#highWaterMark;
  }

  /** The next item. There must be one. */
  take(): T {
    this.hasDelivered = true;
    const { items } = this.#entries[0] as Entry<T>;
    const item = items[this.#index] as DataItem<T>;
    this.#index += 1;
    if (this.#index === items.length) this.#advance();
    return item.data;
  }

  /** The rest of the next batch. There must be one. */
  takeBatch(): readonly T[] {
    this.hasDelivered = true;
    const { items } = this.#entries[0] as Entry<T>;
    const rest = this.#index === 0 ? items : items.slice(this.#index);
    const values = rest.map((item) => item.data);
    this.#index = items.length;
    this.#advance();
    return values;
  }

  /** Throws away what is queued, and where the consumer was: the stream starts over. */
  clear(): void {
    this.#entries = NONE;
    this.#index = this.#size = 0;
    this.#cursor = this.#uncovered = this.#ahead = null;
    this.#moveMarks(0);
  }

  /**
   * Emits it in its place: when the consumer asks for more than what came before it. At once where the consumer has
   * asked already, or there is none.
   * @param waitsForConsumer it is about the items in the queue: whoever reads them later has to know
   */
  inBand(tell: () => void, waitsForConsumer = false): void {
    const mayWait = this.#consumer !== null || (waitsForConsumer && this.queued > 0);
    if (!mayWait || this.#consumer?.isWaiting) tell();
    else this.#marks = [...this.#marks, { after: this.#size, tell }];
  }

  /** Tells what has its place before the next item. */
  tellDue(): void {
    while (this.#marks.length > 0) {
      const [mark, ...later] = this.#marks as [Mark, ...Mark[]];
      if (mark.after > this.#index) return;
      this.#marks = later;
      mark.tell();
    }
  }

  get hasMarks(): boolean {
    return this.#marks.length > 0;
  }

  /** What was pending is counted now. */
  commit(): void {
    this.#settle('counted');
    if (this.#ahead === null) return;
    this.#uncovered = added(this.#uncovered, this.#ahead);
    this.#ahead = null;
  }

  /** What was pending is never counted: it stays in the queue, and comes again. */
  retract(): void {
    this.#settle('retracted');
    this.#ahead = null;
  }

  /** Everything accepted so far is covered by this cursor. */
  checkpoint(cursor: string): void {
    const last = this.#entries.at(-1);
    const item = last?.items.at(-1);
    if (last === undefined || item === undefined) {
      this.#cursor = cursor;
      this.#uncovered = null;
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

  /** Where the consumer is, and what is still queued for it. Costs a pass over the queue. */
  get account(): DeliveryAccount {
    const [first] = this.#entries;
    const before = { cursor: this.#cursor, uncovered: this.#uncovered };
    if (first === undefined) return { ...before, queued: null };
    const position = first.state === 'counted' ? passed(before, first, this.#index) : before;
    const queued = this.#entries.reduce(
      (sum: Uncovered | null, entry) =>
        entry.state === 'counted'
          ? added(sum, sumOf(entry, entry === first ? this.#index : 0))
          : sum,
      null,
    );
    return { ...position, queued };
  }

  items(): AsyncIterableIterator<T, undefined> {
    return this.#serve(new ItemIterator(this));
  }

  batches(): AsyncIterableIterator<readonly T[], undefined> {
    return this.#serve(new BatchIterator(this));
  }

  /** The consumer waits: the stream has to run. */
  start(): void {
    this.#host.onDemand();
  }

  /** The consumer is served no more; it left by itself, or all was read. */
  leave(consumer: Consumer, byItself: boolean): void {
    if (this.#consumer !== consumer) return;
    this.#consumer = null;
    const marks = this.#marks;
    this.#marks = NONE;
    for (const { tell } of marks) tell();
    // What is queued stays: a checkpoint has to know what the consumer did not take.
    if (byItself) this.#host.onLeft();
  }

  #settle(state: 'counted' | 'retracted'): void {
    if (this.#entries.length === 0) return;
    this.#entries = this.#entries.map((entry) =>
      entry.state === 'pending' ? { ...entry, state } : entry,
    );
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
    this.#pass(this.#entries[0] as Entry<T>);
    if (this.#entries.length === 1) this.#entries = NONE;
    else this.#entries.shift();
    this.#size -= this.#index;
    this.#moveMarks(this.#index);
    this.#index = 0;
    if (this.onRoom === null || !this.hasRoom) return;
    const resume = this.onRoom;
    this.onRoom = null;
    resume();
  }

  /** So many items are done with; marks behind items that are gone come next. */
  #moveMarks(by: number): void {
    if (this.#marks.length === 0) return;
    this.#marks = this.#marks.map(({ after, tell }) => ({
      after: Math.min(after - by, this.#size),
      tell,
    }));
  }

  /** Moves the position behind an entry that is handed out. */
  #pass(entry: Entry<T>): void {
    const { items, state } = entry;
    const last = items.at(-1)?.id;
    if (state === 'pending') this.#ahead = added(this.#ahead, sumOf(entry, 0));
    else if (last !== undefined) {
      this.#cursor = last;
      this.#uncovered = null;
    } else if (state === 'counted') {
      const before = { cursor: this.#cursor, uncovered: this.#uncovered };
      const { cursor, uncovered } = passed(before, entry, items.length);
      this.#cursor = cursor;
      this.#uncovered = uncovered;
    }
  }
}
