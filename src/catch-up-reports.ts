/** What one connection reports of a replay: how much was left out, and when it is over. */

import type { ReconnectReport } from '../machines/reconnect.types.js';

export class CatchUpReports {
  readonly #connection: number;
  readonly #send: (report: ReconnectReport) => void;
  /** Chunks of the stream when the connection was made. */
  readonly #chunksBefore: number;
  #replayed = 0;
  #isUpToDate = false;

  constructor(connection: number, chunksBefore: number, send: (report: ReconnectReport) => void) {
    this.#connection = connection;
    this.#chunksBefore = chunksBefore;
    this.#send = send;
  }

  /** A replay is reported when new data proves it over, or when the connection is. @param total left out so far */
  reportReplayed(total: number): void {
    const items = total - this.#replayed;
    if (items === 0) return;
    this.#replayed = total;
    this.#send({ type: 'stream.replayed', items, connection: this.#connection });
  }

  /** Reported once a connection: a source may say so as often as it likes. */
  reportUpToDate(chunks: number, ms: number): void {
    if (this.#isUpToDate) return;
    this.#isUpToDate = true;
    const items = Math.max(0, chunks - this.#chunksBefore);
    this.#send({ type: 'stream.caughtUp', items, ms, connection: this.#connection });
  }
}
