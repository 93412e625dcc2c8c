/** Callbacks that have their place among the items of a queue. */

import { Fifo } from '../buffers/fifo.js';

interface Callback {
  /** The number of items of the stream that come before it. */
  readonly after: number;
  readonly run: () => void;
}

/** A class: it exists once per stream that has such callbacks. */
export class InBandQueue {
  readonly #callbacks = new Fifo<Callback>();

  get isEmpty(): boolean {
    return this.#callbacks.length === 0;
  }

  /** Whether one has its place before the item of this number. */
  isDue(count: number): boolean {
    return (this.#callbacks.at(0)?.after ?? Infinity) <= count;
  }

  /** @param after the number of items before it, the highest so far */
  add(after: number, run: () => void): void {
    this.#callbacks.push({ after, run });
  }

  /** Runs those that have their place before the item of this number. */
  runUpTo(count: number): void {
    for (let next = this.#callbacks.at(0); next !== undefined; next = this.#callbacks.at(0)) {
      if (!this.isDue(count)) return;
      this.#callbacks.shift();
      next.run();
    }
  }
}
