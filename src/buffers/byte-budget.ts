/** The memory that waits in one stream, in bytes: one number that every holder draws on. */

import type { DataItem, SourceMemory } from '../../machines/source-contract.js';
import { ReconnectError } from '../../machines/errors.js';

/** What an item takes besides its content, about: its object, its place in a list, the headers of its strings. */
export const ITEM_OVERHEAD_BYTES = 256;
/** A UTF-16 code unit. */
const BYTES_PER_UNIT = 2;
/** JSON that was parsed, by the size of its text, as it is on average where a mistake would end the stream. */
const BYTES_PER_PARSED_UNIT = 10;
/** The same at most, where it only stops the reading: an empty object of two characters in a list takes 64 bytes. */
const MOST_BYTES_PER_PARSED_UNIT = 28;

/** A class: it exists once per stream, and its numbers are changed per batch. */
export class ByteBudget {
  readonly maxBytes: number;
  /** Queued for the consumer: where that is too much, reading stops until it has taken some. */
  queued = 0;
  /** Held until the peer sends more, so that to stop reading would not help. */
  #held = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** What may still be added. */
  get free(): number {
    return Math.max(0, this.maxBytes - this.queued - this.#held);
  }

  /** Changes what is held by so many bytes, and returns whether all of that is within the budget. */
  hold(bytes: number): boolean {
    this.#held += bytes;
    return this.#held <= this.maxBytes;
  }
}

/** What one connection holds by itself: given back when the connection is left. */
export class ConnectionMemory implements SourceMemory {
  readonly #budget: ByteBudget;
  #bytes = 0;
  #isOver = false;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  get free(): number {
    return this.#budget.free;
  }

  hold(bytes: number): void {
    if (this.#isOver) return;
    this.#bytes += bytes;
    this.#budget.queued += bytes;
  }

  release(): void {
    this.hold(-this.#bytes);
    this.#isOver = true;
  }
}

/** Memory that an item takes, about. */
export function weightOf(item: DataItem<unknown>): number {
  const idUnits = item.id === undefined ? 0 : item.id.length;
  return (
    ITEM_OVERHEAD_BYTES +
    bytesPerUnit(item.data, BYTES_PER_PARSED_UNIT) * item.bytes +
    BYTES_PER_UNIT * idUnits
  );
}

/** Memory that items of one batch take, about, by what the first of them is. @param bytes of all of them */
export function weightOfBatch(items: readonly DataItem<unknown>[], bytes: number): number {
  const perUnit = bytesPerUnit(items[0]?.data, MOST_BYTES_PER_PARSED_UNIT);
  return items.length * ITEM_OVERHEAD_BYTES + perUnit * bytes;
}

/** The error for what is held. @param what says of what there is too much, and what to do */
export function overBudget({ maxBytes }: ByteBudget, what: string): ReconnectError {
  return new ReconnectError('limit', `more than ${maxBytes} bytes (maxBufferedBytes) ${what}`);
}

/** An event of an event stream is text, too, as long as nobody has parsed it. */
function bytesPerUnit(data: unknown, parsed: number): number {
  if (typeof data === 'string') return BYTES_PER_UNIT;
  if (typeof data !== 'object' || data === null || ArrayBuffer.isView(data)) return 1;
  try {
    const isText = typeof (data as { data?: unknown }).data === 'string';
    return isText ? BYTES_PER_UNIT : parsed;
  } catch {
    // A getter of an item that is the caller's own.
    return parsed;
  }
}
