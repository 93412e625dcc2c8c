/** Where a consumer is: the last cursor it has passed, and what it was given since. */

import type { DataItem } from '../machines/contract.js';
import { applyToolCall } from '../machines/stream-state.js';
import type { StreamState } from '../machines/stream-state.js';

/** Counts of items, with the tool calls as they were before them. */
export interface Uncovered {
  readonly chunks: number;
  readonly bytes: number;
  readonly chars: number;
  readonly toolsBefore: StreamState;
}

export interface Position {
  /** The last cursor handed out. */
  readonly cursor: string | null;
  /** What came after it without an id: it will come again to whoever goes on from the cursor. */
  readonly uncovered: Uncovered | null;
}

/** Some items in order, with the tool calls as they were before them. */
interface Run {
  readonly items: readonly DataItem<unknown>[];
  readonly toolsBefore: StreamState;
}

/** The position after the first `count` items of the run. */
export function passed(position: Position, run: Run, count: number): Position {
  const { items } = run;
  const handedOut = items.slice(0, count);
  const at = handedOut.findLastIndex(({ id }) => id !== undefined);
  const cursor = items[at]?.id ?? position.cursor;
  // Without a cursor there is nothing to go on from.
  if (cursor === null || count === 0) return position;
  if (at === count - 1) return { cursor, uncovered: null };
  const since = sumOf({ items: handedOut, toolsBefore: run.toolsBefore }, at + 1);
  return { cursor, uncovered: at < 0 ? added(position.uncovered, since) : since };
}

/** What the run holds from this index on. */
export function sumOf({ items, toolsBefore }: Run, from: number): Uncovered {
  let [bytes, chars] = [0, 0];
  for (let n = from; n < items.length; n++) {
    bytes += items[n]?.bytes ?? 0;
    chars += items[n]?.chars ?? 0;
  }
  const before = items.slice(0, from).flatMap(({ toolCall }) => toolCall ?? []);
  return {
    chunks: items.length - from,
    bytes,
    chars,
    toolsBefore: before.reduce(applyToolCall, toolsBefore),
  };
}

/** Both together, the first before the second. */
export function added(first: Uncovered | null, second: Uncovered): Uncovered {
  if (first === null) return second;
  return {
    chunks: first.chunks + second.chunks,
    bytes: first.bytes + second.bytes,
    chars: first.chars + second.chars,
    toolsBefore: first.toolsBefore,
  };
}
