/** Planned ends of one connection: those that the peer announces, and one of our own. */

import { clampTimerMs } from '../../machines/backoff.js';
import type { ReconnectError } from '../../machines/errors.js';
import type { Clock } from '../host/clock.js';
import type { ResolvedOptions } from '../config/options.js';

/** How an end that was announced may show. */
const EXPECTED: readonly ReconnectError['kind'][] = ['eof', 'network', 'stall'];

export class PlannedEnd {
  readonly #clock: Clock;
  readonly #rotate: (isOwn: boolean) => void;
  #timer: unknown = null;
  #announcedMs: number | null = null;

  /** @param rotate leaves the connection for another */
  constructor(
    { clock, rotateAfterMs }: Pick<ResolvedOptions, 'clock' | 'rotateAfterMs'>,
    rotate: (isOwn: boolean) => void,
  ) {
    this.#clock = clock;
    this.#rotate = rotate;
    if (rotateAfterMs !== null) this.#plan(rotateAfterMs, true);
  }

  /** The peer will end the connection: it is read on until the time is up. Called again with the same, it does nothing. */
  announce(afterMs: number): void {
    if (afterMs === this.#announcedMs) return;
    this.#announcedMs = afterMs;
    if (afterMs === 0) this.#rotate(false);
    else this.#plan(afterMs, false);
  }

  /** Whether this loss is what the peer announced. */
  explains({ kind }: ReconnectError): boolean {
    return this.#announcedMs !== null && EXPECTED.includes(kind);
  }

  stop(): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #plan(ms: number, isOwn: boolean): void {
    this.stop();
    this.#timer = this.#clock.setTimeout(() => this.#rotate(isOwn), clampTimerMs(ms));
  }
}
