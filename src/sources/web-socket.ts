/** The source `webSocket()`, which can also send. */

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
   * Sends a message: at once if the stream is connected, otherwise in order on the next connection. Without an `ackId`, a
   * message that a connection has taken is never sent again, even if the connection breaks. Bytes are copied.
   * @throws ReconnectError `limit` if more than `maxQueuedBytes` would wait; `usage` if the stream is closed.
   */
  send(message: WebSocketData): 'sent' | 'queued';
  /**
   * The messages that no connection has taken, that the peer has not acknowledged, and that waited for a connection that
   * the peer refused. The source does not send the last ones again.
   */
  readonly unsent: readonly WebSocketData[];
  /** Removes the unsent messages, and returns them. */
  clearUnsent(): readonly WebSocketData[];
  /** Number of bytes, or of UTF-16 code units of text, that wait to be sent, here and in the WebSocket. */
  readonly bufferedAmount: number;
  /** Calls the listener each time when nothing waits to be sent or acknowledged. Returns a function that stops that. */
  onDrain(listener: () => void): () => void;
  /** The sub-protocol of the connection; `''` without one. */
  readonly protocol: string;
}

/**
 * Reads the messages of a WebSocket. A close with 1000 is the end, unless `isEnd` is given; any other close is
 * classified by its code. `resumeMessage` sends the position from which the peer is to continue.
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
    // Eager, since an id is optional per message.
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
