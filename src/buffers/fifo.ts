/** A queue whose operations take constant time, however long it is. */

export class Fifo<E> {
  #entries: (E | undefined)[] = [];
  #first = 0;

  get length(): number {
    return this.#entries.length - this.#first;
  }

  get last(): E | undefined {
    return this.#entries.at(-1);
  }

  /** Returns the entry at this index, counted from the oldest. */
  at(place: number): E | undefined {
    return this.#entries[this.#first + place];
  }

  push(entry: E): void {
    this.#entries.push(entry);
  }

  shift(): E | undefined {
    const entry = this.#entries[this.#first];
    if (entry === undefined) return undefined;
    // Cleared at once, not when the array is compacted: the entry may be large.
    this.#entries[this.#first] = undefined;
    this.#first += 1;
    // Compacted when more than half was taken, so that each entry is moved once at most.
    if (this.#first * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
    return entry;
  }

  clear(): void {
    this.#entries = [];
    this.#first = 0;
  }

  *[Symbol.iterator](): Generator<E> {
    for (let n = this.#first; n < this.#entries.length; n++) yield this.#entries[n] as E;
  }
}
