/** How long a stream is usually silent: learned from its signs of life, for `stallTimeoutMs: 'auto'`. */

/** The window is never shorter: a pause of some seconds is no loss on a mobile network. In ms. */
const MIN_WINDOW_MS = 10_000;
/** And never longer, also where nothing is learned yet: longer than the idle timeouts of most proxies. In ms. */
const MAX_WINDOW_MS = 120_000;
/** Two signs of life in a row may be lost or late. */
const PATIENCE = 2.5;
/** Silences that must have been seen. */
const MIN_SILENCES = 3;

/** One for each stream: what it learned outlasts its connections. */
export class Cadence {
  #longestMs = 0;
  #silences = 0;

  /** Another sign of life came, so long after the last one on the same connection. */
  add(silentMs: number): void {
    this.#silences += 1;
    this.#longestMs = Math.max(this.#longestMs, silentMs);
  }

  /** Silence that is taken for a dead connection, in ms. */
  get windowMs(): number {
    if (this.#silences < MIN_SILENCES) return MAX_WINDOW_MS;
    const windowMs = Math.ceil(this.#longestMs * PATIENCE);
    return Math.min(MAX_WINDOW_MS, Math.max(MIN_WINDOW_MS, windowMs));
  }
}
