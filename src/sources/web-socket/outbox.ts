/** What is sent to the peer: at once where there is a connection, else in order when there is one. Nothing twice. */

import { ReconnectError } from '../../../machines/errors.js';
import { isMessage, OPEN, sizeOf } from './socket.js';
import type { Socket, WebSocketMessage } from './socket.js';

export class Outbox {
  readonly #maxBytes: number;
  #queue: WebSocketMessage[] = [];
  #bytes = 0;
  #socket: Socket | null = null;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What no connection has taken. */
  get unsent(): readonly WebSocketMessage[] {
    return [...this.#queue];
  }

  /** @throws ReconnectError `usage` for what is no message, `limit` where there is no more room. */
  send(message: WebSocketMessage): 'sent' | 'queued' {
    if (!isMessage(message)) {
      const write = 'JSON.stringify(message)';
      throw new ReconnectError('usage', `expected a string or a Uint8Array; write ${write}`);
    }
    const socket = this.#socket;
    const isOpen = socket?.readyState === OPEN;
    const waiting = this.#bytes + (isOpen ? socket.bufferedAmount : 0);
    if (waiting + sizeOf(message) > this.#maxBytes) {
      const why = `more than ${this.#maxBytes} bytes (maxQueuedBytes) wait to be sent`;
      throw new ReconnectError('limit', `${why}; try again when the stream is connected`);
    }
    if (isOpen) {
      socket.send(message);
      return 'sent';
    }
    this.#queue.push(message);
    this.#bytes += sizeOf(message);
    return 'queued';
  }

  /** A connection is open: it takes what waits. */
  attach(socket: Socket): void {
    this.#socket = socket;
    while (socket.readyState === OPEN) {
      const message = this.#queue.shift();
      if (message === undefined) return;
      this.#bytes -= sizeOf(message);
      // What a connection has taken is not sent again, even if it breaks: the peer may have it.
      socket.send(message);
    }
  }

  detach(socket: Socket): void {
    if (this.#socket === socket) this.#socket = null;
  }
}
