/** How often progress is reported. */

/** At most this often, in ms: an inspector stays readable, the machine idle. */
const PROGRESS_MS = 100;
/** And at least this often, for streams so fast that no clock ticks between: tens per 100,000 chunks. */
const PROGRESS_CHUNKS = 16_384;

export class ProgressPace {
  #at: number;
  #chunks: number;

  constructor(now: number, chunks: number) {
    this.#at = now;
    this.#chunks = chunks;
  }

  isDue(now: number, chunks: number): boolean {
    const count = chunks - this.#chunks;
    return count > 0 && (now - this.#at >= PROGRESS_MS || count >= PROGRESS_CHUNKS);
  }

  mark(now: number, chunks: number): void {
    this.#at = now;
    this.#chunks = chunks;
  }
}
