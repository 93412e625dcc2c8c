/** The time after which an item is delivered although nothing shows whether it is new. */

import type { Clock } from '../host/clock.js';

/**
 * How long an item may be held that was there before, in ms. It may be a greeting, or the first of many that the server
 * sends again: these come sooner, one after the other.
 */
const UNDECIDED_MS = 10_000;

/** A class: it exists only while, or once, something is undecided. */
export class DecisionTimer {
  readonly #clock: Clock;
  readonly #decide: () => void;
  #timer: unknown = null;

  constructor(clock: Clock, decide: () => void) {
    this.#clock = clock;
    this.#decide = decide;
  }

  /** Begins to wait, if it does not wait yet. */
  start(): void {
    this.#timer ??= this.#clock.setTimeout(() => {
      this.#timer = null;
      this.#decide();
    }, UNDECIDED_MS);
  }

  stop(): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }
}
