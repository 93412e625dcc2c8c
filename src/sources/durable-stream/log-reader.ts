/** Reads the log over one connection, response by response: items, checkpoints, and the end. */

import type { SourceItem } from '../../../machines/source-contract.js';
import { createPayload } from './payload.js';
import type { DurableFormat, Payload } from './payload.js';
import type { LogPosition, StreamOffset } from './position.js';
import { shorterLog } from './request.js';

export type Batch = readonly SourceItem<unknown>[];

/** The tail of the log was reached. */
export const UP_TO_DATE: SourceItem<never> = Object.freeze({ type: 'upToDate' });

/** The result of one request. */
export interface Turn {
  /** The log is closed. */
  readonly isEnd: boolean;
  /** The wait that the server asks for before the next request, in ms. */
  readonly retryMs: number;
}

/** A class: its methods are called per event. */
export class LogReader {
  readonly position: LogPosition;
  readonly #maxBytes: number;
  #payload: Payload | null = null;
  /** The offset of an empty response that may have been cut. */
  #doubted: string | null = null;

  constructor(position: LogPosition, maxBytes: number) {
    this.position = position;
    this.#maxBytes = maxBytes;
  }

  /** The payload reader of this connection. */
  payloadOf(format: DurableFormat): Payload {
    return (this.#payload ??= createPayload(format, this.position, this.#maxBytes));
  }

  /**
   * Returns whether an empty response must be requested once more before its offset counts: a response that was cut before
   * its first byte looks the same.
   */
  doubts(next: StreamOffset): boolean {
    const isMoved = next.offset !== this.position.next.offset;
    const isFirst = this.#doubted !== next.offset;
    this.#doubted = next.offset;
    return isMoved && isFirst;
  }

  /** Takes the offset that the server sent for the end of what was read. */
  advance(next: StreamOffset): Batch {
    const cursor = this.position.advance(next, this.#payload?.isWhole ?? true);
    return cursor === null ? [] : [{ type: 'checkpoint', cursor }];
  }

  /** Ends the log at what was read. @throws SourceError if the log was longer before. */
  close(next: StreamOffset): Batch {
    const rest = this.#payload?.finish() ?? [];
    const checkpoint = this.advance(next);
    if (this.position.isBehind) throw shorterLog();
    return [...rest, ...checkpoint, { type: 'end', outcome: 'complete' }];
  }
}
