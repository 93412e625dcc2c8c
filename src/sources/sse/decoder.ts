/** From bytes of an event stream to items. WHATWG HTML, 9.2.6: interpreting an event stream. */

import { MAX_ID_LENGTH } from '../../../machines/contract.js';
import type { EndOutcome, SourceItem } from '../../../machines/contract.js';
import type { BodyDecoder } from '../http/body-batches.js';
import { OpenFailure, openFailure } from '../failure.js';
import { createEventStreamParser } from './event-stream-parser.js';
import type { EventStreamParser } from './event-stream-parser.js';
import { LineMeter } from './line-meter.js';
import { toOutcome } from '../outcome.js';
import { Utf8Decoder } from '../http/utf8.js';

export const EVENT_STREAM = 'text/event-stream';

/** One event of the stream, as the server sent it. */
export interface SseEvent {
  /** The `event:` field; `'message'` where the wire names none. */
  readonly type: string;
  readonly data: string;
  /** The last event id at this event, sticky as in the standard; `''` where there is none. */
  readonly id: string;
}

export interface SseDecoderOptions {
  readonly isEnd?: ((event: SseEvent) => boolean | EndOutcome) | undefined;
  readonly follows?: ((event: SseEvent) => string | undefined) | undefined;
  readonly maxLineBytes: number;
  readonly maxEventBytes: number;
}

/** @param lastEventId of the connection before; '' where there is none */
export function createSseDecoder(
  options: SseDecoderOptions,
  lastEventId: string,
): BodyDecoder<SseEvent> {
  return new SseDecoder(options, lastEventId);
}

/**
 * What one chunk gave so far. Fresh for each chunk, hence young: V8 keeps a list of the old objects that
 * point to young ones, and an entry in it for each event would cost as much as making the event.
 */
interface ChunkItems {
  readonly items: SourceItem<SseEvent>[];
  lastId: string;
  /** An id that no event of its block has claimed yet. */
  openId: string | undefined;
}

/** Between two chunks. */
const NO_CHUNK: ChunkItems = { items: [], lastId: '', openId: undefined };

class SseDecoder implements BodyDecoder<SseEvent> {
  ended = false;
  failure: OpenFailure | undefined;
  readonly #isEnd: SseDecoderOptions['isEnd'];
  readonly #follows: SseDecoderOptions['follows'];
  readonly #meter: LineMeter;
  readonly #utf8 = new Utf8Decoder();
  readonly #parser: EventStreamParser;
  #lastId: string;
  #chunk: ChunkItems = NO_CHUNK;
  #started = false;
  /** The end or a failure: what the parser still finds is not read. */
  #over = false;
  /** The body opens like HTML or JSON, and nothing came of it so far. */
  #suspect = false;

  constructor(options: SseDecoderOptions, lastEventId: string) {
    this.#isEnd = options.isEnd;
    this.#follows = options.follows;
    this.#lastId = lastEventId;
    this.#meter = new LineMeter(options.maxLineBytes, options.maxEventBytes);
    this.#parser = createEventStreamParser({
      // Called per event, so written out here: a private method costs a check and a call more.
      onEvent: (message) => {
        if (this.#over) return;
        const { id, data } = message;
        const chunk = this.#chunk;
        if (id !== undefined) {
          chunk.openId = undefined;
          chunk.lastId = id;
        } else if (chunk.openId !== undefined) this.#closeId();
        const event = { type: message.event ?? 'message', data, id: chunk.lastId };
        // UTF-16 units: exact for ASCII, and free; counting bytes costs as much as parsing.
        const item: SourceItem<SseEvent> = { type: 'data', data: event, bytes: data.length, id };
        chunk.items.push(this.#follows === undefined ? item : this.#linked(item, event));
        if (this.#isEnd !== undefined) this.#checkEnd(event);
      },
      // Called before the event of the same block, and for blocks without one.
      onId: (id) => {
        if (this.#over) return;
        const chunk = this.#chunk;
        if (chunk.openId !== undefined) this.#closeId();
        if (id.length > MAX_ID_LENGTH) this.#fail(tooLong('id'));
        else chunk.openId = id;
      },
      onRetry: (ms) => {
        this.#closeId();
        this.#push({ type: 'retry', ms: Math.min(ms, Number.MAX_SAFE_INTEGER) });
      },
    });
    // A blank line: ends the parser's own search for a byte order mark, which also takes the
    // letters U+00EF U+00BB U+00BF for one.
    this.#parser.feed('\n');
  }

  decode(chunk: Uint8Array): readonly SourceItem<SseEvent>[] {
    const excess = this.#meter.add(chunk);
    const { items } = (this.#chunk = { items: [], lastId: this.#lastId, openId: undefined });
    this.#feed(this.#utf8.decode(excess ? chunk.subarray(0, excess.offset) : chunk));
    if (excess && !this.ended) this.#fail(tooLong(excess.what));
    this.#lastId = this.#chunk.lastId;
    // Not kept: an idle stream would hold its last events, and the text that they are slices of.
    this.#chunk = NO_CHUNK;
    if (items.length > 0) {
      this.#suspect = false;
      this.#meter.settle();
    }
    return items;
  }

  finish(): OpenFailure | undefined {
    if (!this.#suspect) return undefined;
    return openFailure('protocol', 'The body is labelled text/event-stream but is none', {
      fatal: true,
    });
  }

  #feed(text: string): void {
    if (!this.#started && text !== '') {
      this.#started = true;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
      this.#suspect = /^\s*[<{[]/.test(text);
    }
    this.#parser.feed(text);
    this.#closeId();
  }

  #push(item: SourceItem<SseEvent>): void {
    if (!this.#over) this.#chunk.items.push(item);
  }

  #fail(failure: OpenFailure): void {
    this.failure ??= failure;
    this.#over = true;
  }

  #closeId(): void {
    const chunk = this.#chunk;
    const cursor = chunk.openId;
    if (cursor === undefined) return;
    chunk.openId = undefined;
    chunk.lastId = cursor;
    this.#push({ type: 'checkpoint', cursor });
  }

  #linked(item: SourceItem<SseEvent>, event: SseEvent): SourceItem<SseEvent> {
    try {
      return { ...item, follows: this.#follows?.(event) } as SourceItem<SseEvent>;
    } catch (cause) {
      this.#fail(openFailure('callback', 'follows threw', { fatal: true, cause }));
      return item;
    }
  }

  #checkEnd(event: SseEvent): void {
    try {
      const outcome = toOutcome(this.#isEnd?.(event));
      if (outcome === undefined) return;
      this.#push({ type: 'end', outcome });
      this.ended = this.#over = true;
    } catch (cause) {
      const threw = (): OpenFailure =>
        openFailure('callback', 'isEnd threw', { fatal: true, cause });
      this.#fail(cause instanceof OpenFailure ? cause : threw());
    }
  }
}

function tooLong(what: 'line' | 'event' | 'id'): OpenFailure {
  const option = { line: 'maxLineBytes', event: 'maxEventBytes', id: `${MAX_ID_LENGTH} letters` };
  return openFailure('limit', `The ${what} is longer than ${option[what]}`, { fatal: true });
}
