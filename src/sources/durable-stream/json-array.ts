/** An array of JSON that comes in pieces: its elements as soon as they are whole, however many there are. */

import { sourceError } from '../shared/source-error.js';
import type { SourceError } from '../shared/source-error.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Holds one element at most. Bare values are taken for a message of their own: a whole document that is no array.
 * A class: one loop over all characters, with its state between pieces.
 */
export class JsonArrayReader {
  /** `array` between its brackets; `bare` for a document that is none. */
  #shape: 'start' | 'array' | 'bare' | 'closed' = 'start';
  /** The element that is not whole yet. */
  #rest = '';
  /** Brackets that are open inside of it. */
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  #hasElements = false;
  readonly #maxBytes: number;

  /** @param maxBytes of one element, counted in UTF-16 code units: never more than bytes */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The elements that are whole now. @throws SourceError for what is no JSON, or one that is too long. */
  push(text: string): unknown[] {
    let from = 0;
    if (this.#shape === 'start') {
      from = text.search(/[^ \t\r\n\uFEFF]/);
      if (from < 0) return [];
      this.#shape = text.charCodeAt(from) === OPEN ? 'array' : 'bare';
      if (this.#shape === 'array') from += 1;
    }
    if (this.#shape === 'array') return this.#elements(text, from);
    if (this.#shape === 'bare') this.#keep(text.slice(from));
    else if (text.trim() !== '') throw notJson();
    return [];
  }

  /** No more will come. @throws SourceError where the array is not closed. */
  end(): unknown[] {
    if (this.#shape === 'array') throw notJson();
    if (this.#shape !== 'bare') return [];
    return parse(`[${this.#rest}]`);
  }

  #elements(text: string, from: number): unknown[] {
    const { end, isClosed } = this.#scan(text, from);
    if (end < 0) {
      this.#keep(text.slice(from));
      return [];
    }
    const whole = this.#rest + text.slice(from, end);
    this.#rest = '';
    if (isClosed) this.#close(text, end);
    else this.#keep(text.slice(end + 1));
    const isEmpty = whole.trim() === '';
    if (isEmpty && isClosed && !this.#hasElements) return [];
    if (isEmpty) throw notJson();
    this.#hasElements = true;
    return parse(`[${whole}]`);
  }

  #close(text: string, end: number): void {
    this.#shape = 'closed';
    if (text.charCodeAt(end) !== CLOSE || text.slice(end + 1).trim() !== '') throw notJson();
  }

  /** Where the last element that is whole ends in the text; -1 where none does. */
  #scan(text: string, from: number): { readonly end: number; readonly isClosed: boolean } {
    let [depth, inString, isEscaped, end] = [this.#depth, this.#inString, this.#isEscaped, -1];
    // Where the element begins, seen from this piece.
    let begin = from - this.#rest.length;
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (inString) {
        if (isEscaped) isEscaped = false;
        else if (code === BACKSLASH) isEscaped = true;
        else if (code === QUOTE) inString = false;
      } else if (code === QUOTE) inString = true;
      else if (code === COMMA) {
        if (depth > 0) continue;
        this.#checkSize(at - begin);
        end = at;
        begin = at + 1;
      } else if (code === OPEN || code === OPEN_BRACE) depth += 1;
      else if (code === CLOSE || code === CLOSE_BRACE) {
        if (depth === 0) {
          this.#checkSize(at - begin);
          return { end: at, isClosed: true };
        }
        depth -= 1;
      }
    }
    this.#depth = depth;
    this.#inString = inString;
    this.#isEscaped = isEscaped;
    return { end, isClosed: false };
  }

  #keep(text: string): void {
    this.#checkSize(this.#rest.length + text.length);
    this.#rest += text;
  }

  #checkSize(size: number): void {
    if (size <= this.#maxBytes) return;
    throw sourceError('limit', 'The message is longer than maxEventBytes', { fatal: true });
  }
}

function parse(text: string): unknown[] {
  try {
    return JSON.parse(text) as unknown[];
  } catch (cause) {
    throw notJson(cause);
  }
}

/** Cut or damaged on its way, as far as anybody can know: the same messages come again. */
function notJson(cause?: unknown): SourceError {
  const message = 'expected an array of JSON messages, got a body that is none, or was cut';
  return sourceError('network', message, { fatal: false, cause });
}
