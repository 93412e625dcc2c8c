/** Silence on an open connection: looked at when it is due, and a second time before it judges. */

import { ReconnectError } from '../../machines/errors.js';
import type { Connection } from '../../machines/source-contract.js';
import { nowMs } from '../host/clock.js';
import type { Clock } from '../host/clock.js';
import { afterPendingInput } from './pending-input.js';
import { sharedTimerOf } from './shared-timer.js';
import type { TimerEntry } from './shared-timer.js';
import type { StreamParts } from './stream-parts.js';
import { stallWindow } from './timeouts.js';

/** Time for a sign of life after a sleep or a change of network, in ms: a few round trips on a bad line. */
const PROBE_MS = 5000;

/** Notified of a silence that is taken for a dead connection. */
export interface SilenceHost {
  onSilence(error: ReconnectError, silentMs: number): void;
}

/** A class: per network chunk it costs two assignments, no timer is touched. */
export class Watchdog<T> implements TimerEntry {
  /** Monotonic time of the last bytes, in whole ms. */
  bytesAt: number;
  /** Monotonic time of the last data, in whole ms. */
  dataAt: number;
  /** The consumer holds the reading up: that silence is ours. */
  isHeldUp = false;
  dueAt = 0;
  /** Since when, in whole ms, a sign of life is waited for; null: no longer than usual. */
  #probedAt: number | null = null;
  /** Silence that is taken for a dead connection, in ms; null: never. */
  #stallTimeoutMs: number | null;
  readonly #stream: StreamParts<T>;
  readonly #connection: Connection<T>;
  readonly #host: SilenceHost;
  #stopped = false;

  constructor(stream: StreamParts<T>, connection: Connection<T>, host: SilenceHost) {
    this.#stream = stream;
    this.#connection = connection;
    this.#host = host;
    this.bytesAt = this.dataAt = nowMs(this.#clock);
    this.#stallTimeoutMs = stallWindow(stream, connection);
    this.#wait();
  }

  /** What came may have changed the silence that is allowed. */
  adjust(): void {
    const stallTimeoutMs = stallWindow(this.#stream, this.#connection);
    if (this.#stopped || stallTimeoutMs === this.#stallTimeoutMs) return;
    this.#stallTimeoutMs = stallTimeoutMs;
    this.#wait();
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
    if (this.#stopped || this.#stallTimeoutMs === null) return;
    this.#probedAt = nowMs(this.#clock);
    this.#wait();
  }

  /** The time is up: by now, or by what came meanwhile, later. */
  onDue(): void {
    if (this.#isSilent()) {
      sharedTimerOf(this.#clock).delete(this);
      afterPendingInput(this.#clock, () => this.#recheck());
    } else this.#wait();
  }

  #recheck(): void {
    if (this.#stopped) return;
    if (this.#isSilent()) this.#expire();
    else this.#wait();
  }

  #wait(): void {
    const { progressTimeoutMs } = this.#stream.options;
    const stallTimeoutMs = this.#stallTimeoutMs;
    if (this.#probedAt !== null && this.bytesAt > this.#probedAt) this.#probedAt = null;
    this.dueAt = Math.min(
      this.#probedAt === null ? Infinity : this.#probedAt + PROBE_MS,
      stallTimeoutMs === null ? Infinity : this.bytesAt + stallTimeoutMs,
      progressTimeoutMs === null ? Infinity : this.dataAt + progressTimeoutMs,
    );
    if (this.dueAt !== Infinity) sharedTimerOf(this.#clock).add(this);
  }

  #isSilent(): boolean {
    const now = nowMs(this.#clock);
    if (this.isHeldUp) this.bytesAt = this.dataAt = now;
    const { progressTimeoutMs } = this.#stream.options;
    const stallTimeoutMs = (this.#stallTimeoutMs = stallWindow(this.#stream, this.#connection));
    return (
      this.#isDeadAt(now) ||
      (stallTimeoutMs !== null && now - this.bytesAt >= stallTimeoutMs) ||
      (progressTimeoutMs !== null && now - this.dataAt >= progressTimeoutMs)
    );
  }

  get #clock(): Clock {
    return this.#stream.options.clock;
  }

  /** Asked for a sign of life, and gave none. */
  #isDeadAt(now: number): boolean {
    const since = this.#probedAt;
    return since !== null && this.bytesAt <= since && now >= since + PROBE_MS;
  }

  #expire(): void {
    const { progressTimeoutMs } = this.#stream.options;
    const stallTimeoutMs = this.#stallTimeoutMs;
    this.stop();
    const now = nowMs(this.#clock);
    if (this.#isDeadAt(now)) {
      this.#host.onSilence(
        new ReconnectError('stall', `no bytes for ${PROBE_MS} ms after the host came back`),
        now - this.bytesAt,
      );
    } else if (stallTimeoutMs !== null && now - this.bytesAt >= stallTimeoutMs) {
      this.#host.onSilence(
        new ReconnectError('stall', `no bytes for ${stallTimeoutMs} ms`),
        now - this.bytesAt,
      );
    } else {
      this.#host.onSilence(
        new ReconnectError('no-progress', `no data for ${progressTimeoutMs} ms`),
        now - this.dataAt,
      );
    }
  }
}
