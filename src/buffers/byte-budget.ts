/** The memory budget of one stream, in bytes: everything that is queued or held counts toward one limit. */

import type { DataItem, SourceMemory } from '../../machines/source-contract.js';
import { ReconnectError } from '../../machines/errors.js';

/** Approximate memory of an item besides its content: its object, its slot in a list, the headers of its strings. */
export const ITEM_OVERHEAD_BYTES = 256;
/** Bytes of a UTF-16 code unit. */
const BYTES_PER_UNIT = 2;
/** Bytes per code unit of parsed JSON, on average: used where too high an estimate would end the stream. */
const BYTES_PER_PARSED_UNIT = 10;
/** The same at most: used where it only stops the reading. An empty object of two characters in a list takes 64 bytes. */
const MOST_BYTES_PER_PARSED_UNIT = 28;

/** A class: it exists once per stream, and its numbers are changed per batch. */
export class ByteBudget {
  readonly maxBytes: number;
  /** Bytes queued for the consumer: above the limit, reading stops until the consumer has taken some. */
  queued = 0;
  /** Bytes held until the peer sends more, where a stop of reading would not help. */
  #held = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Bytes that may still be added. */
  get free(): number {
    return Math.max(0, this.maxBytes - this.queued - this.#held);
  }

  /** Adds this many bytes (or removes, if negative) to what is held. Returns whether that is within the budget. */
  hold(bytes: number): boolean {
    this.#held += bytes;
    return this.#held <= this.maxBytes;
  }
}

/** The memory that one connection holds itself, returned to the budget when the connection is left. */
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

/** Returns the approximate memory of an item. */
export function weightOf(item: DataItem<unknown>): number {
  const idUnits = item.id === undefined ? 0 : item.id.length;
  return (
    ITEM_OVERHEAD_BYTES +
    bytesPerUnit(item.data, BYTES_PER_PARSED_UNIT) * item.bytes +
    BYTES_PER_UNIT * idUnits
  );
}

/** Returns the approximate memory of the items of a batch, judged by the first one. @param bytes of all of them */
export function weightOfBatch(items: readonly DataItem<unknown>[], bytes: number): number {
  const perUnit = bytesPerUnit(items[0]?.data, MOST_BYTES_PER_PARSED_UNIT);
  return items.length * ITEM_OVERHEAD_BYTES + perUnit * bytes;
}

/** Returns the error for a held amount over the limit. @param what names what is too much, and what to do */
export function overBudget({ maxBytes }: ByteBudget, what: string): ReconnectError {
  return new ReconnectError('limit', `more than ${maxBytes} bytes (maxBufferedBytes) ${what}`);
}

/** Returns true for text, and for an unparsed event of an event stream. */
function bytesPerUnit(data: unknown, parsed: number): number {
  if (typeof data === 'string') return BYTES_PER_UNIT;
  if (typeof data !== 'object' || data === null || ArrayBuffer.isView(data)) return 1;
  try {
    const isText = typeof (data as { data?: unknown }).data === 'string';
    return isText ? BYTES_PER_UNIT : parsed;
  } catch {
    // The item may be the caller's own object, with a getter that throws.
    return parsed;
  }
}
