/** Silence on an open connection: one lazily armed timer, and a second look before it judges. */

import { clampTimerMs } from '../machines/backoff.js';
import { ReconnectError } from '../machines/errors.js';
import { afterPendingInput } from './clock.js';
import type { Clock } from './clock.js';

export interface WatchdogOptions {
  clock: Clock;
  stallTimeoutMs: number | null;
  progressTimeoutMs: number | null;
  /** Whether the consumer holds the reading up: that silence is ours. */
  isHeldUp(): boolean;
  onSilence(error: ReconnectError, silentMs: number): void;
}

/** A class: per network chunk it costs two assignments, no timer is touched. */
export class Watchdog {
  /** Monotonic time of the last bytes. */
  bytesAt: number;
  /** Monotonic time of the last data. */
  dataAt: number;
  readonly #options: WatchdogOptions;
  #timer: unknown = null;
  #stopped = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.bytesAt = this.dataAt = options.clock.now();
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #arm(): void {
    const left = this.#leftMs();
    if (left === Infinity) return;
    this.#timer = this.#options.clock.setTimeout(
      () => this.#look(false),
      clampTimerMs(Math.max(1, Math.ceil(left))),
    );
  }

  #look(isSecond: boolean): void {
    if (this.#stopped) return;
    const { clock, isHeldUp } = this.#options;
    if (isHeldUp()) this.bytesAt = this.dataAt = clock.now();
    if (this.#leftMs() > 0) return this.#arm();
    if (!isSecond) return afterPendingInput(clock, () => this.#look(true));
    this.#judge();
  }

  #judge(): void {
    const { clock, stallTimeoutMs, progressTimeoutMs, onSilence } = this.#options;
    this.stop();
    const now = clock.now();
    if (stallTimeoutMs !== null && now - this.bytesAt >= stallTimeoutMs) {
      onSilence(
        new ReconnectError('stall', `no bytes for ${stallTimeoutMs} ms`),
        now - this.bytesAt,
      );
    } else {
      onSilence(
        new ReconnectError('no-progress', `no data for ${progressTimeoutMs} ms`),
        now - this.dataAt,
      );
    }
  }

  #leftMs(): number {
    const { clock, stallTimeoutMs, progressTimeoutMs } = this.#options;
    const now = clock.now();
    return Math.min(
      stallTimeoutMs === null ? Infinity : this.bytesAt + stallTimeoutMs - now,
      progressTimeoutMs === null ? Infinity : this.dataAt + progressTimeoutMs - now,
    );
  }
}
