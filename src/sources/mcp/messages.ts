/** From the body of a response to messages: events, or one document of JSON. */

import type { SourceItem } from '../../../machines/contract.js';
import { reportedError } from '../../tool-calls/peer-error.js';
import { openFailure } from '../failure.js';
import type { OpenFailure } from '../failure.js';
import type { BodyDecoder } from '../http/body-batches.js';
import { Utf8Decoder } from '../http/utf8.js';
import type { SseEvent } from '../sse/decoder.js';
import { parseEvent } from '../sse/protocol.js';
import type { SseProtocol } from '../sse/protocol.js';
import { roleOf } from './message.js';
import type { JsonRpcMessage } from './message.js';

type Item = SourceItem<JsonRpcMessage>;

/** Reads the messages of one response. */
export class MessageReader implements SseProtocol<JsonRpcMessage> {
  /** The server has answered with an error: the message was delivered, and no request follows. */
  failure: OpenFailure | undefined;
  /** The response was read. */
  isOver = false;
  /** Messages, and the last event id, of all connections. */
  count = 0;
  cursor: string | undefined;
  readonly #id: string | number;

  constructor(id: string | number) {
    this.#id = id;
  }

  /** An event without data has an id to continue from, and nothing else. */
  read(event: SseEvent, id: string | undefined): readonly Item[] {
    if (id !== undefined) this.cursor = id;
    if (event.data.trim() === '')
      return [id === undefined ? { type: 'alive' } : { type: 'checkpoint', cursor: id }];
    return this.take(parseEvent(event), event.data, id);
  }

  /** @param json one message, or a batch of them */
  take(json: unknown, raw: string, id?: string): Item[] {
    const items: Item[] = [];
    const messages: unknown[] = Array.isArray(json) ? json : [json];
    for (const [n, message] of messages.entries()) {
      const isLast = n === messages.length - 1;
      const data = message as JsonRpcMessage;
      const bytes = n === 0 ? raw.length : 0;
      items.push({ type: 'data', data, bytes, raw, ...(isLast && id !== undefined ? { id } : {}) });
      this.count += 1;
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

/** A response that is no stream: its messages are known when all of it is there. */
export class DocumentDecoder implements BodyDecoder<JsonRpcMessage> {
  readonly ended = false;
  failure: OpenFailure | undefined;
  readonly #reader: MessageReader;
  readonly #maxBytes: number;
  readonly #utf8 = new Utf8Decoder();
  #text = '';

  constructor(reader: MessageReader, maxBytes: number) {
    this.#reader = reader;
    this.#maxBytes = maxBytes;
  }

  decode(chunk: Uint8Array): readonly Item[] {
    this.#text += this.#utf8.decode(chunk);
    if (this.#text.length > this.#maxBytes)
      this.failure = openFailure('limit', 'The response is longer than maxEventBytes', {
        fatal: true,
      });
    return [];
  }

  finish(): readonly Item[] | OpenFailure {
    try {
      return this.#reader.take(JSON.parse(this.#text), this.#text);
    } catch (cause) {
      const message = 'The response ended in the middle of its JSON';
      return openFailure('network', message, { fatal: false, cause });
    }
  }
}

function errorOf(message: unknown): OpenFailure {
  const error = reportedError(message);
  return openFailure('source', error.message, { fatal: true, code: error.code, cause: error });
}
