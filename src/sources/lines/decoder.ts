/** Lines of JSON to items: one network chunk, one batch. */

import type { EndOutcome, SourceItem } from '../../../machines/contract.js';
import { OpenFailure, openFailure } from '../failure.js';
import type { BodyDecoder } from '../http/body-batches.js';
import { Utf8Decoder } from '../http/utf8.js';
import { toOutcome } from '../outcome.js';

export interface LineDecoderOptions<T> {
  readonly id: ((item: T) => string | undefined) | undefined;
  readonly isEnd: ((item: T) => boolean | EndOutcome) | undefined;
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
    const id: unknown = this.#ask('id', data);
    if (id !== undefined && typeof id !== 'string') {
      throw openFailure('callback', 'expected id to return a string or undefined', { fatal: true });
    }
    items.push({ type: 'data', data, bytes: raw.length, id });
    const outcome = toOutcome(this.#ask('isEnd', data));
    if (outcome === undefined) return;
    items.push({ type: 'end', outcome });
    this.ended = true;
  }

  #ask(name: 'id' | 'isEnd', data: T): unknown {
    try {
      return this.#options[name]?.(data);
    } catch (cause) {
      throw openFailure('callback', `${name} threw`, { fatal: true, cause });
    }
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
