/** Where the consumer is: the last cursor it has passed, and what it received since. Moves forward only, item by item. */

import type { DataItem, ToolCallDelta } from '../../machines/source-contract.js';
import type { ToolsView } from '../progress/call-table.js';
import { EMPTY } from '../progress/empty.js';
import { cursorAt, unitsOf } from './queued-batch.js';
import type { QueuedBatch } from './queued-batch.js';
import type { Unit } from '../replay/committed-items.js';
import { RecentUnits } from '../replay/recent-units.js';

/** The number of calls that a stream state keeps. */
const MAX_RECEIVED = 256;

/** Counts of items. Changed in place: an object per item would cost more than the rest of a checkpoint. */
export class ItemCounts {
  chunks = 0;
  bytes = 0;
  chars = 0;

  add(chunks: number, bytes: number, chars: number): void {
    this.chunks += chunks;
    this.bytes += bytes;
    this.chars += chars;
  }

  clear(): void {
    this.chunks = this.bytes = this.chars = 0;
  }
}

/** Items in a row, with the tool calls as they were before them. */
class ItemRun extends ItemCounts {
  toolsBefore: ToolsView | null = null;

  append(chunks: number, bytes: number, chars: number, toolsBefore: ToolsView): void {
    if (this.chunks === 0) this.toolsBefore = toolsBefore;
    this.add(chunks, bytes, chars);
  }

  override clear(): void {
    super.clear();
    this.toolsBefore = null;
  }
}

/** A class: it exists once per stream. Each item is looked at once at most, however often somebody asks. */
export class ConsumerPosition {
  /** What came after the cursor without an id: it will come again to whoever goes on from the cursor. */
  readonly uncovered: ItemRun = new ItemRun();
  /** The counted batches, with the one at hand. */
  readonly counted: ItemCounts = new ItemCounts();
  /** Items of the batch at hand that were looked at. */
  readonly seen: ItemCounts = new ItemCounts();
  /** Whole calls that came after the cursor: the consumer may have run them. */
  readonly received: Set<string> = new Set();
  /** What was passed before its checkpoint came, and is not counted yet. */
  readonly #ahead = new ItemRun();
  #cursor: string | null;
  /** The item of the batch at hand that has the cursor: to keep the cursor itself per item would be slow. */
  #cursorItem: number | null = null;
  /** What was passed last; null where nobody goes on from a cursor. */
  #recent: RecentUnits | null;
  /** The same, without what was passed before its checkpoint came. */
  #recentBefore: RecentUnits | null = null;

  /** @param cursor the last one that was passed; null also where the source has none */
  constructor(cursor: string | null, recent: RecentUnits | null) {
    this.#cursor = cursor;
    this.#recent = recent;
  }

  get recent(): RecentUnits | null {
    return this.#recent;
  }

  /** The last cursor that was passed. @param batch the one at hand */
  cursorIn(batch: QueuedBatch<unknown> | null): string | null {
    return batch === null || this.#cursorItem === null
      ? this.#cursor
      : cursorAt(batch, this.#cursorItem);
  }

  /** The batch is counted, and waits for the consumer. */
  count({ items, bytes, chars }: QueuedBatch<unknown>): void {
    this.counted.add(items.length, bytes, chars);
  }

  /** The consumer has received so many items of the batch at hand, which is counted. */
  moveTo(batch: QueuedBatch<unknown>, count: number): void {
    while (this.seen.chunks < count) this.#look(batch, this.seen.chunks);
  }

  /** The consumer has received all of the batch. */
  pass(batch: QueuedBatch<unknown>): void {
    const { items, state, bytes, chars, toolsBefore } = batch;
    if (state === 'pending') this.#recentBefore ??= this.#recent;
    if (state !== 'retracted') this.#remember(unitsOf(batch), bytes);
    for (const { toolCall = EMPTY } of items.length === 1 ? items : EMPTY) this.#receive(toolCall);
    if (state === 'pending') this.#ahead.append(items.length, bytes, chars, toolsBefore);
    else {
      const isCounted = state === 'counted';
      const cursor = cursorAt(batch, items.length - 1);
      if (cursor !== null) this.cover(cursor);
      else if (isCounted) {
        this.moveTo(batch, items.length);
        this.#cursor = this.cursorIn(batch);
      }
      if (isCounted) this.counted.add(-items.length, -bytes, -chars);
    }
    this.#leaveBatch();
  }

  /** A cursor came when all was passed. */
  reach(cursor: string): void {
    this.#remember([{ type: 'checkpoint', cursor }], 0);
    this.cover(cursor);
  }

  /** Everything that was passed is covered by this cursor. */
  cover(cursor: string): void {
    this.#cursor = cursor;
    this.#clearUncovered();
  }

  /** What was passed in advance is counted now. */
  commit(): void {
    const { chunks, bytes, chars, toolsBefore } = this.#ahead;
    if (toolsBefore !== null) this.uncovered.append(chunks, bytes, chars, toolsBefore);
    this.#ahead.clear();
    this.#recentBefore = null;
  }

  /** What was passed in advance is never counted. */
  retract(): void {
    this.#ahead.clear();
    this.#recent = this.#recentBefore ?? this.#recent;
    this.#recentBefore = null;
  }

  clear(): void {
    this.#cursor = this.#recentBefore = null;
    if (this.#recent !== null) this.#recent = RecentUnits.EMPTY;
    for (const counts of [this.counted, this.#ahead]) counts.clear();
    this.#clearUncovered();
    this.#leaveBatch();
  }

  #look(batch: QueuedBatch<unknown>, at: number): void {
    const { bytes, chars = 0 } = batch.items[at] as DataItem<unknown>;
    if (cursorAt(batch, at) !== null) {
      this.#cursorItem = at;
      if (this.uncovered.chunks > 0) this.#clearUncovered();
    } else this.uncovered.append(1, bytes, chars, batch.toolsBefore);
    this.seen.add(1, bytes, chars);
  }

  #receive(calls: readonly ToolCallDelta[]): void {
    for (const { id, done } of calls) if (done === true) this.received.add(id);
    const [oldest] = this.received;
    if (this.received.size > MAX_RECEIVED && oldest !== undefined) this.received.delete(oldest);
  }

  #clearUncovered(): void {
    this.uncovered.clear();
    this.received.clear();
  }

  #remember(units: readonly (Unit | string)[], bytes: number): void {
    if (this.#recent !== null) this.#recent = this.#recent.with(units, bytes);
  }

  #leaveBatch(): void {
    this.seen.clear();
    this.#cursorItem = null;
  }
}
