/** Silence on an open connection: looked at when it is due, and a second time before it judges. */

import { ReconnectError } from '../../machines/errors.js';
import { nowMs } from '../host/clock.js';
import type { Clock } from '../host/clock.js';
import { afterPendingInput } from './pending-input.js';
import { sharedTimerOf } from './shared-timer.js';
import type { Watch } from './shared-timer.js';

/** Time for a sign of life after a sleep or a change of network, in ms: a few round trips on a bad line. */
const PROBE_MS = 5000;

/** Who is watched. Its windows may change: then `rearm` is called. */
export interface Watched {
  /** Silence that is taken for a dead connection, in ms; null: never. */
  readonly stallTimeoutMs: number | null;
  /** Time without data that is taken for a dead peer, in ms; null: never. */
  readonly progressTimeoutMs: number | null;
  /** Whether the consumer holds the reading up: that silence is ours. */
  readonly isHeldUp: boolean;
  onSilence(error: ReconnectError, silentMs: number): void;
}

/** A class: per network chunk it costs two assignments, no timer is touched. */
export class Watchdog implements Watch {
  /** Monotonic time of the last bytes, in whole ms. */
  bytesAt: number;
  /** Monotonic time of the last data, in whole ms. */
  dataAt: number;
  dueAt = 0;
  /** Since when, in whole ms, a sign of life is waited for; null: no longer than usual. */
  #probedAt: number | null = null;
  readonly #watched: Watched;
  readonly #clock: Clock;
  #stopped = false;

  constructor(watched: Watched, clock: Clock) {
    this.#watched = watched;
    this.#clock = clock;
    this.bytesAt = this.dataAt = nowMs(clock);
    this.#wait();
  }

  /** A window is another than before. */
  rearm(): void {
    if (!this.#stopped) this.#wait();
  }

  stop(): void {
    this.#stopped = true;
    sharedTimerOf(this.#clock).delete(this);
  }

  /**
   * The host woke up, or has another network: a connection that gives no sign of life soon is dead, however
   * long it may be silent otherwise.
   */
  probe(): void {
    if (this.#stopped || this.#watched.stallTimeoutMs === null) return;
    this.#probedAt = nowMs(this.#clock);
    this.#wait();
  }

  /** The time is up: by now, or by what came meanwhile, later. */
  look(): void {
    if (this.#isQuiet()) {
      sharedTimerOf(this.#clock).delete(this);
      afterPendingInput(this.#clock, () => this.#lookAgain());
    } else this.#wait();
  }

  #lookAgain(): void {
    if (this.#stopped) return;
    if (this.#isQuiet()) this.#judge();
    else this.#wait();
  }

  #wait(): void {
    const { stallTimeoutMs, progressTimeoutMs } = this.#watched;
    if (this.#probedAt !== null && this.bytesAt > this.#probedAt) this.#probedAt = null;
    this.dueAt = Math.min(
      this.#probedAt === null ? Infinity : this.#probedAt + PROBE_MS,
      stallTimeoutMs === null ? Infinity : this.bytesAt + stallTimeoutMs,
      progressTimeoutMs === null ? Infinity : this.dataAt + progressTimeoutMs,
    );
    if (this.dueAt !== Infinity) sharedTimerOf(this.#clock).add(this);
  }

  #isQuiet(): boolean {
    const now = nowMs(this.#clock);
    if (this.#watched.isHeldUp) this.bytesAt = this.dataAt = now;
    const { stallTimeoutMs, progressTimeoutMs } = this.#watched;
    return (
      this.#isDeadAt(now) ||
      (stallTimeoutMs !== null && now - this.bytesAt >= stallTimeoutMs) ||
      (progressTimeoutMs !== null && now - this.dataAt >= progressTimeoutMs)
    );
  }

  /** Asked for a sign of life, and gave none. */
  #isDeadAt(now: number): boolean {
    const since = this.#probedAt;
    return since !== null && this.bytesAt <= since && now >= since + PROBE_MS;
  }

  #judge(): void {
    const { stallTimeoutMs, progressTimeoutMs } = this.#watched;
    this.stop();
    const now = nowMs(this.#clock);
    if (this.#isDeadAt(now)) {
      this.#watched.onSilence(
        new ReconnectError('stall', `no bytes for ${PROBE_MS} ms after the host came back`),
        now - this.bytesAt,
      );
    } else if (stallTimeoutMs !== null && now - this.bytesAt >= stallTimeoutMs) {
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
