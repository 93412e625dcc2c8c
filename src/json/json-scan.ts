/** Scans a JSON object that arrives in pieces, and knows without reading it again whether it is complete. */

export class JsonScan {
  /** `none`: only white space. `whole`: all brackets are closed. `broken`: no JSON object, whatever follows. */
  state: 'none' | 'open' | 'whole' | 'broken' = 'none';
  #depth = 0;
  #isText = false;
  #isEscaped = false;

  add(piece: string): void {
    for (let n = 0; n < piece.length && this.state !== 'broken'; n++)
      this.#step(piece.charCodeAt(n));
  }

  #step(unit: number): void {
    if (this.#isText) this.#stepInText(unit);
    else if (unit === 0x20 || (unit >= 0x09 && unit <= 0x0d)) return;
    else if (this.state === 'whole') this.state = 'broken';
    else {
      if (this.state === 'none') this.state = 'open';
      if (unit === QUOTE) this.#isText = true;
      else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) this.#depth += 1;
      else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) this.#close();
    }
  }

  #close(): void {
    this.#depth -= 1;
    if (this.#depth < 0) this.state = 'broken';
    else if (this.#depth === 0) this.state = 'whole';
  }

  #stepInText(unit: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (unit === BACKSLASH) this.#isEscaped = true;
    else if (unit === QUOTE) this.#isText = false;
  }
}

/** Returns the index after the first JSON object of the text; -1 if it does not end. */
export function endOfJson(text: string): number {
  const scan = new JsonScan();
  for (let n = 0; n < text.length; n++) {
    scan.add(text.charAt(n));
    if (scan.state === 'whole') return n + 1;
  }
  return -1;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
