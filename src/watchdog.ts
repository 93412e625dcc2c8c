/** Silence on an open connection: one lazily armed timer, and a second look before it judges. */

import { clampTimerMs } from '../machines/backoff.js';
import { ReconnectError } from '../machines/errors.js';
import { afterPendingInput } from './clock.js';
import type { Clock } from './clock.js';

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
export class Watchdog {
  /** Monotonic time of the last bytes. */
  bytesAt: number;
  /** Monotonic time of the last data. */
  dataAt: number;
  readonly #watched: Watched;
  readonly #clock: Clock;
  readonly #timeouts: Timeouts;
  #timer: unknown = null;
  #stopped = false;

  constructor(watched: Watched, clock: Clock, timeouts: Timeouts) {
    this.#watched = watched;
    this.#clock = clock;
    this.#timeouts = timeouts;
    this.bytesAt = this.dataAt = clock.now();
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #arm(): void {
    const left = this.#leftMs();
    if (left === Infinity) return;
    this.#timer = this.#clock.setTimeout(
      () => this.#look(false),
      clampTimerMs(Math.max(1, Math.ceil(left))),
    );
  }

  #look(isSecond: boolean): void {
    if (this.#stopped) return;
    if (this.#watched.isHeldUp) this.bytesAt = this.dataAt = this.#clock.now();
    if (this.#leftMs() > 0) return this.#arm();
    if (!isSecond) return afterPendingInput(this.#clock, () => this.#look(true));
    this.#judge();
  }

  #judge(): void {
    const { stallTimeoutMs, progressTimeoutMs } = this.#timeouts;
    this.stop();
    const now = this.#clock.now();
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

  #leftMs(): number {
    const { stallTimeoutMs, progressTimeoutMs } = this.#timeouts;
    const now = this.#clock.now();
    return Math.min(
      stallTimeoutMs === null ? Infinity : this.bytesAt + stallTimeoutMs - now,
      progressTimeoutMs === null ? Infinity : this.dataAt + progressTimeoutMs - now,
    );
  }
}
