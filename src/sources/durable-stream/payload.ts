/** Decodes the payload of a durable stream into items, each with its position in the log. */

import type { DataItem } from '../../../machines/source-contract.js';
import { Utf8Decoder } from '../http/response/utf8.js';
import { JsonArrayReader } from './json-array.js';
import type { LogPosition } from './position.js';
import { TextPieces } from './text-pieces.js';

export const FORMATS = ['json', 'text', 'bytes'] as const;
/** `json`: each message is an item. `text`, `bytes`: each piece that arrives is one. */
export type DurableFormat = (typeof FORMATS)[number];

type Items = readonly DataItem<unknown>[];

/** One per connection: an incomplete piece may be completed by the next response. */
export interface Payload {
  /** Whether the last character is complete. */
  readonly isWhole: boolean;
  /** Whether even a response without messages has a body. */
  readonly isNeverEmpty: boolean;
  /** Begins a response, or an event. */
  begin(): void;
  /** Yields the items that are new to the consumer. @throws SourceError */
  read(piece: Uint8Array | string): Iterable<Items>;
  /** Ends the response, or the event. @throws SourceError if it was cut. */
  end(): Iterable<Items>;
  /** Ends the log. */
  finish(): Items;
}

/** @param maxBytes limit of one message of JSON */
export function createPayload(
  format: DurableFormat,
  position: LogPosition,
  maxBytes: number,
): Payload {
  if (format === 'json') return new JsonPayload(position, maxBytes);
  return format === 'text' ? new TextPayload(position) : new BytesPayload(position);
}

const EMPTY: Items = [];
const NO_BATCHES: readonly Items[] = [];
/** Number of items per batch: a slow reader then delays the rest. */
export const BATCH_SIZE = 1024;

/** Number of characters parsed at once: an event of some MiB may contain millions of small messages. */
const PIECE_LENGTH = 65_536;

/** Reads a log of JSON, which arrives as arrays of messages. */
class JsonPayload implements Payload {
  readonly isWhole = true;
  readonly isNeverEmpty = true;
  readonly #position: LogPosition;
  readonly #maxBytes: number;
  #array: JsonArrayReader;
  #utf8 = new Utf8Decoder();
  /** Characters read since the last message. */
  #size = 0;

  constructor(position: LogPosition, maxBytes: number) {
    this.#position = position;
    this.#maxBytes = maxBytes;
    this.#array = new JsonArrayReader(maxBytes);
  }

  begin(): void {
    this.#array = new JsonArrayReader(this.#maxBytes);
    this.#utf8 = new Utf8Decoder();
    this.#size = 0;
  }

  *read(piece: Uint8Array | string): Generator<Items> {
    const text = typeof piece === 'string' ? piece : this.#utf8.decode(piece);
    for (let at = 0; at < text.length; at += PIECE_LENGTH) {
      const part = text.length <= PIECE_LENGTH ? text : text.slice(at, at + PIECE_LENGTH);
      this.#size += part.length;
      yield* this.#items(this.#array.push(part));
    }
  }

  end(): Iterable<Items> {
    return this.#items(this.#array.end());
  }

  finish(): Items {
    return EMPTY;
  }

  *#items(messages: readonly unknown[]): Generator<Items> {
    const { length } = messages;
    if (length === 0) return;
    const position = this.#position;
    const bytes = Math.ceil(this.#size / length);
    this.#size = 0;
    let items: DataItem<unknown>[] = [];
    for (let n = position.pass(length); n < length; n++) {
      const id = position.cursorBefore(length - n - 1);
      items.push({ type: 'data', data: messages[n], bytes, id });
      if (items.length < BATCH_SIZE && n < length - 1) continue;
      yield items;
      items = [];
    }
  }
}

class BytesPayload implements Payload {
  readonly isWhole = true;
  readonly isNeverEmpty = false;
  readonly #position: LogPosition;

  constructor(position: LogPosition) {
    this.#position = position;
  }

  begin(): void {}

  read(piece: Uint8Array | string): Iterable<Items> {
    const bytes = toBytes(piece);
    const data = bytes.subarray(this.#position.pass(bytes.length));
    return data.length === 0 ? NO_BATCHES : [[this.#item(data)]];
  }

  end(): Iterable<Items> {
    return NO_BATCHES;
  }

  finish(): Items {
    return EMPTY;
  }

  #item(data: Uint8Array): DataItem<unknown> {
    return { type: 'data', data, bytes: data.length, id: this.#position.cursorBefore(0) };
  }
}

/** Reads a log of text. Counts bytes, so that an incomplete character is not part of the delivered text. */
class TextPayload implements Payload {
  readonly isNeverEmpty = false;
  readonly #position: LogPosition;
  readonly #pieces = new TextPieces();

  constructor(position: LogPosition) {
    this.#position = position;
  }

  get isWhole(): boolean {
    return this.#pieces.isWhole;
  }

  begin(): void {}

  read(piece: Uint8Array | string): Iterable<Items> {
    const items = this.#items(this.#pieces.add(toBytes(piece)));
    return items === EMPTY ? NO_BATCHES : [items];
  }

  end(): Iterable<Items> {
    return NO_BATCHES;
  }

  finish(): Items {
    return this.#items(this.#pieces.rest());
  }

  #items(whole: Uint8Array): Items {
    const position = this.#position;
    const { isStart } = position;
    const bytes = whole.subarray(position.pass(whole.length));
    const text = decoder.decode(bytes);
    const data = isStart && text.startsWith('\uFEFF') ? text.slice(1) : text;
    if (data === '') return EMPTY;
    return [{ type: 'data', data, bytes: bytes.length, id: position.cursorBefore(0) }];
  }
}

const encoder: TextEncoder = new TextEncoder();
/** Decodes whole characters only, so it keeps no state. */
const decoder: TextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

function toBytes(piece: Uint8Array | string): Uint8Array {
  return typeof piece === 'string' ? encoder.encode(piece) : piece;
}
