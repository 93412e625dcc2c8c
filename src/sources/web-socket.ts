/** A WebSocket, as a source that can also send. */

import type { Connection, ResumePoint, StreamSource } from '../../machines/contract.js';
import { configFailure, openFailure } from './failure.js';
import type { OpenFailure } from './failure.js';
import { abortedFailure } from './http/network-error.js';
import { toHeaders } from './http/request-parts.js';
import { askProvider } from './http/request.js';
import { redactor } from './http/redact.js';
import type { Redact } from './http/redact.js';
import type { HeadersContext } from './http/request.js';
import type { WithoutUrl } from './http/source-options.js';
import { statusClass } from '../../machines/http-status.js';
import { refreshCount } from './http/shared-refresh.js';
import { guard, wrongAnswer } from './items.js';
import { toSocketUrl } from './web-socket/address.js';
import { checkCloseClass, closeClass, closeFailure } from './web-socket/close-codes.js';
import { SocketConnection } from './web-socket/connection.js';
import { checkWebSocketOptions } from './web-socket/options.js';
import type { WebSocketOptions } from './web-socket/options.js';
import { Outbox } from './web-socket/outbox.js';
import { createSocket, isMessage } from './web-socket/socket.js';
import type { Socket, WebSocketMessage } from './web-socket/socket.js';
import { refuseUpgrade } from './web-socket/upgrade.js';

export interface WebSocketSource<T> extends StreamSource<T> {
  /**
   * Sends to the peer: at once where the stream is connected, else in order when it is. What a connection has
   * taken is never sent again, even if it broke on the way.
   * @throws ReconnectError `limit` where more than `maxQueuedBytes` would wait.
   */
  send(message: WebSocketMessage): 'sent' | 'queued';
  /** What no connection has taken, oldest first. */
  readonly unsent: readonly WebSocketMessage[];
}

/**
 * Reads the messages of a WebSocket. A close with 1000 is the end, unless `isEnd` tells what the end is; any
 * other is a drop, by its code. The resume message tells the peer where to go on.
 *
 * @example
 * ```ts
 * import { webSocket } from 'stream-reconnect/sources';
 *
 * interface Tick { seq: number; price: number }
 * const feed = webSocket<Tick>({
 *   url: 'wss://example.com/feed',
 *   parse: (message) => JSON.parse(String(message)) as Tick,
 *   id: (tick) => String(tick.seq),
 *   resumeMessage: ({ cursor }) => JSON.stringify({ type: 'subscribe', after: cursor }),
 * });
 * ```
 * @throws ReconnectError `config` where an option cannot work.
 */
export function webSocket<T = WebSocketMessage>(
  url: string | URL,
  options?: WithoutUrl<WebSocketOptions<T>>,
): WebSocketSource<T>;
export function webSocket<T = WebSocketMessage>(options: WebSocketOptions<T>): WebSocketSource<T>;
export function webSocket<T = WebSocketMessage>(
  first: string | URL | WebSocketOptions<T>,
  rest?: WithoutUrl<WebSocketOptions<T>>,
): WebSocketSource<T> {
  const checked = checkWebSocketOptions(first, rest);
  const { words, contiguous, url, protocols, headers, closeCode } = checked;
  const { name, resume, terminal, reopen } = words;
  const outbox = new Outbox(checked.maxQueuedBytes);
  const hasProvider = typeof url === 'function' || typeof headers === 'function';
  /** How often in a row the peer closed because it is busy, and because it refuses who we are. */
  const inRow = { busy: 0, refused: 0 };
  /** The refreshes that had been when the last refused connection was made. */
  let refusedAt: number | undefined;

  const source = {
    name,
    resume,
    terminal,
    reopen,
    open,
    send: (message: WebSocketMessage) => outbox.send(message),
    get unsent() {
      return outbox.unsent;
    },
  };
  return Object.freeze(contiguous === undefined ? source : Object.assign(source, { contiguous }));

  async function open(at: ResumePoint, signal: AbortSignal): Promise<Connection<T>> {
    try {
      return await connect(at, signal, refusedAt);
    } catch (thrown) {
      const { status } = thrown as { status?: number };
      const isRefused = status !== undefined && statusClass(status) === 'credentials';
      if (!isRefused || !hasProvider || refusedAt !== undefined || signal.aborted) throw thrown;
      return connect(at, signal, refreshCount(headers));
    }
  }

  async function connect(
    at: ResumePoint,
    signal: AbortSignal,
    since: number | undefined,
  ): Promise<Connection<T>> {
    if (signal.aborted) throw abortedFailure(signal);
    const refresh = since !== undefined;
    const basic: HeadersContext = Object.freeze({ attempt: at.attempt, refresh, signal });
    const { cursor, items, bytes, chars } = at;
    const full = Object.freeze({ ...basic, cursor, items, bytes, chars });
    const address = toSocketUrl(await askProvider('url', url, full));
    const refreshed = refreshCount(headers);
    const fields = toHeaders(await askProvider('headers', headers, basic, since));
    if (signal.aborted) throw abortedFailure(signal);
    const socket = createSocket(checked.WebSocket, address, protocols, {
      headers: fields,
      maxPayload: checked.maxMessageBytes,
      closeTimeout: checked.closeTimeoutMs,
    });
    const redact = redactor({ url: new URL(address), headers: fields });
    const connection = new SocketConnection(socket, checked, {
      onClose: (code, reason) => verdictOf(code, reason, redact, refreshed),
      onOver: (over) => outbox.detach(over),
      onData: () => {
        inRow.busy = inRow.refused = 0;
        refusedAt = undefined;
      },
    });
    const leave = (): void => connection.end(abortedFailure(signal));
    signal.addEventListener('abort', leave, { once: true });
    try {
      if (Object.keys(fields).length > 0 && socket.on === undefined) throw noHeaders();
      refuseUpgrade(socket, at, redact, (failure) => connection.end(failure));
      await connection.opened;
      greet(socket, at);
      return connection;
    } catch (thrown) {
      connection.end(thrown as OpenFailure);
      throw thrown;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  function greet(socket: Socket, at: ResumePoint): void {
    const { resumeMessage } = checked;
    const greeting: unknown = guard('resumeMessage', () => resumeMessage?.(at));
    if (greeting !== undefined) {
      if (!isMessage(greeting))
        throw wrongAnswer('resumeMessage', 'a string, a Uint8Array or nothing', greeting);
      socket.send(greeting);
    }
    outbox.attach(socket);
  }

  function verdictOf(
    code: number,
    reason: string,
    redact: Redact,
    refreshed: number,
  ): 'end' | OpenFailure {
    const own = checkCloseClass(guard('closeCode', () => closeCode?.(code, reason)));
    const meaning = own ?? closeClass(code);
    if (meaning === 'end') return 'end';
    const failure = closeFailure(code, redact(reason), meaning, inRow.busy);
    if (meaning === 'busy') inRow.busy += 1;
    if (meaning !== 'credentials' || !hasProvider || inRow.refused > 0) return failure;
    // Once more, with other credentials.
    inRow.refused += 1;
    refusedAt = refreshed;
    const { message, status, code: closeName } = failure;
    return openFailure('http', message, { fatal: false, status, code: closeName });
  }
}

function noHeaders(): OpenFailure {
  const write = "WebSocket: (await import('ws')).WebSocket, or a token in url";
  return configFailure('a WebSocket that can send headers', 'one that cannot', write);
}
