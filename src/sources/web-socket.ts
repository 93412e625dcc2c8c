/** A WebSocket, as a source that can also send. */

import type {
  Connection,
  ResumePoint,
  SourceHost,
  StreamSource,
} from '../../machines/source-contract.js';
import type { WithoutUrl } from './http/source-options.js';
import { Connector } from './web-socket/connector.js';
import type { WebSocketData, WebSocketMessage } from './web-socket/socket/message.js';
import { checkWebSocketOptions } from './web-socket/options.js';
import type { WebSocketOptions } from './web-socket/options.js';
import { Outbox } from './web-socket/sending/outbox.js';

export interface WebSocketSource<T> extends StreamSource<T> {
  /**
   * Sends to the peer: at once where the stream is connected, else in order when it is. Without an `ackId`, what a
   * connection has taken is never sent again, even if it broke on the way. Bytes are copied.
   * @throws ReconnectError `limit` where more than `maxQueuedBytes` would wait; `usage` where the stream is closed.
   */
  send(message: WebSocketData): 'sent' | 'queued';
  /**
   * What no connection has taken, what the peer has not acknowledged, and what waited for a connection that the peer
   * refused: the last is never sent again by itself.
   */
  readonly unsent: readonly WebSocketData[];
  /** Forgets what is unsent, and returns it. */
  clearUnsent(): readonly WebSocketData[];
  /** Bytes, or UTF-16 units of text, that wait to be sent, here and in the WebSocket. */
  readonly bufferedAmount: number;
  /** Runs each time when nothing waits any more, to be sent or to be acknowledged; returns how to stop. */
  onDrain(listener: () => void): () => void;
  /** The sub-protocol of the connection; `''` where there is none. */
  readonly protocol: string;
}

/**
 * Reads the messages of a WebSocket. A close with 1000 is the end, unless `isEnd` says what the end is; any
 * other is a drop, by its code. The resume message says where to go on.
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
  const { words, liveWithoutIds, isEndless, contiguous, maxQueuedBytes, ackId } = checked;
  const { name, resume, terminal, reopen } = words;
  const outbox = new Outbox({ maxBytes: maxQueuedBytes, ackId });
  const connector = new Connector(checked, outbox);

  const source = {
    name,
    resume,
    terminal,
    reopen,
    liveWithoutIds,
    isEndless,
    // An id is optional per message.
    delivery: 'eager' as const,
    open: (at: ResumePoint, signal: AbortSignal, host?: SourceHost): Promise<Connection<T>> =>
      connector.open(at, signal, host),
    send: (message: WebSocketData) => outbox.send(message),
    get unsent() {
      return outbox.unsent;
    },
    clearUnsent: () => outbox.clear(),
    get bufferedAmount() {
      return outbox.bufferedAmount;
    },
    onDrain: (listener: () => void) => outbox.onDrain(listener),
    get protocol() {
      return connector.protocol;
    },
  };
  return Object.freeze(contiguous === undefined ? source : Object.assign(source, { contiguous }));
}
