/** What was missed comes: when that is over, and its items in large batches until then. */

import type { ReconnectReport } from '../../machines/reconnect.types.js';
import { nowMs } from '../host/clock.js';
import type { StreamParts } from './stream-parts.js';

/** How long items of a replay are collected for a loop over batches, in ms: a few frames of a screen. */
const COLLECT_MS = 50;

type Parts = Pick<StreamParts<unknown>, 'source' | 'options' | 'progress'> & {
  readonly delivery: Pick<StreamParts<unknown>['delivery'], 'onCollecting' | 'flush'>;
};

/** The connection that brings it. */
interface Reports {
  readonly connection: number;
  send(report: ReconnectReport): void;
}

export class CatchUp {
  readonly #stream: Parts;
  readonly #reader: Reports;
  readonly #beganAt: number;
  readonly #chunksBefore: number;
  #timer: unknown = null;
  #isUpToDate = false;

  /** @param chunksBefore chunks of the stream when the connection was made */
  constructor(stream: Parts, reader: Reports, beganAt: number, chunksBefore: number) {
    const { source, delivery } = stream;
    this.#stream = stream;
    this.#reader = reader;
    this.#beganAt = beganAt;
    this.#chunksBefore = chunksBefore;
    if (source.reportsUpToDate === true) delivery.onCollecting = () => this.#collect();
  }

  /** Reported once a connection: a source may say so as often as it likes. */
  reportUpToDate(): void {
    if (this.#isUpToDate) return;
    this.#isUpToDate = true;
    this.stop();
    const { progress, options } = this.#stream;
    const items = Math.max(0, progress.chunks - this.#chunksBefore);
    const ms = nowMs(options.clock) - this.#beganAt;
    const { connection } = this.#reader;
    this.#reader.send({ type: 'stream.caughtUp', items, ms, connection });
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
