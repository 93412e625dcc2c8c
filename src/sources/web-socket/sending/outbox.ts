/** What is sent to the peer: at once where there is a connection, else in order when there is one. */

import type { SourceClock } from '../../../../machines/source-contract.js';
import { ReconnectError } from '../../../../machines/errors.js';
import { DrainWatch } from './drain-watch.js';
import { Fifo } from '../../../buffers/fifo.js';
import { sizeOf, toOwnData } from '../socket/message.js';
import type { OwnData, WebSocketData } from '../socket/message.js';
import { OPEN } from '../socket/socket.js';
import type { Socket } from '../socket/socket.js';

export interface OutboxOptions {
  /** What may wait, in bytes or UTF-16 units. */
  readonly maxBytes: number;
  /** The id by which the peer acknowledges a message; undefined where it does not. */
  readonly ackId: ((message: WebSocketData) => string | undefined) | undefined;
}

interface Entry {
  readonly data: OwnData;
  readonly size: number;
  /** It is kept until the peer acknowledges this. */
  readonly id: string | undefined;
}

/** The connection that takes messages now. */
interface Attached {
  readonly socket: Socket;
  readonly clock: SourceClock;
  readonly since: number;
  /** What waited, and left with this connection. */
  readonly flushed: readonly Entry[];
}

/** A peer that closes for good so soon has taken nothing of what waited, in ms. */
const REFUSAL_MS = 10_000;

/** Even an empty message costs something to hold. */
const LEAST_BYTES = 8;

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #queue = new Fifo<Entry>();
  /** Sent and not acknowledged: the next connection sends them again. */
  readonly #unacknowledged = new Map<string, Entry>();
  /** Sent to a peer that refused the connection: never sent again by itself. */
  #refused: Entry[] = [];
  #queuedBytes = 0;
  #unacknowledgedBytes = 0;
  #attached: Attached | null = null;
  /** The stream is closed: no connection will follow. */
  #isOver: () => boolean = () => false;
  readonly #drain = new DrainWatch(
    () => this.bufferedAmount,
    () => this.#unacknowledged.size > 0,
  );

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** What no connection has taken, what is not acknowledged, and what a peer refused. */
  get unsent(): readonly OwnData[] {
    const entries = [...this.#unacknowledged.values(), ...this.#refused, ...this.#queue];
    return entries.map(({ data }) => data);
  }

  get bufferedAmount(): number {
    return this.#queuedBytes + (this.#attached?.socket.bufferedAmount ?? 0);
  }

  /** Runs each time when nothing waits any more, to be sent or to be acknowledged; returns how to stop. */
  onDrain(listener: () => void): () => void {
    return this.#drain.add(listener);
  }

  /** Forgets what is unsent, and returns it. */
  clear(): readonly OwnData[] {
    const { unsent } = this;
    this.#queue.clear();
    this.#unacknowledged.clear();
    this.#refused = [];
    this.#queuedBytes = this.#unacknowledgedBytes = 0;
    return unsent;
  }

  /**
   * @throws ReconnectError `usage` for what is no message, or where the stream is closed; `limit` where there is no more
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
    // A connection that is idle takes any message: nothing would wait for it.
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

  /** The peer has the message of this id. */
  acknowledge(id: string): void {
    const entry = this.#unacknowledged.get(id);
    if (entry === undefined) return;
    this.#unacknowledged.delete(id);
    this.#unacknowledgedBytes -= entry.size;
    if (this.#unacknowledged.size === 0) this.#drain.look();
  }

  /** Another connection is made for the stream, as long as that is not over. */
  serve(isOver: () => boolean): void {
    this.#isOver = isOver;
  }

  /** A connection is open: it takes what waits. */
  attach(socket: Socket, clock: SourceClock): void {
    const flushed: Entry[] = [];
    const hadSome = this.#queue.length + this.#unacknowledged.size > 0;
    this.#attached = { socket, clock, since: clock.now(), flushed };
    for (const { data } of this.#unacknowledged.values()) socket.send(data);
    while (socket.readyState === OPEN) {
      const entry = this.#queue.shift();
      if (entry === undefined) break;
      this.#queuedBytes -= entry.size;
      // What a connection has taken is not sent again, even if it breaks: the peer may have it.
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

  /** @param isRefused the peer closed it for good */
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
