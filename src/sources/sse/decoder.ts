/** Decodes the bytes of an event stream into items (WHATWG HTML, 9.2.6: interpreting an event stream). */

import { MAX_ID_LENGTH } from '../../../machines/source-contract.js';
import type { DataItem, EndOutcome, SourceItem } from '../../../machines/source-contract.js';
import { MAX_ERROR_BODY } from '../../../machines/errors.js';
import { readPeerError, withPeerError } from '../../tool-calls/response/peer-error.js';
import type { BodyDecoder } from '../http/response/body-reader.js';
import { SourceError, sourceError } from '../shared/source-error.js';
import { ask, wrongResponse } from '../shared/to-items.js';
import { createEventStreamParser } from './event-stream-parser.js';
import type { EventStreamParser } from './event-stream-parser.js';
import { LineMeter } from './line-meter.js';
import { toOutcome } from '../shared/to-outcome.js';
import type { RotateItem } from '../shared/rotation.js';
import { Utf8Decoder } from '../http/response/utf8.js';

export const EVENT_STREAM = 'text/event-stream';

/** One event of the stream, as the server sent it. */
export interface SseEvent {
  /** The `event:` field; `'message'` without one. */
  readonly type: string;
  readonly data: string;
  /** The last event id at this event, sticky as in the standard; `''` before the first one. */
  readonly id: string;
}

export interface SseDecoderOptions<T = SseEvent> {
  readonly parse?: ((event: SseEvent) => T | undefined) | undefined;
  readonly onComment?: ((comment: string) => void) | undefined;
  readonly isEnd?: ((event: SseEvent) => boolean | EndOutcome) | undefined;
  /** Returns the planned end that an event announces. */
  readonly rotation?: ((event: SseEvent) => RotateItem | undefined) | undefined;
  readonly follows?: ((event: SseEvent) => string | undefined) | undefined;
  readonly maxLineBytes: number;
  readonly maxEventBytes: number;
}

/** @param lastEventId the last id of the connection before; '' without one */
export function createSseDecoder<T = SseEvent>(
  options: SseDecoderOptions<T>,
  lastEventId: string,
): BodyDecoder<T> {
  return new SseDecoder(options, lastEventId);
}

/**
 * The result of one chunk so far. A new object per chunk, which V8 treats as young: V8 keeps a list of the old objects that
 * point to young ones, and an entry in it for each event would cost as much as making the event.
 */
interface ChunkItems<T> {
  readonly items: SourceItem<T>[];
  lastId: string;
  /** Whether an event ended in this chunk. */
  hasEvent: boolean;
  /** An id for which no event of its block came yet. */
  openId: string | undefined;
}

/** The state between two chunks. */
const NO_CHUNK: ChunkItems<never> = { items: [], lastId: '', hasEvent: false, openId: undefined };

class SseDecoder<T> implements BodyDecoder<T> {
  ended = false;
  failure: SourceError | undefined;
  readonly #parse: SseDecoderOptions<T>['parse'];
  readonly #isEnd: SseDecoderOptions['isEnd'];
  readonly #follows: SseDecoderOptions['follows'];
  readonly #rotation: SseDecoderOptions['rotation'];
  readonly #meter: LineMeter;
  readonly #utf8 = new Utf8Decoder();
  readonly #parser: EventStreamParser;
  #lastId: string;
  #chunk: ChunkItems<T> = NO_CHUNK;
  #started = false;
  /** Set by the end or a failure: further events of the parser are ignored. */
  #over = false;
  /** Set for a body that begins like HTML or JSON, until it has an event. */
  #suspect = '';

  constructor(options: SseDecoderOptions<T>, lastEventId: string) {
    const { onComment } = options;
    this.#parse = options.parse;
    this.#isEnd = options.isEnd;
    this.#follows = options.follows;
    this.#rotation = options.rotation;
    this.#lastId = lastEventId;
    this.#meter = new LineMeter(options.maxLineBytes, options.maxEventBytes);
    this.#parser = createEventStreamParser({
      // Called per event, so inlined here: a private method would cost a check and a call more.
      onEvent: (message) => {
        if (this.#over) return;
        const { data } = message;
        const chunk = this.#chunk;
        // An empty id takes the last one back, and has no effect before the first one.
        const id = message.id === '' && chunk.lastId === '' ? undefined : message.id;
        chunk.hasEvent = true;
        if (id !== undefined) {
          chunk.openId = undefined;
          chunk.lastId = id;
        } else if (chunk.openId !== undefined) this.#closeId();
        const event = { type: message.event ?? 'message', data, id: chunk.lastId };
        if (this.#rotation !== undefined && this.#isRotation(event, id)) return;
        if (this.#parse !== undefined) return this.#pushParsed(event, id, this.#parse);
        const raw = message.event === undefined ? data : `${message.event}\n${data}`;
        // UTF-16 units: exact for ASCII, and free; counting bytes costs as much as parsing.
        const item = { type: 'data', data: event as T, bytes: data.length, id, raw } as const;
        chunk.items.push(this.#follows === undefined ? item : this.#linked(item, event));
        if (this.#isEnd !== undefined) this.#pushEnd(this.#outcomeOf(event));
      },
      // Called before the event of the same block, and for blocks without one.
      onId: (id) => {
        if (this.#over) return;
        const chunk = this.#chunk;
        if (chunk.openId !== undefined) this.#closeId();
        if (id === '' && chunk.lastId === '') return;
        if (id.length > MAX_ID_LENGTH) this.#fail(tooLong('id'));
        else chunk.openId = id;
      },
      onRetry: (ms) => {
        this.#closeId();
        this.#push({ type: 'retry', ms: Math.min(ms, Number.MAX_SAFE_INTEGER) });
      },
      ...(onComment === undefined
        ? {}
        : { onComment: (comment: string) => this.#comment(comment, onComment) }),
    });
    // A blank line: ends the parser's own search for a byte order mark, which also takes the
    // characters U+00EF U+00BB U+00BF for one.
    this.#parser.feed('\n');
  }

  get heldBytes(): number {
    return this.#meter.held;
  }

  decode(chunk: Uint8Array): readonly SourceItem<T>[] {
    const excess = this.#meter.add(chunk);
    const { items } = (this.#chunk = {
      items: [],
      lastId: this.#lastId,
      hasEvent: false,
      openId: undefined,
    });
    this.#feed(this.#utf8.decode(excess ? chunk.subarray(0, excess.offset) : chunk));
    if (excess && !this.ended) this.#fail(tooLong(excess.what));
    this.#lastId = this.#chunk.lastId;
    // Only an event: `retry` and `id` come from lines in the middle of one.
    if (this.#chunk.hasEvent) this.#meter.settle();
    // Cleared: an idle stream would keep its last events, and the text of which they are slices.
    this.#chunk = NO_CHUNK;
    if (items.length > 0) this.#suspect = '';
    return items;
  }

  finish(): SourceError | undefined {
    const body = this.#suspect;
    if (body === '') return undefined;
    const peer = readPeerError(body);
    const message = withPeerError(
      'The body is labelled text/event-stream, but is no event stream',
      peer,
    );
    return sourceError('protocol', message, { fatal: true, code: peer.code, body });
  }

  #feed(text: string): void {
    if (!this.#started && text !== '') {
      this.#started = true;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
      if (/^\s*[<{[]/.test(text)) this.#suspect = text;
    } else if (this.#suspect !== '' && this.#suspect.length < MAX_ERROR_BODY) this.#suspect += text;
    this.#parser.feed(text);
    this.#closeId();
  }

  #push(item: SourceItem<T>): void {
    if (!this.#over) this.#chunk.items.push(item);
  }

  /** Parses the event that ends the stream. It need not be valid for `parse`: `[DONE]` is no JSON. */
  #pushParsed(
    event: SseEvent,
    id: string | undefined,
    parse: (event: SseEvent) => T | undefined,
  ): void {
    const outcome = this.#outcomeOf(event);
    let data: T | undefined;
    try {
      data = ask('parse', parse, event);
    } catch (failure) {
      if (outcome === undefined) return this.#fail(failure as SourceError);
    }
    const { data: raw } = event;
    if (data !== undefined) {
      const item = { type: 'data', data, bytes: raw.length, id, raw } as const;
      this.#push(this.#follows === undefined ? item : this.#linked(item, event));
    } else if (id !== undefined) this.#push({ type: 'checkpoint', cursor: id });
    else if (outcome === undefined) this.#push({ type: 'alive' });
    this.#pushEnd(outcome);
  }

  /** Returns whether the event announces a planned end, and is no data. */
  #isRotation(event: SseEvent, id: string | undefined): boolean {
    try {
      const item = this.#rotation?.(event);
      if (item === undefined) return false;
      if (id !== undefined) this.#push({ type: 'checkpoint', cursor: id });
      this.#push(item);
    } catch (failure) {
      this.#fail(failure as SourceError);
    }
    return true;
  }

  #comment(comment: string, onComment: (comment: string) => void): void {
    if (this.#over) return;
    try {
      ask('onComment', onComment, comment);
    } catch (failure) {
      this.#fail(failure as SourceError);
    }
  }

  #fail(failure: SourceError): void {
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

  #linked(item: DataItem<T>, event: SseEvent): DataItem<T> {
    try {
      const follows: unknown =
        this.#follows === undefined ? undefined : ask('follows', this.#follows, event);
      if (follows === undefined || typeof follows === 'string') return { ...item, follows };
      throw wrongResponse('follows', 'a string or undefined', follows);
    } catch (failure) {
      this.#fail(failure as SourceError);
      return item;
    }
  }

  #outcomeOf(event: SseEvent): EndOutcome | undefined {
    try {
      return toOutcome(this.#isEnd?.(event));
    } catch (cause) {
      const threw = (): SourceError =>
        sourceError('callback', 'isEnd threw', { fatal: true, cause });
      this.#fail(cause instanceof SourceError ? cause : threw());
      return undefined;
    }
  }

  #pushEnd(outcome: EndOutcome | undefined): void {
    if (outcome === undefined) return;
    this.#push({ type: 'end', outcome });
    this.ended = this.#over = true;
  }
}

function tooLong(what: 'line' | 'event' | 'id'): SourceError {
  const option = {
    line: 'maxLineBytes',
    event: 'maxEventBytes',
    id: `${MAX_ID_LENGTH} UTF-16 code units`,
  };
  return sourceError('limit', `The ${what} is longer than ${option[what]}`, { fatal: true });
}
