/** Protocols over server-sent events: decodes their events into items. */

import type { SourceItem } from '../../../machines/source-contract.js';
import type { BodyDecoder } from '../http/response/body-reader.js';
import { SourceError, sourceError } from '../shared/source-error.js';
import { checkIdLength } from '../shared/to-items.js';
import { createSseDecoder } from './decoder.js';
import type { SseEvent } from './decoder.js';

/** Reads the events of one connection. */
export interface SseProtocol<T> {
  /**
   * Returns the items of one event. After an `end` among them nothing is read.
   * @param id the event's own id, if it has one.
   * @throws SourceError for what ends the connection.
   */
  read(event: SseEvent, id: string | undefined): readonly SourceItem<T>[];
  /** Called when the bytes ended without an end item. Returns the items that this means; none: a drop. */
  finish?(): readonly SourceItem<T>[];
}

export interface ProtocolLimits {
  readonly maxLineBytes: number;
  readonly maxEventBytes: number;
}

/** Returns the decoder of a body of events. The protocol decides what the ids of events mean. */
export function createProtocolDecoder<T>(
  protocol: SseProtocol<T>,
  limits: ProtocolLimits,
): BodyDecoder<T> {
  return new ProtocolDecoder(protocol, limits);
}

class ProtocolDecoder<T> implements BodyDecoder<T> {
  ended = false;
  failure: SourceError | undefined;
  readonly #protocol: SseProtocol<T>;
  readonly #events: BodyDecoder<SseEvent>;

  constructor(protocol: SseProtocol<T>, limits: ProtocolLimits) {
    this.#protocol = protocol;
    this.#events = createSseDecoder({ ...limits, isEnd: undefined }, '');
  }

  get heldBytes(): number | undefined {
    return this.#events.heldBytes;
  }

  decode(chunk: Uint8Array): readonly SourceItem<T>[] {
    const items: SourceItem<T>[] = [];
    try {
      for (const item of this.#events.decode(chunk)) {
        if (this.ended) break;
        if (item.type === 'data') this.#take(item.data, item.id, items);
        else if (item.type === 'retry') items.push(item);
      }
      this.failure = this.#events.failure;
    } catch (thrown) {
      this.failure = thrown instanceof SourceError ? thrown : unreadable(thrown);
    }
    return items;
  }

  finish(): readonly SourceItem<T>[] | SourceError | undefined {
    const failure = this.#events.finish();
    return failure instanceof SourceError ? failure : this.#protocol.finish?.();
  }

  #take(event: SseEvent, id: string | undefined, items: SourceItem<T>[]): void {
    for (const item of this.#protocol.read(event, id)) {
      if (item.type === 'data' && item.id !== undefined) checkIdLength(item.id);
      else if (item.type === 'checkpoint') checkIdLength(item.cursor);
      items.push(item);
      if (item.type !== 'end') continue;
      this.ended = true;
      return;
    }
  }
}

/** Parses the JSON of an event. @throws SourceError kind `protocol`: the same event would come again. */
export function parseEvent(event: SseEvent): unknown {
  try {
    return JSON.parse(event.data) as unknown;
  } catch (cause) {
    throw unreadable(cause);
  }
}

function unreadable(cause: unknown): SourceError {
  const message = 'expected events of JSON, got one that is no JSON';
  return sourceError('protocol', message, { fatal: true, cause });
}
