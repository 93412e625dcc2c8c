/** The replay of one connection: how much was left out, when it is over, and its items in large batches until then. */

import type { ReconnectReport } from '../../machines/reconnect.types.js';
import { nowMs } from '../host/clock.js';
import type { StreamParts } from './stream-parts.js';

/** How long items of a replay are collected for a loop over batches, in ms: a few frames of a screen. */
const COLLECT_MS = 50;

type Parts = Pick<StreamParts<unknown>, 'source' | 'options' | 'ledger'> & {
  readonly delivery: Pick<StreamParts<unknown>['delivery'], 'onCollecting' | 'flush'>;
};

export class CatchUp {
  readonly #stream: Parts;
  readonly #connection: number;
  readonly #send: (report: ReconnectReport) => void;
  readonly #beganAt: number;
  /** Chunks of the stream when the connection was made. */
  readonly #chunksBefore: number;
  #timer: unknown = null;
  #replayed = 0;
  #isUpToDate = false;

  constructor(stream: Parts, connection: number, send: (report: ReconnectReport) => void) {
    const { source, options, ledger, delivery } = stream;
    this.#stream = stream;
    this.#connection = connection;
    this.#send = send;
    this.#beganAt = nowMs(options.clock);
    this.#chunksBefore = ledger.chunks;
    if (source.reportsUpToDate === true) delivery.onCollecting = () => this.#collect();
  }

  /** A replay is reported when new data proves it over, or when the connection is. @param total left out so far */
  reportReplayed(total: number): void {
    const items = total - this.#replayed;
    if (items === 0) return;
    this.#replayed = total;
    this.#send({ type: 'stream.replayed', items, connection: this.#connection });
  }

  /** Reported once a connection: a source may say so as often as it likes. */
  reportUpToDate(): void {
    if (this.#isUpToDate) return;
    this.#isUpToDate = true;
    this.stop();
    const { ledger, options } = this.#stream;
    const items = Math.max(0, ledger.chunks - this.#chunksBefore);
    const ms = nowMs(options.clock) - this.#beganAt;
    this.#send({ type: 'stream.caughtUp', items, ms, connection: this.#connection });
  }

  /** Nothing is collected any more. */
  stop(): void {
    const { delivery, options } = this.#stream;
    if (this.#timer !== null) options.clock.clearTimeout(this.#timer);
    this.#timer = delivery.onCollecting = null;
    delivery.flush();
  }

  #collect(): void {
    const { clock } = this.#stream.options;
    this.#timer ??= clock.setTimeout(() => {
      this.#timer = null;
      this.#stream.delivery.flush();
    }, COLLECT_MS);
  }
}
