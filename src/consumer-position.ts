/** Where the consumer is: the last cursor it has passed, and what it received since. Moves forward only, item by item. */

import type { DataItem } from '../machines/contract.js';
import { applyToolCall } from '../machines/stream-state.js';
import { viewOf } from './call-table.js';
import type { ToolsView } from './call-table.js';
import { NONE } from './none.js';
import { cursorAtEnd } from './queued-batch.js';
import type { QueuedBatch } from './queued-batch.js';
import type { Unit } from './replay/committed-items.js';
import { RecentUnits } from './replay/recent-units.js';

/** Counts of items, with the tool calls as they were before them. */
export interface Uncovered {
  readonly chunks: number;
  readonly bytes: number;
  readonly chars: number;
  readonly toolsBefore: ToolsView;
}

/** A class: it exists once per stream. Each item is looked at once at most, however often somebody asks. */
export class ConsumerPosition {
  /** The last cursor that was passed; null also where the source has none. */
  cursor: string | null;
  /** What came after it without an id: it will come again to whoever goes on from the cursor. */
  #uncovered: Uncovered | null = null;
  /** What was passed before its checkpoint came, and is not counted yet. */
  #ahead: Uncovered | null = null;
  /** Items of the batch at hand that were looked at, and what they are together. */
  seen = 0;
  seenBytes = 0;
  seenChars = 0;
  #tools: ToolsView | null = null;
  /** What was passed last; null where nobody goes on from a cursor. */
  #recent: RecentUnits | null;
  /** The same, without what was passed before its checkpoint came. */
  #recentBefore: RecentUnits | null = null;

  constructor(cursor: string | null, recent: RecentUnits | null) {
    this.cursor = cursor;
    this.#recent = recent;
  }

  get recent(): RecentUnits | null {
    return this.#recent;
  }

  get uncovered(): Uncovered | null {
    return this.#uncovered;
  }

  /** The consumer has received so many items of the batch at hand, which is counted. */
  moveTo(batch: QueuedBatch<unknown>, count: number): void {
    const { items, endCursor } = batch;
    let [chunks, bytes, chars, toolsBefore] = [0, 0, 0, batch.toolsBefore];
    for (let n = this.seen; n < count; n++) {
      const item = items[n] as DataItem<unknown>;
      const itemChars = item.chars ?? 0;
      if (chunks === 0) toolsBefore = this.toolsIn(batch);
      chunks += 1;
      bytes += item.bytes;
      chars += itemChars;
      this.seenBytes += item.bytes;
      this.seenChars += itemChars;
      for (const delta of item.toolCall ?? NONE)
        this.#tools = viewOf(applyToolCall(this.toolsIn(batch).state, delta));
      const id = n === items.length - 1 ? (endCursor ?? item.id) : item.id;
      if (id !== undefined) {
        this.cover(id);
        chunks = bytes = chars = 0;
      }
    }
    this.seen = Math.max(this.seen, count);
    // Without a cursor there is nothing to go on from.
    if (chunks > 0 && this.cursor !== null)
      this.#uncovered = sum(this.#uncovered, { chunks, bytes, chars, toolsBefore });
  }

  /** The consumer has received all of the batch. */
  pass(batch: QueuedBatch<unknown>): void {
    const { items, state, bytes, chars, toolsBefore, endCursor } = batch;
    const cursor = cursorAtEnd(batch);
    if (state === 'pending') this.#recentBefore ??= this.#recent;
    const end = endCursor === null ? NONE : [{ type: 'checkpoint', cursor: endCursor } as const];
    if (state !== 'retracted') this.#remember(end === NONE ? items : [...items, ...end], bytes);
    if (state === 'pending')
      this.#ahead = sum(this.#ahead, { chunks: items.length, bytes, chars, toolsBefore });
    else if (cursor !== null) this.cover(cursor);
    else if (state === 'counted') this.moveTo(batch, items.length);
    this.seen = this.seenBytes = this.seenChars = 0;
    this.#tools = null;
  }

  /** A cursor came when all was passed. */
  reach(cursor: string): void {
    this.#remember([{ type: 'checkpoint', cursor }], 0);
    this.cover(cursor);
  }

  /** Everything that was passed is covered by this cursor. */
  cover(cursor: string): void {
    this.cursor = cursor;
    this.#uncovered = null;
  }

  /** What was passed in advance is counted now. */
  commit(): void {
    if (this.#ahead !== null) this.#uncovered = sum(this.#uncovered, this.#ahead);
    this.#ahead = this.#recentBefore = null;
  }

  /** What was passed in advance is never counted. */
  retract(): void {
    this.#recent = this.#recentBefore ?? this.#recent;
    this.#ahead = this.#recentBefore = null;
  }

  clear(): void {
    this.cursor = this.#uncovered = this.#ahead = this.#tools = this.#recentBefore = null;
    if (this.#recent !== null) this.#recent = RecentUnits.NONE;
    this.seen = this.seenBytes = this.seenChars = 0;
  }

  /** The tool calls where the consumer is in this batch. */
  toolsIn({ toolsBefore }: QueuedBatch<unknown>): ToolsView {
    return this.#tools ?? toolsBefore;
  }

  #remember(units: readonly Unit[], bytes: number): void {
    if (this.#recent !== null) this.#recent = this.#recent.with(units, bytes);
  }
}

/** Both together, the first before the second. */
function sum(first: Uncovered | null, second: Uncovered): Uncovered {
  if (first === null) return second;
  return {
    chunks: first.chunks + second.chunks,
    bytes: first.bytes + second.bytes,
    chars: first.chars + second.chars,
    toolsBefore: first.toolsBefore,
  };
}
