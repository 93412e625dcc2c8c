/** Protocols whose events are lines of JSON, with the same interface as those over server-sent events. */

import type { SourceItem } from '../../../../machines/source-contract.js';
import { SourceError, sourceError } from '../../shared/source-error.js';
import type { BodyDecoder } from '../../http/response/body-reader.js';
import { Utf8Decoder } from '../../http/response/utf8.js';
import { Framing } from '../../lines/framing.js';
import type { SseProtocol } from '../../sse/protocol.js';

/** Returns the decoder of a body of lines. The protocol reads each line as an event without a name and an id. */
export function createLineProtocolDecoder<T>(
  protocol: SseProtocol<T>,
  maxLineBytes: number,
): BodyDecoder<T> {
  return new LineProtocolDecoder(protocol, maxLineBytes);
}

class LineProtocolDecoder<T> implements BodyDecoder<T> {
  ended = false;
  failure: SourceError | undefined;
  readonly #protocol: SseProtocol<T>;
  readonly #utf8 = new Utf8Decoder();
  readonly #framing: Framing;
  #items: SourceItem<T>[] = [];

  constructor(protocol: SseProtocol<T>, maxLineBytes: number) {
    this.#protocol = protocol;
    this.#framing = new Framing(maxLineBytes, {
      line: (text) => this.#read(text),
      record: (text) => isJson(text) && (this.#read(text), true),
    });
  }

  get heldBytes(): number {
    return this.#framing.rest.length;
  }

  decode(chunk: Uint8Array): readonly SourceItem<T>[] {
    try {
      this.#framing.feed(this.#utf8.decode(chunk));
    } catch (thrown) {
      this.failure = toFailure(thrown);
    }
    return this.#take();
  }

  finish(): readonly SourceItem<T>[] | SourceError | undefined {
    const { rest } = this.#framing;
    try {
      // A complete object needs no line end; a cut one is no event.
      if (!this.ended && isJson(rest)) this.#read(rest);
      if (!this.ended) this.#items.push(...(this.#protocol.finish?.() ?? []));
    } catch (thrown) {
      return toFailure(thrown);
    }
    return this.#take();
  }

  #read(text: string): void {
    const data = text.trim();
    if (this.ended || data === '') return;
    for (const item of this.#protocol.read({ type: 'message', data, id: '' }, undefined)) {
      this.#items.push(item);
      if (item.type !== 'end') continue;
      this.ended = true;
      return;
    }
  }

  #take(): readonly SourceItem<T>[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

function toFailure(thrown: unknown): SourceError {
  if (thrown instanceof SourceError) return thrown;
  return sourceError('protocol', 'The line cannot be read', { fatal: true, cause: thrown });
}
