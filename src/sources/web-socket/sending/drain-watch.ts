/** Detects when nothing waits to be sent any more: a WebSocket has no event for that. */

import type { SourceClock } from '../../../../machines/source-contract.js';

/** Interval of the check, in ms, while something waits and there is a listener. */
const LOOK_MS = 20;

export class DrainWatch {
  readonly #waiting: () => number;
  readonly #isUnacknowledged: () => boolean;
  readonly #listeners = new Set<{ readonly run: () => void }>();
  #clock: SourceClock | null = null;
  #timer: unknown = null;

  /**
   * @param waiting returns the bytes that the network has not taken
   * @param isUnacknowledged returns whether the peer still has to acknowledge something: `look` is called when it has
   */
  constructor(waiting: () => number, isUnacknowledged: () => boolean) {
    this.#waiting = waiting;
    this.#isUnacknowledged = isUnacknowledged;
  }

  add(run: () => void): () => void {
    const listener = { run };
    this.#listeners.add(listener);
    if (this.#waiting() > 0) this.look();
    return () => void this.#listeners.delete(listener);
  }

  /** Begins to check: a connection takes what waits. */
  start(clock: SourceClock): void {
    this.#clock = clock;
  }

  stop(): void {
    if (this.#timer !== null) this.#clock?.clearTimeout(this.#timer);
    this.#timer = this.#clock = null;
  }

  /** Called when something may wait from now on. */
  look(): void {
    if (this.#clock === null || this.#timer !== null || this.#listeners.size === 0) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = null;
      if (this.#waiting() > 0) return this.look();
      if (this.#isUnacknowledged()) return;
      for (const { run } of Array.from(this.#listeners)) attempt(run);
    }, LOOK_MS);
  }
}

/** A listener that throws affects nothing else. */
function attempt(run: () => void): void {
  try {
    run();
  } catch {
    // The listener's own error.
  }
}
