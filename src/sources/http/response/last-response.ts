/** Recognises a server that ignores the count: asked for what follows, it sends the same text again. */

/** UTF-16 code units that are kept to compare with; a longer response is not compared. */
const MAX_KEPT = 1024 * 1024;

/** UTF-16 code units of a text that does not repeat itself by chance. */
const MIN_LENGTH = 8;

/** The text of the last response of a stream, kept for the next connection. */
export class LastResponse {
  #text: string | undefined;
  /** The length of the stream at the end of that response. */
  #end = -1;

  /** Returns the text that ended at this position, if its bytes ended properly and all of it was received. */
  endingAt(position: number): string | undefined {
    return position === this.#end ? this.#text : undefined;
  }

  /** Forgets the text: a new connection begins. */
  forget(): void {
    this.#text = undefined;
  }

  /** Keeps the text of a connection whose bytes ended properly. */
  keep(text: string | undefined, end: number): void {
    this.#text = text;
    this.#end = end;
  }
}

/**
 * The text of one connection, held while it equals that of the last one. Only the same text again, from a proper end
 * to a proper end, proves that the server has no more. A text that is short, or repeats itself as `tick tick` does,
 * may continue itself, and is taken for new in doubt.
 */
export class Repetition {
  readonly #last: string;
  #text: string | undefined = '';
  #isHolding: boolean;

  /** @param last the text of the last connection; undefined if it is not known */
  constructor(last: string | undefined) {
    this.#last = last ?? '';
    this.#isHolding = this.#last !== '' && isDistinct(this.#last);
  }

  /** All text of this connection; undefined if it is too long. */
  get text(): string | undefined {
    return this.#text;
  }

  /** True while the text is held. */
  get isHolding(): boolean {
    return this.#isHolding;
  }

  /** Returns whether the last text began like this. */
  beganWith(text: string): boolean {
    return text !== '' && this.#last.startsWith(text.slice(0, this.#last.length));
  }

  /** Takes a piece, and returns the part to deliver now. */
  take(text: string): string {
    const isKept = this.#text !== undefined && this.#text.length + text.length <= MAX_KEPT;
    const all = isKept ? (this.#text ?? '') + text : undefined;
    this.#text = all;
    if (!this.#isHolding) return text;
    // All of the held text is kept.
    const came = all ?? '';
    if (this.#last.startsWith(came)) return '';
    this.#isHolding = false;
    return came;
  }

  /** Returns the held text when the bytes ended properly, unless it is the same again. */
  finish(): string {
    if (!this.#isHolding || this.isSame) return '';
    this.#isHolding = false;
    return this.#text ?? '';
  }

  /** Whether the server has sent the same text again. */
  get isSame(): boolean {
    return this.#isHolding && this.#text === this.#last;
  }

  /** Whether the text is as long as the last one and similar: the same again, or another response to the same request. */
  get isSuspect(): boolean {
    const [a, b = ''] = [this.#last, this.#text];
    if (a === '' || a.length !== b.length) return false;
    let [start, end] = [0, a.length];
    while (start < end && a[start] === b[start]) start++;
    while (end > start && a[end - 1] === b[end - 1]) end--;
    return end - start <= a.length / 4;
  }
}

/** Returns whether the text is long enough, and not a shorter text that repeats. */
function isDistinct(text: string): boolean {
  return text.length >= MIN_LENGTH && period(text) > text.length / 2;
}

/** Returns the length of the period of a text: 3 for `abcabcab` (Knuth, Morris and Pratt). */
function period(text: string): number {
  const borders = new Int32Array(text.length);
  let border = 0;
  for (let at = 1; at < text.length; at++) {
    while (border > 0 && text[at] !== text[border]) border = borders[border - 1] ?? 0;
    if (text[at] === text[border]) border++;
    borders[at] = border;
  }
  return text.length - border;
}
