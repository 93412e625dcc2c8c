/** The bounded queue between the reader and the one consumer. */

import type { DataItem } from '../../machines/source-contract.js';
import { ReconnectError } from '../../machines/errors.js';
import type { ByteBudget } from '../buffers/byte-budget.js';
import { weightOfBatch } from '../buffers/byte-budget.js';
import type { ToolsView } from '../progress/call-table.js';
import { ConsumerPosition } from './consumer-position.js';
import { Fifo } from '../buffers/fifo.js';
import { InBandQueue } from './in-band-queue.js';
import { BatchIterator, ItemIterator } from './iterators.js';
import type { Consumer, Supply } from './iterators.js';
import { EMPTY } from '../progress/empty.js';
import { coverBatch } from './queued-batch.js';
import type { QueuedBatch } from './queued-batch.js';
import { RecentUnitsWithin } from '../replay/recent-units.js';
import type { RecentUnits } from '../replay/recent-units.js';

/** Whose items are delivered. */
export interface DeliveryHost {
  /** The consumer wants its first item. */
  onDemand(): void;
  /** The consumer left. */
  onLeft(): void;
}

/** A class: it exists once per stream and its methods are called per chunk. */
export class DeliveryQueue<T> implements Supply<T> {
  /** Called when there is room again. */
  onRoom: (() => void) | null = null;
  /** Set while a replay is collected for a loop over batches; called when some of it waits. */
  onCollecting: (() => void) | null = null;
  /** The consumer has received something. */
  hasDelivered = false;
  /** Nothing is read yet: a consumer that waits starts the stream. */
  isIdle = true;
  /** No more will come, for this reason if there is one. */
  isEnded = false;
  error: ReconnectError | null = null;
  readonly #host: DeliveryHost;
  readonly #highWaterMark: number;
  readonly #budget: ByteBudget;
  readonly #position: ConsumerPosition;
  /** The batch at hand: per item only the index changes. */
  #first: QueuedBatch<T> | null = null;
  /** Items of it that are delivered. */
  #index = 0;
  /** The batches behind it; made where several wait. */
  #later: Fifo<QueuedBatch<T>> | null = null;
  /** Items of all batches. */
  #size = 0;
  /** Items of batches that are done with: places of callbacks count from the start. */
  #passed = 0;
  /** Batches at the end of the queue that are pending. */
  #pending: Fifo<QueuedBatch<T>> | null = null;
  /** Batches behind the first that are known to be retracted. */
  #retractedNext = 0;
  #consumer: Consumer | null = null;
  #inBand: InBandQueue | null = null;

  /**
   * @param highWaterMark items that may be queued before reading stops
   * @param cursor of what was delivered in an earlier run; null also where the source has none
   * @param recent the last of that; null where nobody goes on from a cursor
   */
  constructor(
    host: DeliveryHost,
    highWaterMark: number,
    budget: ByteBudget,
    cursor: string | null,
    recent: RecentUnits | null,
  ) {
    this.#host = host;
    this.#highWaterMark = highWaterMark;
    this.#budget = budget;
    this.#position = new ConsumerPosition(cursor, recent);
  }

  /** Queues the items and wakes the consumer if it waits. @param bytes, chars of all of them */
  push(
    items: readonly DataItem<T>[],
    toolsBefore: ToolsView,
    bytes: number,
    chars: number,
    state: 'counted' | 'pending' = 'counted',
  ): void {
    if (items.length === 0) return;
    const weight = weightOfBatch(items, bytes);
    const batch = {
      items,
      toolsBefore,
      bytes,
      chars,
      weight,
      state,
      endCursor: null,
      formerCursors: null,
    };
    if (this.#first === null) this.#first = batch;
    else (this.#later ??= new Fifo()).push(batch);
    this.#size += items.length;
    this.#budget.queued += weight;
    if (state === 'counted') this.#position.count(batch);
    else (this.#pending ??= new Fifo()).push(batch);
    const consumer = this.#consumer;
    if (consumer !== null && this.collectsFor(consumer)) this.onCollecting?.();
    else consumer?.wake();
  }

  collectsFor({ takesBatches }: Consumer): boolean {
    return this.onCollecting !== null && takesBatches && this.hasRoom && !this.isEnded;
  }

  /** What was collected is not to wait any longer. */
  flush(): void {
    if (this.queued > 0) this.#consumer?.wake();
  }

  get queued(): number {
    return this.#size - this.#index;
  }

  /** Whether the reader should read on: what comes may be as large as the last. What is larger than the budget comes alone. */
  get hasRoom(): boolean {
    const { queued } = this;
    if (queued === 0) return true;
    const { weight = 0 } = this.#later?.last ?? this.#first ?? {};
    return queued < this.#highWaterMark && this.#budget.free > weight;
  }

  /** The next item. There must be one. */
  take(): T {
    this.hasDelivered = true;
    const { items } = this.#first as QueuedBatch<T>;
    const item = items[this.#index] as DataItem<T>;
    this.#index += 1;
    if (this.#index === items.length) this.#advance();
    return item.data;
  }

  /** The batches that are there, as one, up to the next callback. There must be one. */
  takeBatch(): readonly T[] {
    this.hasDelivered = true;
    const values: T[] = [];
    while (this.#first !== null && values.length < this.#highWaterMark) {
      const { items } = this.#first;
      while (this.#index < items.length) values.push((items[this.#index++] as DataItem<T>).data);
      this.#advance();
      if (this.#inBand?.isDue(this.#passed) === true) break;
    }
    return values;
  }

  /** Drops what is queued, and where the consumer was: the stream starts over. */
  clear(): void {
    for (let batch = this.#first; batch !== null; batch = this.#next())
      this.#budget.queued -= batch.weight;
    this.#passed += this.#size;
    this.#index = this.#size = this.#retractedNext = 0;
    this.#pending = null;
    this.#position.clear();
  }

  /**
   * Emits it in its place: when the consumer asks for more than what came before it. At once where the consumer has
   * asked already, or there is none.
   * @param waitsForConsumer it is about the items in the queue: whoever reads them later has to know
   */
  inBand(run: () => void, waitsForConsumer = false): void {
    const mayWait = this.#consumer !== null || (waitsForConsumer && this.queued > 0);
    const isAtPlace = this.#consumer?.isWaiting === true && this.queued === 0;
    if (!mayWait || isAtPlace) run();
    else (this.#inBand ??= new InBandQueue()).add(this.#passed + this.#size, run);
  }

  /** Runs what has its place before the next item. */
  runDue(): void {
    this.#inBand?.runUpTo(this.#passed + this.#index);
  }

  get hasInBand(): boolean {
    return this.#inBand !== null && !this.#inBand.isEmpty;
  }

  /** What was pending is counted now. */
  commit(): void {
    for (const batch of this.#takePending()) {
      batch.state = 'counted';
      this.#position.count(batch);
    }
    this.#position.commit();
  }

  /** What was pending is never counted: it stays in the queue, and comes again. */
  retract(): void {
    for (const batch of this.#takePending()) batch.state = 'retracted';
    this.#position.retract();
  }

  /** Everything accepted so far is covered by this cursor. */
  checkpoint(cursor: string): void {
    const last = this.#later?.last ?? this.#first;
    if (last === null) this.#position.reach(cursor);
    else coverBatch(last, cursor);
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

  /** Where the consumer is. Each item and batch is looked at once, however often this is asked. */
  get position(): ConsumerPosition {
    const first = this.#first;
    if (first !== null && first.state === 'counted') this.#position.moveTo(first, this.#index);
    return this.#position;
  }

  /** The last cursor that the consumer has passed. */
  get cursor(): string | null {
    return this.#position.cursorIn(this.#first);
  }

  /** The tool calls before what is counted and queued; null where nothing is. */
  get toolsBefore(): ToolsView | null {
    const first = this.#first;
    if (first !== null && first.state === 'counted') return first.toolsBefore;
    return this.#position.counted.chunks === 0 ? null : this.#firstCounted().toolsBefore;
  }

  /** The last units before the place of the consumer. */
  get recent(): RecentUnits | RecentUnitsWithin | null {
    const { recent } = this.#position;
    const first = this.#first;
    if (recent === null || first === null || first.state === 'retracted' || this.#index === 0)
      return recent;
    return new RecentUnitsWithin(recent, first.items, this.#index);
  }

  items(): AsyncIterableIterator<T, undefined> {
    return this.#serve(new ItemIterator(this));
  }

  batches(): AsyncIterableIterator<readonly T[], undefined> {
    return this.#serve(new BatchIterator(this));
  }

  /** The consumer waits: the stream has to run. */
  start(): void {
    if (this.isIdle) this.#host.onDemand();
    if (this.queued > 0) this.onCollecting?.();
  }

  /** The consumer is served no more; it left by itself, or all was read. */
  leave(consumer: Consumer, byItself: boolean): void {
    if (this.#consumer !== consumer) return;
    this.#consumer = null;
    this.#inBand?.runUpTo(Infinity);
    // What is queued stays: a checkpoint has to know what the consumer did not take.
    if (byItself) this.#host.onLeft();
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
    const batch = this.#first as QueuedBatch<T>;
    this.#position.pass(batch);
    // Pending batches are the last ones: where the first is one of them, all are.
    if (batch.state === 'pending') this.#pending?.shift();
    this.#next();
    this.#budget.queued -= batch.weight;
    this.#passed += this.#index;
    this.#size -= this.#index;
    this.#index = 0;
    if (this.#retractedNext > 0) this.#retractedNext -= 1;
    if (this.onRoom === null || !this.hasRoom) return;
    const resume = this.onRoom;
    this.onRoom = null;
    resume();
  }

  #takePending(): Iterable<QueuedBatch<T>> {
    const pending = this.#pending;
    this.#pending = null;
    return pending ?? EMPTY;
  }

  #next(): QueuedBatch<T> | null {
    return (this.#first = this.#later?.shift() ?? null);
  }

  /** The first batch is retracted, and some are behind it. */
  #firstCounted(): QueuedBatch<T> {
    const later = this.#later as Fifo<QueuedBatch<T>>;
    while (later.at(this.#retractedNext)?.state === 'retracted') this.#retractedNext += 1;
    return later.at(this.#retractedNext) as QueuedBatch<T>;
  }
}
