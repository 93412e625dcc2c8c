/** A queue whose every step costs the same, however long it is. */

export class Fifo<E> {
  #entries: (E | undefined)[] = [];
  #first = 0;

  get length(): number {
    return this.#entries.length - this.#first;
  }

  get last(): E | undefined {
    return this.#entries.at(-1);
  }

  /** The entry at this place, counted from the oldest. */
  at(place: number): E | undefined {
    return this.#entries[this.#first + place];
  }

  push(entry: E): void {
    this.#entries.push(entry);
  }

  shift(): E | undefined {
    const entry = this.#entries[this.#first];
    if (entry === undefined) return undefined;
    // Not kept until its place is dropped: it may be large.
    this.#entries[this.#first] = undefined;
    this.#first += 1;
    // What was taken is dropped when it is the larger part: each entry is moved once at most.
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
