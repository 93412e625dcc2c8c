/** Cuts pieces of UTF-8 between characters: an incomplete character waits for the next piece. */

const EMPTY: Uint8Array = new Uint8Array();

export class TextPieces {
  #incomplete = EMPTY;

  get isWhole(): boolean {
    return this.#incomplete.length === 0;
  }

  /** Returns the bytes of all characters that are now complete. */
  add(piece: Uint8Array): Uint8Array {
    const bytes = this.isWhole ? piece : concat(this.#incomplete, piece);
    const size = bytes.length - incompleteBytes(bytes);
    this.#incomplete = size === bytes.length ? EMPTY : bytes.slice(size);
    return bytes.subarray(0, size);
  }

  /** Returns the bytes that no further piece completes. */
  rest(): Uint8Array {
    const bytes = this.#incomplete;
    this.#incomplete = EMPTY;
    return bytes;
  }
}

/** Returns the number of bytes at the end that begin a character (RFC 3629, 3) without completing it. */
function incompleteBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < lengthOf(byte) ? back : 0;
  }
  return 0;
}

function lengthOf(lead: number): number {
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
