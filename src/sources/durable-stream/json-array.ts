/** Parses an array of JSON that arrives in pieces, element by element. */

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
 * Holds one element at most. A document that is no array is one message.
 * A class: one loop over all characters, with its state between pieces.
 */
export class JsonArrayReader {
  /** `array` inside of the brackets; `bare` for a document that is no array. */
  #shape: 'start' | 'array' | 'bare' | 'closed' = 'start';
  /** The incomplete element. */
  #rest = '';
  /** Number of open brackets in the element. */
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  #hasElements = false;
  readonly #maxBytes: number;

  /** @param maxBytes limit of one element, counted in UTF-16 code units, which are never more than bytes */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Returns the elements that are now complete. @throws SourceError for invalid JSON, or an element that is too long. */
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

  /** Ends the array. @throws SourceError if it is not closed. */
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

  /** Returns where the last complete element ends in the text; -1 without one. */
  #scan(text: string, from: number): { readonly end: number; readonly isClosed: boolean } {
    let [depth, inString, isEscaped, end] = [this.#depth, this.#inString, this.#isEscaped, -1];
    // The start of the element, relative to this piece.
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

/** Not fatal: the response was probably cut or damaged on its way, and the messages come again. */
function notJson(cause?: unknown): SourceError {
  const message = 'expected an array of JSON messages, got a body that is none, or was cut';
  return sourceError('network', message, { fatal: false, cause });
}
