/** Positions in a durable stream: an offset of the server, and how much of what follows it was delivered. */

import { MAX_ID_LENGTH } from '../../../machines/source-contract.js';
import { sourceError } from '../shared/source-error.js';

/** The position after a response, as the server sends it. */
export interface StreamOffset {
  /** Opaque; `-1` is the start, `now` the tail. */
  readonly offset: string;
  /** A value of the server for its caches, which is sent back. */
  readonly cursor?: string | undefined;
}

/** An offset and the number of units after it: messages of JSON, bytes of everything else. */
export interface CursorParts {
  readonly offset: string;
  readonly units: number;
}

/** The form of a position. An offset that ends like one is written with ` +0`. */
const SUFFIX = / \+(\d{1,15})$/;

/**
 * The server sends one offset for many messages. A log never changes behind an offset, so each message has its
 * own position: the last offset before it and its number from there.
 */
function toCursor({ offset, units }: CursorParts): string {
  return units === 0 && !SUFFIX.test(offset) ? offset : `${offset} +${units}`;
}

export function parseCursor(cursor: string): CursorParts {
  const [suffix = '', units = '0'] = SUFFIX.exec(cursor) ?? [];
  return { offset: cursor.slice(0, cursor.length - suffix.length), units: Number(units) };
}

/** Room for ` +` and the number. */
const MAX_OFFSET_LENGTH = MAX_ID_LENGTH - 32;

/** @throws SourceError for an offset that a checkpoint could not hold. */
export function checkOffset(offset: string): string {
  // eslint-disable-next-line no-control-regex
  if (offset.length <= MAX_OFFSET_LENGTH && !/[\0-\x1f\x7f]/.test(offset)) return offset;
  const message = `expected an offset of at most ${MAX_OFFSET_LENGTH} characters and no control characters`;
  throw sourceError('limit', message, { fatal: true });
}

/** The position of one connection in the log. A class: its methods are called per message. */
export class LogPosition {
  /** The offset of the next request. */
  next: StreamOffset;
  /** Units read on this connection. */
  total = 0;
  /** The offset from which cursors count. */
  #base: string;
  /** Units read after that offset. */
  #read = 0;
  /** Units after that offset that were delivered before this connection. */
  #delivered: number;

  constructor({ offset, units }: CursorParts) {
    this.next = { offset };
    this.#base = offset;
    this.#delivered = units;
  }

  /** Returns whether nothing of the log was read or delivered. */
  get isStart(): boolean {
    return this.#base === '-1' && this.#read === 0 && this.#delivered === 0;
  }

  /** Returns whether the log was longer when it was read before. */
  get isBehind(): boolean {
    return this.#read < this.#delivered;
  }

  /** Advances by this many units, and returns how many of them were delivered before. */
  pass(units: number): number {
    const old = Math.min(units, Math.max(0, this.#delivered - this.#read));
    this.#read += units;
    this.total += units;
    return old;
  }

  /** Returns the cursor this many units before the end of what was read. */
  cursorBefore(units: number): string {
    return toCursor({ offset: this.#base, units: this.#read - units });
  }

  /**
   * Takes the offset that the server sent for the end of what was read.
   * @param isWhole false while the last character is incomplete: then a reader that starts there could not read it
   * @returns the cursor, if that is a new position for the consumer
   */
  advance(next: StreamOffset, isWhole: boolean): string | null {
    this.next = next;
    if (next.offset === this.#base || !isWhole) return null;
    this.#delivered = Math.max(0, this.#delivered - this.#read);
    this.#read = 0;
    this.#base = next.offset;
    return this.isBehind ? null : toCursor({ offset: this.#base, units: 0 });
  }
}
