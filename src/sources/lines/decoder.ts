/** Decodes lines of JSON, or json-seq, into items: each network chunk becomes a batch. */

import type { SourceItem } from '../../../machines/source-contract.js';
import { SourceError, sourceError } from '../shared/source-error.js';
import type { BodyDecoder } from '../http/response/body-reader.js';
import { Repetition } from '../http/response/last-response.js';
import type { LastResponse } from '../http/response/last-response.js';
import { Utf8Decoder } from '../http/response/utf8.js';
import { ask, toItems } from '../shared/to-items.js';
import type { ItemReaders } from '../shared/to-items.js';
import { Framing } from './framing.js';

export interface LineDecoderOptions<T> extends ItemReaders<T> {
  readonly parse: ((value: unknown) => T | undefined) | undefined;
  /** `terminal: 'eof'`: then the last line needs no line end. */
  readonly mayEnd: boolean;
  readonly maxLineBytes: number;
}

export class LineDecoder<T> implements BodyDecoder<T> {
  ended = false;
  failure: SourceError | undefined;
  readonly #options: LineDecoderOptions<T>;
  readonly #last: LastResponse | undefined;
  readonly #repetition: Repetition | undefined;
  readonly #utf8 = new Utf8Decoder();
  readonly #framing: Framing;
  #items: SourceItem<T>[] = [];
  /** Items of lines that equal those of the last response, held because the server may be repeating it. */
  #held: SourceItem<T>[] = [];
  /** Number of items of the stream, those of this connection included. */
  #count: number;

  /** @param last given if the position is a number of items, which is `count` so far */
  constructor(options: LineDecoderOptions<T>, last?: LastResponse, count = 0) {
    this.#options = options;
    this.#last = last;
    this.#count = count;
    if (last !== undefined) this.#repetition = new Repetition(last.endingAt(count));
    last?.forget();
    this.#framing = new Framing(options.maxLineBytes, {
      line: (text) => this.#line(text),
      record: (text) => this.#record(text),
    });
  }

  get heldBytes(): number {
    return this.#framing.rest.length;
  }

  decode(chunk: Uint8Array): readonly SourceItem<T>[] {
    try {
      this.#framing.feed(this.#utf8.decode(chunk));
    } catch (thrown) {
      this.failure = failureOf(thrown);
    }
    return this.#take();
  }

  finish(): readonly SourceItem<T>[] | SourceError | undefined {
    const rest = this.#framing.rest.trim();
    const value = rest === '' || this.ended ? undefined : valueOf(rest);
    // An object, array or string shows its own end. A number or a word may have been cut.
    const isWhole = value !== undefined && (this.#options.mayEnd || /^[{["]/.test(rest));
    if (isWhole) {
      try {
        this.#read(rest, value.json);
      } catch (thrown) {
        return failureOf(thrown);
      }
    }
    this.#settle();
    if (rest !== '' && !isWhole && !this.ended && this.#options.mayEnd)
      return sourceError('network', 'The last line was cut', { fatal: false });
    return this.#take();
  }

  #line(raw: string): void {
    if (this.ended) return;
    const line = raw.trim();
    if (line === '') {
      // One item for many blank lines in a row: a peer may send nothing else.
      if (this.#items.at(-1)?.type !== 'alive') this.#items.push({ type: 'alive' });
      return;
    }
    const value = valueOf(line);
    if (value === undefined)
      throw sourceError('protocol', 'expected lines of JSON, got one that is no JSON', {
        fatal: true,
      });
    this.#read(line, value.json);
  }

  #record(raw: string): boolean {
    const text = raw.trim();
    const value = this.ended ? undefined : valueOf(text);
    if (value !== undefined) this.#read(text, value.json);
    return value !== undefined;
  }

  #read(line: string, json: unknown): void {
    const { parse } = this.#options;
    const data = parse === undefined ? (json as T) : ask('parse', parse, json);
    const items: SourceItem<T>[] =
      data === undefined ? [{ type: 'alive' }] : toItems(data, line.length, this.#options, line);
    this.#add(line, items);
    this.ended = items.at(-1)?.type === 'end';
  }

  #add(line: string, items: readonly SourceItem<T>[]): void {
    const repetition = this.#repetition;
    const wasHolding = repetition?.isHolding === true;
    repetition?.take(`${line}\n`);
    if (repetition?.isHolding === true) {
      this.#held.push(...items);
      return;
    }
    if (wasHolding) this.#release();
    this.#items.push(...items);
    this.#countItems(items);
  }

  #release(): void {
    this.#items.push(...this.#held);
    this.#countItems(this.#held);
    this.#held = [];
  }

  #countItems(items: readonly SourceItem<T>[]): void {
    for (const { type } of items) if (type === 'data') this.#count++;
  }

  /** Ends the body: its bytes ended properly. */
  #settle(): void {
    const repetition = this.#repetition;
    // The same items again are not new: the attempt counts as one without data.
    if (repetition?.isSame !== true) this.#release();
    this.#last?.keep(repetition?.text, this.#count);
  }

  #take(): readonly SourceItem<T>[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }
}

function valueOf(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

function failureOf(thrown: unknown): SourceError {
  if (thrown instanceof SourceError) return thrown;
  return sourceError('protocol', 'The line cannot be read', { fatal: true, cause: thrown });
}
