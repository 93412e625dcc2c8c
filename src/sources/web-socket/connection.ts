/** One connection of a WebSocket: from the handshake to its one end, by whichever side or fault. */

import type { Connection, SourceItem } from '../../../machines/contract.js';
import { errorCode } from '../../../machines/error-code.js';
import { isThenable, kindOf, openFailure } from '../failure.js';
import type { OpenFailure } from '../failure.js';
import { networkFailure } from '../http/network-error.js';
import { guard, toItems, wrongAnswer } from '../items.js';
import type { CheckedWebSocketOptions } from './options.js';
import { abandon, CLOSING, isMessage, OPEN, sizeOf } from './socket.js';
import type { Socket, SocketEvent, WebSocketMessage } from './socket.js';

type Batch<T> = readonly SourceItem<T>[];
type Result<T> = IteratorResult<Batch<T>, undefined>;

interface Settle<R> {
  resolve(result: R): void;
  reject(failure: OpenFailure): void;
}

/** Why there will be no more: the peer said so, or what went wrong. */
type Verdict = 'end' | OpenFailure;

export interface ConnectionHost {
  /**
   * The peer closed with this code, or the connection broke (1006).
   * @param reason the peer's own, or what the class says of the fault
   */
  onClose(code: number, reason: string): Verdict;
  /** Items came: the peer is well, and knows us. */
  onData(): void;
  /** The connection carries nothing more, in either direction. */
  onOver(socket: Socket): void;
}

const DONE: { readonly done: true; readonly value: undefined } = { done: true, value: undefined };

/** The connection and its own iterator: what came since the last `next()` is one batch. */
export class SocketConnection<T> implements Connection<T>, AsyncIterableIterator<Batch<T>> {
  /** Settles with the handshake. */
  readonly opened: Promise<void>;
  readonly #socket: Socket;
  readonly #options: CheckedWebSocketOptions<T>;
  readonly #host: ConnectionHost;
  #settle: Settle<void> | null = null;
  readonly #listeners: Readonly<Record<string, (event: SocketEvent) => void>>;
  #messages: WebSocketMessage[] = [];
  #bytes = 0;
  #hasSign = false;
  #waiter: Settle<Result<T>> | null = null;
  #verdict: Verdict | null = null;
  #error: unknown;
  /** What the class says of a fault. */
  #fault = '';
  #timers: unknown[] = [];

  constructor(socket: Socket, options: CheckedWebSocketOptions<T>, host: ConnectionHost) {
    this.#socket = socket;
    this.#options = options;
    this.#host = host;
    this.opened = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    this.opened.catch(() => {});
    this.#listeners = {
      open: () => this.#onOpen(),
      message: ({ data }) => this.#onMessage(data),
      error: (event) => this.#onError(event),
      close: ({ code, reason }) => this.#onClose(code ?? BROKEN, reason),
    };
    for (const [type, listener] of Object.entries(this.#listeners))
      socket.addEventListener(type, listener);
    // `ws` shows the pings of the protocol.
    for (const sign of ['ping', 'pong']) socket.on?.(sign, () => this.#sign());
  }

  get batches(): this {
    return this;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<Result<T>> {
    if (this.#messages.length > 0 || this.#hasSign) return { done: false, value: this.#read() };
    if (this.#verdict === null)
      return new Promise((resolve, reject) => (this.#waiter = { resolve, reject }));
    const verdict = this.#verdict;
    this.#verdict = 'end';
    if (verdict === 'end') return DONE;
    throw verdict;
  }

  async return(): Promise<Result<T>> {
    this.close();
    return DONE;
  }

  close(): void {
    this.#messages = [];
    this.#hasSign = false;
    this.end('end');
  }

  /** Ends it from our side, and lets the socket go. */
  end(verdict: Verdict): void {
    if (this.#verdict !== null) return;
    this.#over(verdict);
    abandon(this.#socket);
  }

  #onOpen(): void {
    const { ping, clock, closeTimeoutMs } = this.#options;
    if (ping !== undefined) this.#every(ping.everyMs, () => this.#ping(ping.message));
    // `ws` closes in time by itself; the others may wait for ever for a peer that leaves TCP open.
    if (this.#socket.terminate === undefined) {
      let closingSince: number | null = null;
      this.#every(closeTimeoutMs / 4, () => {
        if (this.#socket.readyState !== CLOSING) return;
        closingSince ??= clock.now();
        if (clock.now() - closingSince >= closeTimeoutMs / 2) this.#onClose(BROKEN, '');
      });
    }
    this.#settle?.resolve();
  }

  #onMessage(data: unknown): void {
    const { maxMessageBytes, maxBufferedBytes } = this.#options;
    const message = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
    if (!isMessage(message)) {
      const what = `expected a message of text or bytes, got ${kindOf(data)}`;
      this.end(openFailure('protocol', what, { fatal: true }));
      return;
    }
    const size = sizeOf(message);
    if (size > maxMessageBytes) {
      this.end(openFailure('limit', 'The message is longer than maxMessageBytes', FATAL));
      return;
    }
    this.#bytes += size;
    if (this.#bytes > maxBufferedBytes && this.#socket.pause === undefined) {
      const what = 'The messages that nobody has read are more than maxBufferedBytes';
      this.end(openFailure('limit', what, FATAL));
      return;
    }
    if (this.#bytes > maxBufferedBytes) this.#socket.pause?.();
    this.#messages.push(message);
    this.#wake();
  }

  #sign(): void {
    if (this.#verdict !== null) return;
    this.#hasSign = true;
    this.#wake();
  }

  #onError({ error, message }: SocketEvent): void {
    this.#error ??= error;
    const text = error instanceof Error ? error.message : message;
    if (typeof text === 'string' && this.#fault === '') this.#fault = text;
  }

  #onClose(code: number, reason: unknown): void {
    if (this.#verdict !== null) return;
    const said = typeof reason === 'string' ? reason : '';
    this.#over(this.#verdictOf(code, said === '' && code === BROKEN ? this.#fault : said));
  }

  /** `ws` and Node tell by an error before the close what broke; a browser does not. */
  #verdictOf(code: number, reason: string): Verdict {
    const cause = this.#error;
    const known = errorCode(cause);
    if (known === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')
      return openFailure('limit', 'The message is longer than maxMessageBytes', FATAL);
    if (code === BROKEN && known !== undefined)
      return networkFailure(cause, 'The connection broke');
    try {
      return this.#host.onClose(code, reason);
    } catch (thrown) {
      // A listener of a socket must not throw: code of the caller did.
      return thrown as OpenFailure;
    }
  }

  #over(verdict: Verdict): void {
    this.#verdict = verdict;
    for (const [type, listener] of Object.entries(this.#listeners))
      this.#socket.removeEventListener(type, listener);
    for (const timer of this.#timers) this.#options.clock.clearTimeout(timer);
    this.#timers = [];
    this.#host.onOver(this.#socket);
    this.#settle?.reject(
      verdict === 'end'
        ? openFailure('network', 'The connection was closed before it was open', WEATHER)
        : verdict,
    );
    this.#wake();
  }

  #wake(): void {
    const waiter = this.#waiter;
    if (waiter === null) return;
    this.#waiter = null;
    this.next().then(waiter.resolve, waiter.reject);
  }

  /** What came, as items: up to the end marker, or to what cannot be read. */
  #read(): Batch<T> {
    const messages = this.#messages;
    this.#messages = [];
    this.#hasSign = false;
    this.#bytes = 0;
    this.#socket.resume?.();
    const items: SourceItem<T>[] = [];
    const { parse } = this.#options;
    try {
      for (const message of messages) {
        const data = parse === undefined ? (message as T) : parsed(parse, message);
        if (data === undefined) continue;
        items.push(...toItems(data, sizeOf(message), this.#options));
        if (items.at(-1)?.type !== 'end') continue;
        this.end('end');
        break;
      }
    } catch (thrown) {
      // Whatever the peer said later: this is where the stream stops.
      this.#verdict = null;
      this.end(thrown as OpenFailure);
    }
    if (items.length > 0) this.#host.onData();
    return items;
  }

  #ping(message: WebSocketMessage): void {
    if (this.#socket.readyState === OPEN) this.#socket.send(message);
  }

  #every(ms: number, run: () => void): void {
    const { clock } = this.#options;
    const slot = this.#timers.length;
    const arm = (): unknown =>
      (this.#timers[slot] = clock.setTimeout(() => {
        run();
        if (this.#verdict === null) arm();
      }, ms));
    arm();
  }
}

/** @throws ReconnectError `callback`, fatal */
function parsed<T>(parse: (message: WebSocketMessage) => T, message: WebSocketMessage): T {
  const data = guard('parse', () => parse(message));
  if (isThenable(data)) throw wrongAnswer('parse', 'its item at once', data);
  return data;
}

/** RFC 6455, 7.1.5: what is said of a connection that ended without a close frame. */
const BROKEN = 1006;

const FATAL = { fatal: true } as const;
const WEATHER = { fatal: false } as const;
