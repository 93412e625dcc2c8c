/** The arguments of a call as text that arrives in pieces. */

import { ReconnectError } from '../../../machines/errors.js';
import { isSameValue, parseJson } from '../response/arguments.js';
import { JsonScan } from '../../json/json-scan.js';

/** Limit of the arguments of one call, in UTF-16 code units: as much as the stream keeps. */
const MAX_ARGS = 4 * 1024 * 1024;

/** A class whose `append` costs no more than the piece: long arguments come in many pieces. */
export class CallText {
  /** The last piece replaced everything before it. */
  isReplaced = false;
  /** The text that the last piece added. */
  added = '';
  #text = '';
  /** Number of pieces with text since the text was set. */
  #pieces = 0;
  #scan = new JsonScan();
  #isRestarted = false;

  get value(): string {
    return this.#text;
  }

  /** Returns whether the text is only white space. */
  get isBlank(): boolean {
    return this.#scan.state === 'none';
  }

  /** Returns whether the text is a closed object that parses. */
  get isWhole(): boolean {
    return this.#scan.state === 'whole' && parseJson(this.#text) !== undefined;
  }

  /** Returns whether the text is an empty object in one piece, with which some servers begin. */
  get isPlaceholder(): boolean {
    return this.#pieces === 1 && this.#text.length < 16 && /^\s*\{\s*\}\s*$/.test(this.#text);
  }

  /** @throws ReconnectError kind `limit` */
  set(text: string): void {
    if (text.length > MAX_ARGS)
      throw new ReconnectError(
        'limit',
        `the arguments of a tool call are longer than ${MAX_ARGS} UTF-16 code units`,
      );
    this.#text = text;
    this.added = '';
    this.#pieces = text.trim() === '' ? 0 : 1;
    this.#scan = new JsonScan();
    this.#scan.add(text);
  }

  /** Sets all of the arguments at once. */
  replace(text: string): void {
    if (text === this.#text) return;
    this.set(text);
    this.isReplaced = true;
  }

  /**
   * Goes back to a text that was recorded before. Whether an empty object was a placeholder is known by what came of it;
   * where nothing is known of that, it is none.
   * @throws ReconnectError kind `limit`
   */
  rewind(text: string): void {
    if (text === this.#text) return;
    const wasReplaced = !this.#text.startsWith(text) && this.#text !== '';
    this.set(text);
    if (!wasReplaced && this.#pieces > 0) this.#pieces = 2;
  }

  /** Appends a piece unchanged. */
  append(piece: string): void {
    if (this.#text.length + piece.length > MAX_ARGS) this.set(this.#text + piece);
    this.#text += piece;
    this.added = piece;
    if (piece.trim() !== '') this.#pieces += 1;
    this.#scan.add(piece);
  }

  /** Begins a piece. */
  startPiece(): void {
    this.isReplaced = this.#isRestarted;
    this.#isRestarted = false;
    this.added = '';
  }

  /** Drops the text so far: the next piece replaces it. */
  restart(): void {
    this.#isRestarted = this.#text !== '';
    this.set('');
  }

  /** Appends a piece of JSON. Text after a complete object is no piece of it. */
  appendJson(piece: string): void {
    if (this.#scan.state !== 'whole' || piece.trim() === '') this.append(piece);
    else if (this.isPlaceholder && piece.trimStart().startsWith('{')) {
      this.replace(piece);
      // An empty object that is repeated is the arguments, and no placeholder.
      if (this.isPlaceholder) this.#pieces = 2;
    }
    // Some servers repeat all arguments in the last piece.
    else if (!this.isSameJson(piece)) this.append(piece);
  }

  isSameJson(text: string): boolean {
    if (text === this.#text) return true;
    const [one, other] = [parseJson(text), parseJson(this.#text)];
    return one !== undefined && other !== undefined && isSameValue(one.value, other.value);
  }

  /** Returns whether the complete text agrees with the pieces, which may be only its beginning. */
  isRepeatedBy(whole: string): boolean {
    return whole.startsWith(this.#text) || this.isSameJson(whole);
  }
}
