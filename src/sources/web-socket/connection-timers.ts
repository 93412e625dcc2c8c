/** The timers of one connection, which are cleared with it. */

import type { SourceClock } from '../../../machines/source-contract.js';

export class ConnectionTimers {
  readonly #clock: SourceClock;
  readonly #timers = new Set<{ id: unknown }>();
  #isStopped = false;

  constructor(clock: SourceClock) {
    this.#clock = clock;
  }

  /** Calls a function at an interval. */
  every(ms: number, run: () => void): void {
    const timer: { id: unknown } = { id: undefined };
    this.#timers.add(timer);
    const arm = (): void => {
      timer.id = this.#clock.setTimeout(() => {
        run();
        if (!this.#isStopped) arm();
      }, ms);
    };
    if (!this.#isStopped) arm();
  }

  once(ms: number, run: () => void): void {
    if (!this.#isStopped) this.#timers.add({ id: this.#clock.setTimeout(run, ms) });
  }

  stop(): void {
    this.#isStopped = true;
    for (const { id } of this.#timers) this.#clock.clearTimeout(id);
    this.#timers.clear();
  }
}
