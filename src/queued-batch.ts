/** What waits for the consumer: items of one batch, and what is known of all of them. */

import type { DataItem } from '../machines/contract.js';
import type { ToolsView } from './call-table.js';

export interface QueuedBatch<T> {
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
}

/** The cursor that covers all up to this item, where it has one. */
export function cursorAt({ items, endCursor }: QueuedBatch<unknown>, at: number): string | null {
  return (at === items.length - 1 ? endCursor : null) ?? items[at]?.id ?? null;
}
