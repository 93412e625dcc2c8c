/** The messages to the peer: sent at once if there is a connection, otherwise in order on the next one. */

import type { SourceClock } from '../../../../machines/source-contract.js';
import { ReconnectError } from '../../../../machines/errors.js';
import { DrainWatch } from './drain-watch.js';
import { Fifo } from '../../../buffers/fifo.js';
import { sizeOf, toOwnData } from '../socket/message.js';
import type { OwnData, WebSocketData } from '../socket/message.js';
import { OPEN } from '../socket/socket.js';
import type { Socket } from '../socket/socket.js';

export interface OutboxOptions {
  /** Limit of what may wait, in bytes or UTF-16 code units. */
  readonly maxBytes: number;
  /** Returns the id by which the peer acknowledges a message; undefined if it does not. */
  readonly ackId: ((message: WebSocketData) => string | undefined) | undefined;
}

interface Entry {
  readonly data: OwnData;
  readonly size: number;
  /** The id that the peer has to acknowledge; until then the message is kept. */
  readonly id: string | undefined;
}

/** The connection that takes messages now. */
interface Attached {
  readonly socket: Socket;
  readonly clock: SourceClock;
  readonly since: number;
  /** Messages that waited, and were sent by this connection. */
  readonly flushed: readonly Entry[];
}

/** A peer that closes for good within this time, in ms, is taken to have read none of the waiting messages. */
const REFUSAL_MS = 10_000;

/** Memory of a message besides its content. */
const LEAST_BYTES = 8;

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #queue = new Fifo<Entry>();
  /** Messages that were sent and not acknowledged: the next connection sends them again. */
  readonly #unacknowledged = new Map<string, Entry>();
  /** Messages that were sent to a peer that refused the connection: not sent again. */
  #refused: Entry[] = [];
  #queuedBytes = 0;
  #unacknowledgedBytes = 0;
  #attached: Attached | null = null;
  /** True once the stream is closed: no connection will follow. */
  #isOver: () => boolean = () => false;
  readonly #drain = new DrainWatch(
    () => this.bufferedAmount,
    () => this.#unacknowledged.size > 0,
  );

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** The messages that no connection has taken, that are not acknowledged, and that a peer refused. */
  get unsent(): readonly OwnData[] {
    const entries = [...this.#unacknowledged.values(), ...this.#refused, ...this.#queue];
    return entries.map(({ data }) => data);
  }

  get bufferedAmount(): number {
    return this.#queuedBytes + (this.#attached?.socket.bufferedAmount ?? 0);
  }

  /** Calls the listener each time when nothing waits to be sent or acknowledged. Returns a function that stops that. */
  onDrain(listener: () => void): () => void {
    return this.#drain.add(listener);
  }

  /** Removes the unsent messages, and returns them. */
  clear(): readonly OwnData[] {
    const { unsent } = this;
    this.#queue.clear();
    this.#unacknowledged.clear();
    this.#refused = [];
    this.#queuedBytes = this.#unacknowledgedBytes = 0;
    return unsent;
  }

  /**
   * @throws ReconnectError `usage` for a value that is no message, or if the stream is closed; `limit` if there is no more
   * room.
   */
  send(message: WebSocketData): 'sent' | 'queued' {
    const entry = this.#entryOf(message);
    const socket = this.#attached?.socket;
    const isOpen = socket?.readyState === OPEN;
    if (!isOpen && this.#isOver())
      throw new ReconnectError('usage', 'expected an open stream, got one that is closed');
    const waiting = this.bufferedAmount + this.#unacknowledgedBytes;
    const { maxBytes } = this.#options;
    // An idle connection takes a message of any size, since nothing else waits.
    if (waiting + entry.size > maxBytes && !(isOpen && waiting === 0)) {
      const why = `more than ${maxBytes} bytes (maxQueuedBytes) wait to be sent`;
      throw new ReconnectError('limit', `${why}; try again after onDrain()`);
    }
    if (isOpen) {
      this.#transmit(socket, entry);
      this.#drain.look();
      return 'sent';
    }
    this.#queue.push(entry);
    this.#queuedBytes += entry.size;
    return 'queued';
  }

  /** Removes the message with this id, which the peer has acknowledged. */
  acknowledge(id: string): void {
    const entry = this.#unacknowledged.get(id);
    if (entry === undefined) return;
    this.#unacknowledged.delete(id);
    this.#unacknowledgedBytes -= entry.size;
    if (this.#unacknowledged.size === 0) this.#drain.look();
  }

  /** Called before another connection is opened, while the stream is not over. */
  serve(isOver: () => boolean): void {
    this.#isOver = isOver;
  }

  /** Sends what waits on a new connection. */
  attach(socket: Socket, clock: SourceClock): void {
    const flushed: Entry[] = [];
    const hadSome = this.#queue.length + this.#unacknowledged.size > 0;
    this.#attached = { socket, clock, since: clock.now(), flushed };
    for (const { data } of this.#unacknowledged.values()) socket.send(data);
    while (socket.readyState === OPEN) {
      const entry = this.#queue.shift();
      if (entry === undefined) break;
      this.#queuedBytes -= entry.size;
      // Not sent again even if the connection breaks: the peer may have it.
      if (entry.id === undefined) flushed.push(entry);
      try {
        this.#transmit(socket, entry);
      } catch {
        this.#refused.push(entry);
      }
    }
    this.#drain.start(clock);
    if (hadSome) this.#drain.look();
  }

  /** Called when the connection ended. @param isRefused whether the peer closed it for good */
  detach(socket: Socket, isRefused: boolean): void {
    const attached = this.#attached;
    if (attached?.socket !== socket) return;
    this.#attached = null;
    this.#drain.stop();
    const isSoon = attached.clock.now() - attached.since < REFUSAL_MS;
    if (isRefused && isSoon) this.#refused.push(...attached.flushed);
  }

  #transmit(socket: Socket, entry: Entry): void {
    if (entry.id !== undefined) {
      this.#unacknowledged.set(entry.id, entry);
      this.#unacknowledgedBytes += entry.size;
    }
    try {
      socket.send(entry.data);
    } catch (cause) {
      if (entry.id !== undefined) this.acknowledge(entry.id);
      const message = 'the WebSocket refused the message';
      throw new ReconnectError('usage', message, { cause });
    }
  }

  #entryOf(message: WebSocketData): Entry {
    const data = toOwnData(message);
    if (data === undefined) {
      const expected = 'expected a string, an ArrayBuffer, a view of one or a Blob';
      throw new ReconnectError('usage', `${expected}; write JSON.stringify(message)`);
    }
    const id: unknown = this.#options.ackId?.(message);
    if (id !== undefined && typeof id !== 'string')
      throw new ReconnectError('usage', 'expected ackId to return a string or undefined');
    if (id !== undefined && this.#unacknowledged.has(id))
      throw new ReconnectError('usage', 'expected an id that no unacknowledged message has');
    return { data, size: Math.max(LEAST_BYTES, sizeOf(data)), id };
  }
}
