/** Limits the memory of an endless line and of an endless event. */

export interface Excess {
  readonly what: 'line' | 'event';
  /** Index of the byte that passed the limit. */
  readonly offset: number;
}

/**
 * Measures raw bytes before they are parsed, so that every kind of field counts, unknown ones and
 * endless comments too. A chunk that ends with a blank line, or in which the parser found an event,
 * costs a few comparisons; bytes are looked at one by one only when half a limit came without either.
 */
export class LineMeter {
  readonly #maxLine: number;
  readonly #maxEvent: number;
  readonly #watch: number;
  /** Bytes since the last line end, and since the last blank line: exact, or off by less than one chunk. */
  #line = 0;
  #event = 0;
  #last = LF;
  #comment = false;

  constructor(maxLineBytes: number, maxEventBytes: number) {
    this.#maxLine = maxLineBytes;
    this.#maxEvent = maxEventBytes;
    this.#watch = Math.min(maxLineBytes, maxEventBytes) / 2;
  }

  /** What is held until the event is whole. */
  get held(): number {
    return Math.max(this.#line, this.#event);
  }

  /** Resets the count: the parser found an event in the last chunk, so what follows it is less than that chunk. */
  settle(): void {
    this.#line = this.#event = 0;
  }

  add(chunk: Uint8Array): Excess | undefined {
    const size = chunk.length;
    if (size === 0) return undefined;
    if (this.#event + size > this.#watch) return this.#scan(chunk);
    const last = chunk[size - 1] ?? LF;
    if (last === LF && chunk[size - 2] === LF) this.#event = 0;
    else this.#event += size;
    this.#line = last === LF || last === CR ? 0 : this.#line + size;
    this.#last = last;
    this.#comment = false;
    return undefined;
  }

  #scan(chunk: Uint8Array): Excess | undefined {
    let [line, event, last, comment] = [this.#line, this.#event, this.#last, this.#comment];
    for (let offset = 0; offset < chunk.length; offset++) {
      const byte = chunk[offset] ?? LF;
      if (byte === LF || byte === CR) {
        if (byte === CR || last !== CR) {
          if (line === 0) event = 0;
          else if (!comment) event += LINE_COST;
          line = 0;
        }
      } else {
        if (line === 0) comment = byte === COLON;
        line++;
        if (!comment) event++;
        if (line > this.#maxLine) return { what: 'line', offset };
        if (event > this.#maxEvent) return { what: 'event', offset };
      }
      last = byte;
    }
    [this.#line, this.#event, this.#last, this.#comment] = [line, event, last, comment];
    return undefined;
  }
}

const LF = 10;
const CR = 13;
const COLON = 58;

/** A line of one character costs V8 about 60 bytes until its event is complete; 32 keeps that bounded. */
const LINE_COST = 32;
