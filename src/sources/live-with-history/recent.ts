/** The last ids that were passed on, and which of them were taken. */

export class Recent {
  readonly #size: number;
  /** Oldest first. */
  #ids = new Set<string>();
  /** Ids passed on by this connection, in order: the position shows how many were taken. */
  #given: string[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  get isEmpty(): boolean {
    return this.#ids.size === 0;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Adds an id. Returns false if it is known. */
  add(id: string): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    this.#given.push(id);
    if (this.#ids.size > this.#size) this.#forgetOldest();
    return true;
  }

  /** Forgets ids after this position, which were not taken: another connection begins. */
  settle(position: string | undefined): void {
    if (position === undefined) this.#ids.clear();
    else if (!this.#given.includes(position) && this.#given.length > 0) this.#drop(0);
    else this.#drop(this.#given.lastIndexOf(position) + 1);
    this.#given = [];
  }

  #drop(from: number): void {
    for (const id of this.#given.slice(from)) this.#ids.delete(id);
  }

  #forgetOldest(): void {
    const [oldest] = this.#ids;
    if (oldest !== undefined) this.#ids.delete(oldest);
    if (this.#given.length > 2 * this.#size) this.#given = this.#given.slice(-this.#size);
  }
}
