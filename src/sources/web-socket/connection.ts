/** One connection of a WebSocket, from the handshake to its end. */

import { adopt, runQuietly } from '../../../machines/thenable.js';
import type {
  Connection,
  SourceClock,
  SourceItem,
  SourceMemory,
} from '../../../machines/source-contract.js';
import { describeType, SourceError, sourceError } from '../shared/source-error.js';
import type { Close } from './socket/close-codes.js';
import { ConnectionTimers } from './connection-timers.js';
import { BROKEN, Fault, overrun, tooEarly, tooLong } from './socket/fault.js';
import { Flow } from './flow.js';
import { Inbox } from './inbox.js';
import type { InboxOptions } from './inbox.js';
import { sizeOf, toMessage } from './socket/message.js';
import type { WebSocketMessage } from './socket/message.js';
import { abandon, CLOSED, NORMAL, OPEN } from './socket/socket.js';
import type { Socket, SocketEvent } from './socket/socket.js';
import { Steps } from './steps.js';

type Batch<T> = readonly SourceItem<T>[];
type Result<T> = IteratorResult<Batch<T>, undefined>;

interface Settle<R> {
  resolve(result: R): void;
  reject(failure: SourceError): void;
}

/** Why the connection ended: by the peer's close, or by a fault. */
export type RetryDecision = 'end' | 'rotate' | SourceError;

export interface ConnectionOptions<T> extends InboxOptions<T> {
  readonly maxMessageBytes: number;
  readonly closeTimeoutMs: number;
  /** The close code for a connection that another will follow. */
  readonly leaveCode: number;
}

export interface ConnectionHost {
  readonly clock: SourceClock;
  /** The memory budget of the stream. */
  readonly memory?: SourceMemory | undefined;
  /** Returns whether no other connection will follow. */
  isOver(): boolean;
  /** Returns whether the peer can resume: then dropped messages come again. */
  canResume(): boolean;
  /** Called when the peer closed, or the connection broke (1006). @param openMs how long it was open, in ms */
  onClose(close: Close, openMs: number): RetryDecision;
  /** Called when items came: the peer works, and accepts the credentials. */
  onData(): void;
  onAck(id: string): void;
  /** Called when the connection is over, in both directions. */
  onOver(socket: Socket, decision: RetryDecision): void;
}

/** The peer ended the connection by plan. */
const ROTATE = { type: 'rotate' } as const;

const DONE: { readonly done: true; readonly value: undefined } = { done: true, value: undefined };

/** Time for the close event after an error, in ms: some classes fire none. */
const CLOSE_EVENT_MS = 50;

/** The connection, which is its own iterator: the items since the last `next()` are one batch. */
export class SocketConnection<T> implements Connection<T>, AsyncIterableIterator<Batch<T>> {
  /** Silence proves nothing: see `Connection.isQuiet`. */
  readonly isQuiet: boolean;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions<T>;
  readonly #host: ConnectionHost;
  readonly #inbox: Inbox<T>;
  readonly #flow: Flow;
  readonly #listeners: Readonly<Record<string, (event: SocketEvent) => void>>;
  readonly #steps = new Steps();
  readonly #timers: ConnectionTimers;
  #isOpen = false;
  #openedAt = 0;
  #hasSign = false;
  #waiter: Settle<Result<T>> | null = null;
  #decision: RetryDecision | null = null;
  readonly #fault = new Fault();

  constructor(
    socket: Socket,
    options: ConnectionOptions<T>,
    host: ConnectionHost,
    isQuiet: boolean,
  ) {
    this.#socket = socket;
    this.#options = options;
    this.#host = host;
    this.isQuiet = isQuiet;
    this.#timers = new ConnectionTimers(host.clock);
    this.#inbox = new Inbox(
      options,
      {
        onParsed: (hasItems) => this.#onParsed(hasItems),
        onEnd: () => this.end('end'),
        onAck: (id) => host.onAck(id),
        onFailure: (failure) => this.#fail(failure),
      },
      host.memory,
    );
    this.#flow = new Flow(socket, host.clock, this.#inbox);
    this.#listeners = {
      open: () => this.#onOpen(),
      message: ({ data }) => this.#onMessage(data),
      error: (event) => this.#onError(event),
      close: ({ code, reason }) =>
        this.#onClose({
          code: code ?? BROKEN.code,
          reason: typeof reason === 'string' ? reason : '',
        }),
    };
    for (const [type, listener] of Object.entries(this.#listeners))
      socket.addEventListener(type, listener);
    // `ws` reports the pings of the protocol.
    for (const sign of ['ping', 'pong']) socket.on?.(sign, () => this.#sign());
    this.#watch();
  }

  /** The sub-protocol that the peer chose; `''` without one. */
  get protocol(): string {
    return this.#socket.protocol ?? '';
  }

  get batches(): this {
    return this;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<Result<T>> {
    if (this.#inbox.hasItems || this.#hasSign) return { done: false, value: this.#take() };
    if (this.#decision === null || this.#inbox.isBusy)
      return new Promise((resolve, reject) => (this.#waiter = { resolve, reject }));
    const decision = this.#decision;
    this.#decision = 'end';
    if (decision === 'end') return DONE;
    if (decision === 'rotate') return { done: false, value: [ROTATE] };
    throw decision;
  }

  /** Stops reading. `close()` closes the socket: only then is it known whether another one will follow. */
  async return(): Promise<Result<T>> {
    this.#hasSign = false;
    this.#inbox.clear();
    return DONE;
  }

  /** Closes the connection, and drops unread messages. */
  close(): void {
    this.#hasSign = false;
    this.#inbox.clear();
    if (this.#decision !== null) return;
    this.#leave('end', this.#host.isOver() ? NORMAL : this.#options.leaveCode);
  }

  /** Ends the connection from this side; messages that came before are still read. */
  end(decision: RetryDecision): void {
    if (this.#decision !== null) return;
    this.#leave(decision, decision === 'end' ? NORMAL : this.#options.leaveCode);
  }

  /** Resolves with the handshake. @throws SourceError if the connection is over first. */
  async opened(): Promise<void> {
    if (!this.#isOpen || this.#decision !== null) await this.#steps.next();
  }

  /** Settles with `work`, or earlier when the connection ends. */
  during<R>(work: PromiseLike<R>): Promise<R> {
    return this.#steps.during(adopt(work));
  }

  /** Holds messages for `receive`, until `release`. */
  hold(): void {
    this.#inbox.hold();
  }

  release(): void {
    this.#inbox.release();
  }

  receive(): Promise<WebSocketMessage> {
    this.#socket.resume?.();
    const message = this.during(this.#inbox.receive());
    // A waiter that has given up must not leave an unhandled rejection when the connection ends.
    message.catch(() => {});
    return message;
  }

  /** Calls this at an interval, as long as the connection lasts. */
  every(ms: number, run: () => void): void {
    this.#timers.every(ms, run);
  }

  /** Checks the state of the socket, since a class may not fire the event. */
  #watch(): void {
    const { closeTimeoutMs } = this.#options;
    const { clock } = this.#host;
    let notOpenSince: number | null = null;
    this.every(closeTimeoutMs / 4, () => {
      const { readyState } = this.#socket;
      if (readyState === OPEN) this.#onOpen();
      if (readyState <= OPEN) return;
      notOpenSince ??= clock.now();
      const patienceMs = readyState === CLOSED ? CLOSE_EVENT_MS : closeTimeoutMs / 2;
      if (clock.now() - notOpenSince >= patienceMs) this.#break();
    });
  }

  #onOpen(): void {
    if (this.#isOpen || this.#decision !== null) return;
    this.#isOpen = true;
    this.#openedAt = this.#host.clock.now();
    this.#steps.pass();
  }

  #onMessage(data: unknown): void {
    const message = toMessage(data);
    if (message === undefined) {
      const what = `expected a message of text or bytes, got ${describeType(data)}`;
      return this.end(sourceError('protocol', what, { fatal: true }));
    }
    const size = sizeOf(data);
    if (size > this.#options.maxMessageBytes) return this.end(tooLong());
    const { pause, unparsedBytes } = this.#socket;
    if (pause === undefined && !this.#inbox.fits(size, unparsedBytes)) {
      // A dropped message comes again if the peer can resume; otherwise it would be lost.
      this.end(overrun(this.#inbox.hasIds || this.#host.canResume()));
      return runQuietly(() => this.#socket.terminate?.());
    }
    this.#inbox.add(message);
    // A waiter has taken the message by now.
    this.#flow.check();
  }

  #onParsed(hasItems: boolean): void {
    if (hasItems) this.#host.onData();
    this.#sign();
  }

  #sign(): void {
    this.#hasSign = true;
    this.#wake();
  }

  #onError(event: SocketEvent): void {
    this.#fault.add(event);
    this.#timers.once(CLOSE_EVENT_MS, () => this.#break());
  }

  #onClose(close: Close): void {
    if (this.#decision !== null) return;
    this.#over(this.#classifyClose(close));
  }

  /** Ends a connection whose class fired no event. */
  #break(): void {
    if (this.#decision === null) this.#leave(this.#classifyClose(BROKEN), this.#options.leaveCode);
  }

  /** Keeps the error of `ws` and Node, which precedes the close and says what broke. A browser fires none. */
  #classifyClose(close: Close): RetryDecision {
    const explained = this.#fault.explain(close);
    if (explained instanceof SourceError) return explained;
    try {
      const openMs = this.#isOpen ? this.#host.clock.now() - this.#openedAt : 0;
      return this.#host.onClose(explained, openMs);
    } catch (thrown) {
      // A listener of a socket must not throw, even if the caller's code did.
      return thrown as SourceError;
    }
  }

  /** Ends the connection; later messages of the peer are ignored. */
  #fail(failure: SourceError): void {
    if (this.#decision === null) this.end(failure);
    else this.#decision = failure;
    this.#wake();
  }

  #leave(decision: RetryDecision, code: number): void {
    this.#over(decision);
    abandon(this.#socket, code, this.#host.clock, this.#options.closeTimeoutMs);
  }

  #over(decision: RetryDecision): void {
    this.#decision = decision;
    for (const [type, listener] of Object.entries(this.#listeners))
      this.#socket.removeEventListener(type, listener);
    this.#timers.stop();
    this.#host.onOver(this.#socket, decision);
    this.#steps.fail(tooEarly(decision));
    this.#wake();
  }

  #wake(): void {
    const waiter = this.#waiter;
    if (waiter === null) return;
    this.#waiter = null;
    this.next().then(waiter.resolve, waiter.reject);
  }

  #take(): Batch<T> {
    this.#hasSign = false;
    const items = this.#inbox.take();
    this.#flow.goOn();
    return items;
  }
}
