/** Silence on an open connection: looked at when it is due, and a second time before it judges. */

import { ReconnectError } from '../machines/errors.js';
import { afterPendingInput, nowMs } from './clock.js';
import type { Clock } from './clock.js';
import { sweeperOf } from './sweeper.js';
import type { Watch } from './sweeper.js';

/** Who is watched. */
export interface Watched {
  /** Whether the consumer holds the reading up: that silence is ours. */
  readonly isHeldUp: boolean;
  onSilence(error: ReconnectError, silentMs: number): void;
}

/** Silences that are taken for a dead connection, in ms; null: never. */
export interface Timeouts {
  readonly stallTimeoutMs: number | null;
  readonly progressTimeoutMs: number | null;
}

/** A class: per network chunk it costs two assignments, no timer is touched. */
export class Watchdog implements Watch {
  /** Monotonic time of the last bytes, in whole ms. */
  bytesAt: number;
  /** Monotonic time of the last data, in whole ms. */
  dataAt: number;
  dueAt = 0;
  readonly #watched: Watched;
  readonly #clock: Clock;
  readonly #timeouts: Timeouts;
  #stopped = false;

  constructor(watched: Watched, clock: Clock, timeouts: Timeouts) {
    this.#watched = watched;
    this.#clock = clock;
    this.#timeouts = timeouts;
    this.bytesAt = this.dataAt = nowMs(clock);
    this.#wait();
  }

  stop(): void {
    this.#stopped = true;
    sweeperOf(this.#clock).delete(this);
  }

  /** The time is up: by now, or by what came meanwhile, later. */
  look(): void {
    if (this.#isQuiet()) {
      sweeperOf(this.#clock).delete(this);
      afterPendingInput(this.#clock, () => this.#lookAgain());
    } else this.#wait();
  }

  #lookAgain(): void {
    if (this.#stopped) return;
    if (this.#isQuiet()) this.#judge();
    else this.#wait();
  }

  #wait(): void {
    const { stallTimeoutMs, progressTimeoutMs } = this.#timeouts;
    this.dueAt = Math.min(
      stallTimeoutMs === null ? Infinity : this.bytesAt + stallTimeoutMs,
      progressTimeoutMs === null ? Infinity : this.dataAt + progressTimeoutMs,
    );
    if (this.dueAt !== Infinity) sweeperOf(this.#clock).add(this);
  }

  #isQuiet(): boolean {
    const now = nowMs(this.#clock);
    if (this.#watched.isHeldUp) this.bytesAt = this.dataAt = now;
    const { stallTimeoutMs, progressTimeoutMs } = this.#timeouts;
    return (
      (stallTimeoutMs !== null && now - this.bytesAt >= stallTimeoutMs) ||
      (progressTimeoutMs !== null && now - this.dataAt >= progressTimeoutMs)
    );
  }

  #judge(): void {
    const { stallTimeoutMs, progressTimeoutMs } = this.#timeouts;
    this.stop();
    const now = nowMs(this.#clock);
    if (stallTimeoutMs !== null && now - this.bytesAt >= stallTimeoutMs) {
      this.#watched.onSilence(
        new ReconnectError('stall', `no bytes for ${stallTimeoutMs} ms`),
        now - this.bytesAt,
      );
    } else {
      this.#watched.onSilence(
        new ReconnectError('no-progress', `no data for ${progressTimeoutMs} ms`),
        now - this.dataAt,
      );
    }
  }
}
