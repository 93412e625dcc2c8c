/** Recognises a server that ignores the count: asked for what follows, it sends the same again. */

/** UTF-16 units that are kept to compare with: of a response that is longer nothing is known. */
const MAX_KEPT = 1024 * 1024;

/** UTF-16 units of a text that does not follow on itself by chance. */
const MIN_LENGTH = 8;

/** What a stream received last, kept from one connection to the next. */
export class LastResponse {
  #text: string | undefined;
  /** How much of the stream was received with it. */
  #end = -1;

  /** The text that ended here, where its bytes ended properly and all of it was received. */
  endingAt(position: number): string | undefined {
    return position === this.#end ? this.#text : undefined;
  }

  /** A connection begins. */
  forget(): void {
    this.#text = undefined;
  }

  /** The bytes of a connection ended properly. */
  keep(text: string | undefined, end: number): void {
    this.#text = text;
    this.#end = end;
  }
}

/**
 * The text of one connection. It is held back while it is the same as the last one: only the same again, from a proper
 * end to a proper end, proves that the server has no more. A text that is short, or repeats itself as `tick tick` does,
 * may follow on itself: in doubt it is new.
 */
export class Repetition {
  readonly #last: string;
  #text: string | undefined = '';
  #isHolding: boolean;

  /** @param last what the last connection brought; undefined where that is not known */
  constructor(last: string | undefined) {
    this.#last = last ?? '';
    this.#isHolding = this.#last !== '' && isDistinct(this.#last);
  }

  /** All text of this connection; undefined where that is too much. */
  get text(): string | undefined {
    return this.#text;
  }

  /** What came is held back. */
  get isHolding(): boolean {
    return this.#isHolding;
  }

  /** The last one began like this. */
  beganWith(text: string): boolean {
    return text !== '' && this.#last.startsWith(text.slice(0, this.#last.length));
  }

  /** The part that is to be delivered now. */
  take(text: string): string {
    const isKept = this.#text !== undefined && this.#text.length + text.length <= MAX_KEPT;
    const all = isKept ? (this.#text ?? '') + text : undefined;
    this.#text = all;
    if (!this.#isHolding) return text;
    // Of what is held back all is kept.
    const came = all ?? '';
    if (this.#last.startsWith(came)) return '';
    this.#isHolding = false;
    return came;
  }

  /** The bytes ended properly: what was held back, unless it is the same again. */
  finish(): string {
    if (!this.#isHolding || this.isSame) return '';
    this.#isHolding = false;
    return this.#text ?? '';
  }

  /** The server has sent the same again. */
  get isSame(): boolean {
    return this.#isHolding && this.#text === this.#last;
  }

  /** As long as the last one, and alike: perhaps the same again, or another answer to the same question. */
  get isSuspect(): boolean {
    const [a, b = ''] = [this.#last, this.#text];
    if (a === '' || a.length !== b.length) return false;
    let [start, end] = [0, a.length];
    while (start < end && a[start] === b[start]) start++;
    while (end > start && a[end - 1] === b[end - 1]) end--;
    return end - start <= a.length / 4;
  }
}

/** Long enough, and not a shorter text that repeats. */
function isDistinct(text: string): boolean {
  return text.length >= MIN_LENGTH && period(text) > text.length / 2;
}

/** Length of the shortest text whose repetition begins with this one: 3 for `abcabcab`. Knuth, Morris and Pratt. */
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
