/** A folded value whose last items may be taken back, until the position of the stream covers them. */

export class Value<T, V> {
  current: V;
  readonly #initial: V;
  readonly #reduce: (value: V, item: T) => V;
  /** The value before the items that may be taken back. */
  #base: V;
  /** These. */
  #open: T[] = [];
  /** Items since the stream began, or began anew. */
  #count: number;

  /** @param saved the value of an earlier run @param count items that it is made of */
  constructor(initial: V, saved: V, reduce: (value: V, item: T) => V, count: number) {
    this.#initial = initial;
    this.current = this.#base = saved;
    this.#reduce = reduce;
    this.#count = count;
  }

  add(items: readonly T[]): void {
    this.#count += items.length;
    for (const item of items) {
      this.#open.push(item);
      this.current = this.#reduce(this.current, item);
    }
  }

  /** The last ones are void: they come again. */
  takeBack(items: number): void {
    const kept = Math.max(0, this.#open.length - items);
    this.#count -= this.#open.length - kept;
    this.#open.length = kept;
    this.current = this.#fold(this.#base, this.#open);
  }

  /** The stream starts over. */
  clear(): void {
    this.#open = [];
    this.current = this.#base = this.#initial;
    this.#count = 0;
  }

  /** The value of the items up to the position, which are never taken back. @param position items that it covers */
  upTo(position: number): V {
    const open = Math.min(Math.max(0, this.#count - position), this.#open.length);
    if (open === 0) {
      this.#base = this.current;
      this.#open = [];
    } else this.#base = this.#fold(this.#base, this.#open.splice(0, this.#open.length - open));
    return this.#base;
  }

  #fold(value: V, items: readonly T[]): V {
    return items.reduce((so, item) => this.#reduce(so, item), value);
  }
}
