/** What waits for the consumer: items of one batch, and what is known of all of them. */

import type { DataItem } from '../../machines/source-contract.js';
import type { ToolsView } from '../progress/call-table.js';
import { EMPTY } from '../progress/empty.js';
import type { Unit } from '../replay/committed-items.js';
import { LAST_UNITS, printOf } from '../replay/recent-units.js';

export interface QueuedBatch<T> {
  /** One with a piece of a tool call is alone. */
  readonly items: readonly DataItem<T>[];
  /** The tool calls as they were before them. */
  readonly toolsBefore: ToolsView;
  readonly bytes: number;
  readonly chars: number;
  /** Memory that they take, about. */
  readonly weight: number;
  /** `pending`: delivered before their checkpoint, not counted yet. `retracted`: taken back, never counted. */
  state: 'counted' | 'pending' | 'retracted';
  /** A cursor that came behind the last item, and covers all of them. */
  endCursor: string | null;
  /** Those before it that came behind the last item too: fingerprints of the last ones. */
  formerCursors: string[] | null;
}

/** Everything up to the end of the batch is covered by this cursor. */
export function coverBatch(batch: QueuedBatch<unknown>, cursor: string): void {
  const { endCursor } = batch;
  if (endCursor !== null) {
    const former = (batch.formerCursors ??= []);
    former.push(printOf({ type: 'checkpoint', cursor: endCursor }));
    if (former.length > 2 * LAST_UNITS) former.splice(0, LAST_UNITS);
  }
  batch.endCursor = cursor;
}

/** The items, and the cursors behind them. */
export function unitsOf({
  items,
  endCursor,
  formerCursors,
}: QueuedBatch<unknown>): readonly (Unit | string)[] {
  if (endCursor === null) return items;
  return [...items, ...(formerCursors ?? EMPTY), { type: 'checkpoint', cursor: endCursor }];
}

/** The cursor that covers all up to this item, where it has one. */
export function cursorAt({ items, endCursor }: QueuedBatch<unknown>, at: number): string | null {
  return (at === items.length - 1 ? endCursor : null) ?? items[at]?.id ?? null;
}
