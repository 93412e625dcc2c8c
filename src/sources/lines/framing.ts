/** Where one JSON text ends and the next begins: at line ends, or at the record separators of json-seq (RFC 7464). */

import { sourceError } from '../shared/source-error.js';

/** RFC 7464, 2.2: comes before each text, which may have line ends in it. */
const RS = '\x1e';
// eslint-disable-next-line no-control-regex
const MARK = /[\n\x1e]/g;

/** A text over many lines is tried at so many of them; then the next separator decides. */
const MAX_TRIES = 16;

export interface TextReader {
  /** Reads one line, which is a JSON text or blank. */
  line(text: string): void;
  /** Reads a text between separators. @returns false where it is not a JSON text, or not yet */
  record(text: string): boolean;
}

/** Finds the texts of a body. Which framing it is, its first character says. */
export class Framing {
  readonly #maxLength: number;
  readonly #reader: TextReader;
  #mode: 'undecided' | 'lines' | 'records' = 'undecided';
  /** The text that has no end yet. */
  #rest = '';
  /** How often the text so far was tried. */
  #tries = 0;

  constructor(maxLength: number, reader: TextReader) {
    this.#maxLength = maxLength;
    this.#reader = reader;
  }

  /** What has no end behind it. */
  get rest(): string {
    return this.#rest;
  }

  /** @throws SourceError kind `limit`, and what the reader throws */
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

  /** Where the text that begins there may end; -1: not in this piece. */
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
      // A text that was cut, as by a writer that died, is left out: RFC 7464, 2.3.
      this.#isRecord();
      this.#start();
    } else if (this.#tries < MAX_TRIES && this.#isRecord()) this.#start();
    else {
      // Looked at no more: each look costs as much as the text is long.
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

  /** In UTF-16 units: never more than bytes, and free to count. */
  #keep(text: string): void {
    this.#rest += text;
    if (this.#rest.length > this.#maxLength)
      throw sourceError('limit', 'The line is longer than maxLineBytes', { fatal: true });
  }
}
