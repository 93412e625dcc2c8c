/** Splits a body into JSON texts: at line ends, or at the record separators of json-seq (RFC 7464). */

import { sourceError } from '../shared/source-error.js';

/** The record separator before each text, which may contain line ends (RFC 7464, 2.2). */
const RS = '\x1e';
// eslint-disable-next-line no-control-regex
const MARK = /[\n\x1e]/g;

/** Number of line ends at which a text is tried; after that the next separator decides. */
const MAX_TRIES = 16;

export interface TextReader {
  /** Reads one line, which is a JSON text or blank. */
  line(text: string): void;
  /** Reads a text between separators. Returns false if it is not a JSON text, or not yet. */
  record(text: string): boolean;
}

/** Finds the texts of a body, whose framing follows from its first character. */
export class Framing {
  readonly #maxLength: number;
  readonly #reader: TextReader;
  #mode: 'undecided' | 'lines' | 'records' = 'undecided';
  /** The text that has no end yet. */
  #rest = '';
  /** Number of times that the text was tried. */
  #tries = 0;

  constructor(maxLength: number, reader: TextReader) {
    this.#maxLength = maxLength;
    this.#reader = reader;
  }

  /** Returns the text after the last end. */
  get rest(): string {
    return this.#rest;
  }

  /** Takes a piece of the body. @throws SourceError kind `limit`, and what the reader throws */
  feed(text: string): void {
    if (text === '') return;
    let from = 0;
    if (this.#mode === 'undecided') {
      // The one byte order mark of the body.
      if (text.startsWith('\uFEFF')) from = 1;
      if (from === text.length) return;
      this.#mode = text[from] === RS ? 'records' : 'lines';
    }
    for (let end = this.#endOf(text, from); end >= 0; end = this.#endOf(text, from)) {
      if (end > from) this.#keep(text.slice(from, end));
      this.#close(text.charAt(end));
      from = end + 1;
    }
    this.#keep(text.slice(from));
  }

  /** Returns where the text that begins here may end; -1: not in this piece. */
  #endOf(text: string, from: number): number {
    if (this.#mode === 'lines') return text.indexOf('\n', from);
    MARK.lastIndex = from;
    return MARK.exec(text)?.index ?? -1;
  }

  #close(mark: string): void {
    if (this.#mode === 'lines') {
      const line = this.#rest;
      this.#rest = '';
      this.#reader.line(line);
    } else if (mark === RS) {
      // A text that was cut, for example by a crash of its writer, is left out (RFC 7464, 2.3).
      this.#isRecord();
      this.#start();
    } else if (this.#tries < MAX_TRIES && this.#isRecord()) this.#start();
    else {
      // Not tried any more: each try costs as much as the text is long.
      this.#tries++;
      this.#keep('\n');
    }
  }

  #isRecord(): boolean {
    return this.#rest.trim() !== '' && this.#reader.record(this.#rest);
  }

  #start(): void {
    this.#rest = '';
    this.#tries = 0;
  }

  /** Checks the limit in UTF-16 code units: never more than bytes, and free to count. */
  #keep(text: string): void {
    this.#rest += text;
    if (this.#rest.length > this.#maxLength)
      throw sourceError('limit', 'The line is longer than maxLineBytes', { fatal: true });
  }
}
