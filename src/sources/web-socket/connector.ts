/** Opens the connections of one source, and remembers how they ended. */

import type {
  Connection,
  ResumePoint,
  SourceClock,
  SourceHost,
} from '../../../machines/source-contract.js';
import { ReconnectError } from '../../../machines/errors.js';
import { readable } from '../../../machines/thenable.js';
import { statusClass } from '../../../machines/http-status.js';
import { quotedText } from '../../../machines/quoted-text.js';
import { SourceError, sourceError } from '../shared/source-error.js';
import { abortedFailure } from '../http/response/network-error.js';
import { redactor } from '../http/response/redact.js';
import type { Redact } from '../http/response/redact.js';
import { toHeaders } from '../http/request/validate-request.js';
import { askProvider } from '../http/request/request.js';
import type { HeadersContext } from '../http/request/request.js';
import { refreshCount } from '../http/request/credential-refresh.js';
import { ask } from '../shared/to-items.js';
import { systemTimers } from '../shared/timers.js';
import { toSocketUrl } from './socket/address.js';
import { toProtocols } from './checks.js';
import { checkCloseClass, closeClass, closeFailure } from './socket/close-codes.js';
import type { Close } from './socket/close-codes.js';
import { SocketConnection } from './connection.js';
import type { ConnectionHost, RetryDecision } from './connection.js';
import { createSocket } from './socket/create-socket.js';
import { greet } from './greeting.js';
import type { CheckedWebSocketOptions } from './options.js';
import type { Outbox } from './sending/outbox.js';
import { startPings } from './pings.js';
import { abandon, NORMAL } from './socket/socket.js';
import type { Socket } from './socket/socket.js';
import { refuseUpgrade } from './socket/upgrade.js';

export class Connector<T> {
  /** The sub-protocol of the last connection. */
  protocol = '';
  readonly #options: CheckedWebSocketOptions<T>;
  readonly #outbox: Outbox;
  /** Functions that may return other credentials, for the handshake and for the first messages. */
  readonly #canRefresh: { readonly handshake: boolean; readonly all: boolean };
  /** How often in a row the peer was busy, reported a protocol error, or rejected the credentials. */
  readonly #inRow = { busy: 0, broken: 0, refused: 0 };
  /** Number of refreshes before the last refused connection. */
  #refusedAt: number | undefined;

  constructor(options: CheckedWebSocketOptions<T>, outbox: Outbox) {
    this.#options = options;
    this.#outbox = outbox;
    const { url, protocols, headers, resumeMessage, ready } = options;
    const handshake = [url, protocols, headers].some((part) => typeof part === 'function');
    const all = handshake || resumeMessage !== undefined || ready !== undefined;
    this.#canRefresh = { handshake, all };
  }

  async open(at: ResumePoint, signal: AbortSignal, host?: SourceHost): Promise<Connection<T>> {
    this.#outbox.serve(() => host?.isOver ?? false);
    const step = { isOpen: false };
    try {
      return await this.#connect(at, signal, host, this.#refusedAt, step);
    } catch (thrown) {
      if (!(thrown instanceof ReconnectError)) throw ownFault(thrown);
      const { status } = thrown;
      const isRefused = status !== undefined && statusClass(status) === 'credentials';
      const canRefresh = step.isOpen ? this.#canRefresh.all : this.#canRefresh.handshake;
      const isFirst = this.#refusedAt === undefined;
      if (!isRefused || !canRefresh || !isFirst || signal.aborted) throw thrown;
      return this.#connect(at, signal, host, refreshCount(this.#options.headers), step);
    }
  }

  async #connect(
    at: ResumePoint,
    signal: AbortSignal,
    host: SourceHost | undefined,
    since: number | undefined,
    step: { isOpen: boolean },
  ): Promise<Connection<T>> {
    if (signal.aborted) throw abortedFailure(signal);
    const options = this.#options;
    const refreshed = refreshCount(options.headers);
    const start = Object.freeze({ ...at, refresh: since !== undefined, signal });
    const request = await this.#request(at, start, since);
    const greetings: string[] = [];
    const redact = redactorOf(request, greetings);
    const socket = createSocket(options.WebSocket, request);
    const clock = options.clock ?? host?.clock ?? systemTimers;
    const connectionHost = this.#hostOf(at, host, clock, { refreshed, redact });
    let connection: SocketConnection<T>;
    try {
      connection = new SocketConnection(socket, options, connectionHost, this.#isQuiet(socket));
    } catch (thrown) {
      abandon(socket, NORMAL, clock, options.closeTimeoutMs);
      throw thrown;
    }
    // Before the handshake is complete: the first message may come with it.
    if (options.ready !== undefined) connection.hold();
    const leave = (): void => connection.end(abortedFailure(signal));
    signal.addEventListener('abort', leave, { once: true });
    try {
      refuseUpgrade(socket, at, redact, (failure) => connection.end(failure));
      // The code of the class may have called a command of the stream.
      if (signal.aborted) throw abortedFailure(signal);
      await connection.opened();
      step.isOpen = true;
      this.protocol = connection.protocol;
      startPings(options.ping, socket, connection);
      await greet(options, start, connection, (data) => {
        if (typeof data === 'string') greetings.push(data);
        socket.send(data);
      });
      this.#outbox.attach(socket, clock);
      return connection;
    } catch (cause) {
      const thrown = readable(cause);
      connection.end(thrown instanceof SourceError ? thrown : ownFault(thrown));
      throw thrown;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  /** Returns what a connection needs of the source and the stream. */
  #hostOf(
    at: ResumePoint,
    host: SourceHost | undefined,
    clock: SourceClock,
    { refreshed, redact }: { readonly refreshed: number; readonly redact: Redact },
  ): ConnectionHost {
    return {
      clock,
      memory: host?.memory,
      isOver: () => host?.isOver ?? false,
      canResume: () => this.#options.words.resume === 'cursor' && Boolean(at.cursor),
      onClose: (close, openMs) => {
        if (openMs >= (host?.aliveAfterMs ?? Infinity)) this.#resetCounts();
        return this.#classifyClose(close, refreshed, redact);
      },
      onOver: (socket, decision) =>
        this.#outbox.detach(socket, decision instanceof SourceError && decision.fatal),
      onData: () => this.#resetCounts(),
      onAck: (id) => this.#outbox.acknowledge(id),
    };
  }

  async #request(
    at: ResumePoint,
    basic: HeadersContext,
    since: number | undefined,
  ): Promise<Parameters<typeof createSocket>[1]> {
    const { url, protocols, headers, maxMessageBytes, closeTimeoutMs } = this.#options;
    const { attempt, refresh, signal } = basic;
    const context: HeadersContext = Object.freeze({ attempt, refresh, signal });
    const { cursor, items, bytes, chars } = at;
    const full = Object.freeze({ ...context, cursor, items, bytes, chars });
    const address = toSocketUrl(await askProvider('url', url, full));
    const names = toProtocols(await askProvider('protocols', protocols, context));
    const fields = toHeaders(await askProvider('headers', headers, context, since));
    if (signal.aborted) throw abortedFailure(signal);
    const limits = { maxPayload: maxMessageBytes, closeTimeout: closeTimeoutMs };
    return { url: address, protocols: names, headers: fields, limits };
  }

  /** A feed without ids or an end may be silent for long, and without visible pings silence proves nothing. */
  #isQuiet(socket: Socket): boolean {
    const { id, isEnd, ping } = this.#options;
    return id === undefined && isEnd === undefined && ping === undefined && socket.on === undefined;
  }

  #resetCounts(): void {
    this.#inRow.busy = this.#inRow.refused = 0;
    this.#refusedAt = undefined;
  }

  #classifyClose(close: Close, refreshed: number, redact: Redact): RetryDecision {
    const { closeCode, words } = this.#options;
    const inRow = this.#inRow;
    const { code, reason, error } = close;
    const own = checkCloseClass(ask('closeCode', () => closeCode?.(code, reason), undefined));
    const meaning = own ?? (error === undefined ? closeClass(code) : 'broken');
    const failure = closeFailure({ ...close, reason: redact(reason) }, meaning, inRow);
    inRow.broken = meaning === 'broken' ? inRow.broken + 1 : 0;
    if (meaning === 'busy') inRow.busy += 1;
    if (meaning === 'rotate') return 'rotate';
    if (meaning === 'end' && words.terminal === 'eof') return 'end';
    if (meaning !== 'credentials' || !this.#canRefresh.all || inRow.refused > 0) return failure;
    // A second connection, with other credentials.
    inRow.refused += 1;
    this.#refusedAt = refreshed;
    const { message, status, code: closeName } = failure;
    return sourceError('http', message, { fatal: false, status, code: closeName });
  }
}

/** Returns a function that removes the credentials of the handshake and the first messages from texts of the peer. */
function redactorOf(
  { url, headers }: Parameters<typeof createSocket>[1],
  greetings: readonly string[],
): Redact {
  return (text) => {
    if (text === '') return '';
    try {
      const body = JSON.stringify(greetings.map(parsed));
      return redactor({ url: new URL(url), headers, body })(text);
    } catch {
      // A URL class without `searchParams`: then the whole text is hidden.
      return '';
    }
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Returns the failure for an error of the class itself: another attempt would not help. */
function ownFault(cause: unknown): SourceError {
  const said = cause instanceof Error ? `: ${quotedText(cause.message)}` : '';
  return sourceError('usage', `The WebSocket could not be used${said}`, { fatal: true, cause });
}
