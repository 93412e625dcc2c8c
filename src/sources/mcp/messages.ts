/** Decodes the body of a response into messages: from events, or from one document of JSON. */

import type { SourceItem } from '../../../machines/source-contract.js';
import { reportedError } from '../../tool-calls/response/peer-error.js';
import { sourceError } from '../shared/source-error.js';
import type { SourceError } from '../shared/source-error.js';
import type { BodyDecoder } from '../http/response/body-reader.js';
import { Utf8Decoder } from '../http/response/utf8.js';
import type { SseEvent } from '../sse/decoder.js';
import { parseEvent } from '../sse/protocol.js';
import type { SseProtocol } from '../sse/protocol.js';
import { isBlank, roleOf } from './message.js';
import type { JsonRpcMessage } from './message.js';

type Item = SourceItem<JsonRpcMessage>;

/** Reads the messages of one response. */
export class MessageReader implements SseProtocol<JsonRpcMessage> {
  /** The server's error, after its message was delivered: no request follows. */
  failure: SourceError | undefined;
  /** The response was read. */
  isOver = false;
  /** The last event id of all connections. */
  cursor: string | undefined;
  readonly #id: string | number;

  constructor(id: string | number) {
    this.#id = id;
  }

  /** An event without data carries only an id to continue from. */
  read(event: SseEvent, id: string | undefined): readonly Item[] {
    if (id !== undefined) this.cursor = id;
    const json = jsonOf(event);
    const items = json === undefined ? [] : this.take(json, event.data, id);
    if (items.length > 0) return items;
    return [id === undefined ? { type: 'alive' } : { type: 'checkpoint', cursor: id }];
  }

  /** @param json one message, or a batch of messages */
  take(json: unknown, raw: string, id?: string): Item[] {
    const items: Item[] = [];
    const list: unknown[] = Array.isArray(json) ? json : [json];
    const messages = list.filter((message) => !isBlank(message));
    for (const [n, message] of messages.entries()) {
      const isLast = n === messages.length - 1;
      const data = message as JsonRpcMessage;
      const bytes = n === 0 ? raw.length : 0;
      items.push({ type: 'data', data, bytes, raw, ...(isLast && id !== undefined ? { id } : {}) });
      const role = roleOf(message, this.#id);
      if (role === 'other') continue;
      this.isOver = true;
      if (role === 'error') this.failure = errorOf(message);
      else items.push({ type: 'end', outcome: 'complete' });
      break;
    }
    return items;
  }
}

/** Reads a response that is no stream: its messages are known when it is complete. */
export class DocumentDecoder implements BodyDecoder<JsonRpcMessage> {
  ended = false;
  failure: SourceError | undefined;
  readonly #reader: MessageReader;
  readonly #maxBytes: number;
  readonly #utf8 = new Utf8Decoder();
  #text = '';
  /** Length of the text at the last try. */
  #tried = 0;

  constructor(reader: MessageReader, maxBytes: number) {
    this.#reader = reader;
    this.#maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.#text.length;
  }

  decode(chunk: Uint8Array): readonly Item[] {
    this.#text += this.#utf8.decode(chunk);
    if (this.#text.length > this.#maxBytes) {
      this.failure = sourceError('limit', 'The response is longer than maxEventBytes', {
        fatal: true,
      });
      return [];
    }
    // A complete document is complete, however the connection ends. Each try parses all of it.
    const mayBeWhole = /[}\]]\s*$/.test(this.#text.slice(-64));
    if (!mayBeWhole || this.#text.length < this.#tried * 2) return [];
    this.#tried = this.#text.length;
    return this.#read() ?? [];
  }

  finish(): readonly Item[] | SourceError {
    return (
      this.#read() ??
      sourceError('network', 'The response ended in the middle of its JSON', { fatal: false })
    );
  }

  /** @returns undefined while the document is incomplete */
  #read(): readonly Item[] | undefined {
    const json = parsed(this.#text);
    if (json === undefined) return undefined;
    this.ended = true;
    const items = this.#reader.take(json, this.#text);
    if (!this.#reader.isOver) this.failure = unanswered();
    return items;
  }
}

/** Adds the server's error to the items of a decoder, after the message that contains it. */
export class ResponseDecoder implements BodyDecoder<JsonRpcMessage> {
  readonly #decoder: BodyDecoder<JsonRpcMessage>;
  readonly #reader: MessageReader;

  constructor(decoder: BodyDecoder<JsonRpcMessage>, reader: MessageReader) {
    this.#decoder = decoder;
    this.#reader = reader;
  }

  get ended(): boolean {
    return this.#decoder.ended;
  }
  get failure(): SourceError | undefined {
    return this.#reader.failure ?? this.#decoder.failure;
  }

  get heldBytes(): number | undefined {
    return this.#decoder.heldBytes;
  }

  decode(chunk: Uint8Array): readonly Item[] {
    return this.#decoder.decode(chunk);
  }

  finish(): readonly Item[] | SourceError | undefined {
    return this.#decoder.finish();
  }
}

/** Returns the JSON of an event; undefined if it is no message. Messages have no event name, or `message`. */
function jsonOf(event: SseEvent): unknown {
  if (event.data.trim() === '') return undefined;
  try {
    return parseEvent(event);
  } catch (thrown) {
    if (event.type !== 'message') return undefined;
    throw thrown;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch {
    return undefined;
  }
}

function unanswered(): SourceError {
  return sourceError('protocol', 'The server responded to another request', {
    fatal: true,
  });
}

function errorOf(message: unknown): SourceError {
  const error = reportedError(message);
  return sourceError('source', error.message, { fatal: true, code: error.code, cause: error });
}
