/** Lines of JSON to items: one network chunk, one batch. */

import type { SourceItem } from '../../../machines/contract.js';
import { OpenFailure, openFailure } from '../failure.js';
import type { BodyDecoder } from '../http/body-batches.js';
import { toItems } from '../items.js';
import type { ItemReaders } from '../items.js';
import { Utf8Decoder } from '../http/utf8.js';

export interface LineDecoderOptions<T> extends ItemReaders<T> {
  /** The bytes may simply end: then the last line needs no line end. */
  readonly mayEnd: boolean;
  readonly maxLineBytes: number;
}

export class LineDecoder<T> implements BodyDecoder<T> {
  ended = false;
  failure: OpenFailure | undefined;
  readonly #options: LineDecoderOptions<T>;
  readonly #utf8 = new Utf8Decoder();
  #isFirst = true;
  /** The line that has no end yet. */
  #rest = '';

  constructor(options: LineDecoderOptions<T>) {
    this.#options = options;
  }

  decode(chunk: Uint8Array): readonly SourceItem<T>[] {
    const text = this.#utf8.decode(chunk);
    const items: SourceItem<T>[] = [];
    try {
      let from = 0;
      for (let at = text.indexOf('\n'); at >= 0 && !this.ended; at = text.indexOf('\n', from)) {
        this.#line(this.#rest + text.slice(from, at), items);
        this.#rest = '';
        from = at + 1;
      }
      this.#rest += text.slice(from);
      this.#checkSize(this.#rest);
    } catch (thrown) {
      this.failure = failureOf(thrown);
    }
    return items;
  }

  finish(): readonly SourceItem<T>[] | OpenFailure | undefined {
    const { mayEnd } = this.#options;
    if (!mayEnd || this.#rest.trim() === '') return undefined;
    const items: SourceItem<T>[] = [];
    try {
      this.#line(this.#rest, items);
    } catch {
      return openFailure('network', 'The last line was cut', { fatal: false });
    }
    return items;
  }

  #line(raw: string, items: SourceItem<T>[]): void {
    this.#checkSize(raw);
    const isMarked = this.#isFirst && raw.startsWith('\uFEFF');
    this.#isFirst = false;
    const line = (isMarked ? raw.slice(1) : raw).trim();
    if (line === '') {
      items.push({ type: 'alive' });
      return;
    }
    const data = parse(line) as T;
    const read = toItems(data, raw.length, this.#options);
    items.push(...read);
    this.ended = read.length > 1;
  }

  /** In UTF-16 units: never more than bytes, and free to count. */
  #checkSize(line: string): void {
    if (line.length <= this.#options.maxLineBytes) return;
    throw openFailure('limit', 'The line is longer than maxLineBytes', { fatal: true });
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (cause) {
    const message = 'expected lines of JSON, got one that is none';
    throw openFailure('protocol', message, { fatal: true, cause });
  }
}

function failureOf(thrown: unknown): OpenFailure {
  if (thrown instanceof OpenFailure) return thrown;
  return openFailure('protocol', 'The line cannot be read', { fatal: true, cause: thrown });
}
