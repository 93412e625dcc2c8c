/** The options of `webSocket()`, their defaults and their validation. */

import type {
  EndOutcome,
  ResumePoint,
  SourceClock,
  StreamSource,
} from '../../../machines/source-contract.js';
import { checkContiguity } from '../shared/contiguity.js';
import type { Contiguity } from '../shared/contiguity.js';
import type { Rotation } from '../shared/rotation.js';
import { configFailure } from '../shared/source-error.js';
import { toHeaders } from '../http/request/validate-request.js';
import type { HeadersLike } from '../http/request/validate-request.js';
import type { HeadersContext, RequestContext } from '../http/request/request.js';
import { toOptions } from '../http/source-options.js';
import type { WithoutUrl } from '../http/source-options.js';
import { checkFunction, checkSize, checkWords } from '../shared/validate-options.js';
import { toSocketUrl } from './socket/address.js';
import { checkLeaveCode, checkMs, checkPing, toProtocols } from './checks.js';
import type { CloseClass } from './socket/close-codes.js';
import type { ConnectionOptions } from './connection.js';
import type { WebSocketClass } from './socket/create-socket.js';
import type { WebSocketData, WebSocketMessage } from './socket/message.js';

/** The argument of the functions that make the first messages of a connection. */
export interface WebSocketStart extends ResumePoint {
  /** True after the peer rejected the credentials: return new ones. */
  readonly refresh: boolean;
  /** Aborts when the connection is no longer wanted. */
  readonly signal: AbortSignal;
}

/** The argument of `ready`. */
export interface WebSocketHandshake extends WebSocketStart {
  /** The sub-protocol that the peer chose; `''` without one. */
  readonly protocol: string;
  /** Sends a message now, before all that wait. */
  send(message: WebSocketData): void;
  /** Resolves to the next message from the peer, which is then no item of the stream. */
  receive(): Promise<WebSocketMessage>;
}

export interface WebSocketPing {
  /** A function is called each time; undefined: nothing is sent. @default a ping of the protocol, with `ws` and Bun */
  readonly message?: WebSocketData | (() => WebSocketData | undefined) | undefined;
  readonly everyMs: number;
}

export interface WebSocketOptions<T> {
  /** The address of the peer (ws, wss, http, https; with `ws` also ws+unix); a function is called at each attempt. */
  url: string | URL | ((context: RequestContext) => string | URL | PromiseLike<string | URL>);
  /** Sub-protocols, the preferred one first; a function is called at each attempt. @default none */
  protocols?:
    | string
    | readonly string[]
    | undefined
    | ((
        context: HeadersContext,
      ) =>
        | string
        | readonly string[]
        | undefined
        | PromiseLike<string | readonly string[] | undefined>);
  /**
   * Headers of the handshake: not in a browser. A function is called at each attempt, and once more with `refresh`
   * after a 401 or 403, or a close with 3000, 3003, 4401 or 4403.
   */
  headers?:
    | HeadersLike
    | ((context: HeadersContext) => HeadersLike | undefined | PromiseLike<HeadersLike | undefined>)
    | undefined;
  /**
   * The class: of the browser, `ws`, Node, Bun, Deno, React Native, `websocket`.
   * @default globalThis.WebSocket, looked up at each attempt
   */
  WebSocket?: WebSocketClass | undefined;
  /** Turns a message into an item; undefined: the message is only a sign of life. @default the message itself */
  parse?: ((message: WebSocketMessage) => T | undefined | PromiseLike<T | undefined>) | undefined;
  /** Turns a message into any number of items, in place of `parse`. */
  parseMany?: ((message: WebSocketMessage) => readonly T[] | PromiseLike<readonly T[]>) | undefined;
  /** Returns the cursor of an item; undefined if it has none. */
  id?: ((item: T) => string | undefined) | undefined;
  /** Says which item ends the stream; the item itself is delivered. */
  isEnd?: ((item: T) => boolean | EndOutcome) | undefined;
  /**
   * Says which item announces a planned end of the connection: `true`, or the ms until then. The item is not delivered;
   * another connection is opened at once, which spends no attempt. For a close code with this meaning see `closeCode`.
   */
  rotation?: Rotation<T> | undefined;
  /** Returns the first message of each connection, from which the peer knows where to continue. */
  resumeMessage?:
    | ((
        start: WebSocketStart,
      ) => WebSocketData | undefined | PromiseLike<WebSocketData | undefined>)
    | undefined;
  /**
   * The exchange after it, such as an authentication, before waiting messages are sent. An error that it throws is fatal;
   * one with `status: 401` or `403` means that the peer rejected the credentials: then it runs once more, with `refresh`.
   */
  ready?: ((handshake: WebSocketHandshake) => unknown) | undefined;
  /**
   * A message that is sent at an interval, so that the peer answers: a browser cannot send a ping of the protocol. If no
   * answer comes, `stallTimeoutMs` of the stream ends the connection.
   */
  ping?: WebSocketPing | undefined;
  /**
   * Returns what a close means: `'end'`, `'retry'`, `'busy'` (wait first), `'broken'` (fatal after six in a row),
   * `'credentials'` (call the functions again with `refresh`), `'rotate'` (a planned end) or `'fatal'`. Undefined: the
   * default, which is `'end'` for 1000, `'busy'` for 1013, `'broken'` for 1002, 1003, 1007, 1009 and 1010, `'credentials'`
   * for 3000, 3003, 4401 and 4403, `'fatal'` for 1008 and 4400 to 4499, and `'retry'` for all others.
   */
  closeCode?: ((code: number, reason: string) => CloseClass | undefined) | undefined;
  /** The close code for a connection that another will follow; 1000 is only for the end. @default 4000 */
  leaveCode?: number | undefined;
  /** Returns the id of a message, which is kept and sent again until the peer acknowledges it. */
  ackId?: ((message: WebSocketData) => string | undefined) | undefined;
  /** Returns the id, or the ids, that this item acknowledges; such an item is not delivered. */
  isAck?: ((item: T) => string | readonly string[] | undefined) | undefined;
  /** How ids follow each other; where one is skipped, the stream emits a `gap`. @default unknown */
  contiguous?: Contiguity | undefined;
  /**
   * How the stream continues after a drop. `'live'`: it does not, this is a feed. The default means that as well, after a `diagnostic`, as
   * long as no id came and there is no `isEnd`.
   * @default 'cursor'
   */
  resume?: StreamSource<T>['resume'] | undefined;
  /** `'eof'`: a close with 1000 is the end. @default 'explicit' with `isEnd`, else 'eof' */
  terminal?: StreamSource<T>['terminal'] | undefined;
  /** Whether connecting again is harmless. @default 'safe' */
  reopen?: StreamSource<T>['reopen'] | undefined;
  /** Largest message from the peer, in bytes or UTF-16 code units. @default 4 MiB */
  maxMessageBytes?: number | undefined;
  /**
   * Size of the messages that were not read. Above it `ws` stops reading; with another class the connection is dropped
   * if the peer can resume from a cursor, and otherwise it is an error of kind `limit`. @default 16 MiB
   */
  maxBufferedBytes?: number | undefined;
  /** Size of the messages that wait to be sent or to be acknowledged. @default 1 MiB */
  maxQueuedBytes?: number | undefined;
  /** Time for the peer to close, in ms. @default 2000 */
  closeTimeoutMs?: number | undefined;
  /** The clock of `ping` and `closeTimeoutMs`. @default that of the stream */
  clock?: SourceClock | undefined;
  /** The name in diagnostics. @default 'web-socket' */
  name?: string | undefined;
}

const WEB_SOCKET_OPTIONS = {
  url: true,
  protocols: true,
  headers: true,
  WebSocket: true,
  parse: true,
  parseMany: true,
  id: true,
  isEnd: true,
  rotation: true,
  resumeMessage: true,
  ready: true,
  ping: true,
  closeCode: true,
  leaveCode: true,
  ackId: true,
  isAck: true,
  contiguous: true,
  resume: true,
  terminal: true,
  reopen: true,
  maxMessageBytes: true,
  maxBufferedBytes: true,
  maxQueuedBytes: true,
  closeTimeoutMs: true,
  clock: true,
  name: true,
} as const satisfies Record<keyof WebSocketOptions<unknown>, true>;

export interface CheckedWebSocketOptions<T> extends ConnectionOptions<T> {
  readonly words: ReturnType<typeof checkWords>;
  readonly liveWithoutIds: boolean;
  readonly isEndless: boolean;
  readonly contiguous: StreamSource<T>['contiguous'];
  readonly url: WebSocketOptions<T>['url'];
  readonly protocols: WebSocketOptions<T>['protocols'];
  readonly headers: WebSocketOptions<T>['headers'];
  readonly WebSocket: WebSocketClass | undefined;
  readonly resumeMessage: WebSocketOptions<T>['resumeMessage'];
  readonly ready: WebSocketOptions<T>['ready'];
  readonly ping: WebSocketPing | undefined;
  readonly closeCode: WebSocketOptions<T>['closeCode'];
  readonly ackId: WebSocketOptions<T>['ackId'];
  readonly maxQueuedBytes: number;
  readonly clock: SourceClock | undefined;
}

/** @throws ReconnectError `config` */
export function checkWebSocketOptions<T>(
  first: string | URL | WebSocketOptions<T>,
  rest: WithoutUrl<WebSocketOptions<T>> | undefined,
): CheckedWebSocketOptions<T> {
  const options = toOptions('webSocket', first, rest, WEB_SOCKET_OPTIONS);
  const { url, protocols, headers, WebSocket, parse, parseMany, id, isEnd, ping } = options;
  const { rotation, resumeMessage, ready, closeCode, ackId, isAck, clock } = options;
  if (typeof url !== 'function') toSocketUrl(url);
  if (typeof protocols !== 'function') toProtocols(protocols);
  if (typeof headers !== 'function') toHeaders(headers);
  checkFunction('WebSocket', WebSocket, "WebSocket: (await import('ws')).WebSocket");
  checkFunction('parse', parse, '(message) => JSON.parse(message)');
  checkFunction('parseMany', parseMany, '(message) => JSON.parse(message).events');
  if (parse !== undefined && parseMany !== undefined)
    throw configFailure('parse or parseMany', 'both', 'parseMany alone');
  checkFunction('id', id, '(item) => item.id');
  checkFunction('isEnd', isEnd, '(item) => item.done === true');
  checkFunction('rotation', rotation, "(item) => item.type === 'goaway'");
  checkFunction(
    'resumeMessage',
    resumeMessage,
    '({ cursor }) => JSON.stringify({ after: cursor })',
  );
  checkFunction('ready', ready, 'async ({ receive }) => { await receive(); }');
  checkFunction('closeCode', closeCode, "(code) => code === 4001 ? 'fatal' : undefined");
  checkFunction('ackId', ackId, '(message) => JSON.parse(message).id');
  checkFunction('isAck', isAck, '(item) => item.ack');
  return {
    words: checkWords(options, {
      name: 'web-socket',
      resume: 'cursor',
      terminal: isEnd === undefined ? 'eof' : 'explicit',
      reopen: 'safe',
    }),
    // Without `isEnd` and `resume` it is a feed until an id comes.
    liveWithoutIds: [options.resume, isEnd, options.contiguous].every((word) => word === undefined),
    isEndless: isEnd === undefined,
    contiguous: checkContiguity(options.contiguous),
    url,
    protocols,
    headers,
    WebSocket,
    parse: parseMany ?? parse,
    parsesMany: parseMany !== undefined,
    id,
    isEnd,
    rotation,
    resumeMessage,
    ready,
    ping: checkPing(ping),
    closeCode,
    leaveCode: checkLeaveCode(options.leaveCode ?? 4000),
    ackId,
    isAck,
    maxMessageBytes: checkSize('maxMessageBytes', options.maxMessageBytes),
    maxBufferedBytes: checkSize('maxBufferedBytes', options.maxBufferedBytes, 16 * MIB),
    maxQueuedBytes: checkSize('maxQueuedBytes', options.maxQueuedBytes, MIB),
    closeTimeoutMs: checkMs('closeTimeoutMs', options.closeTimeoutMs ?? 2_000),
    clock,
  };
}

const MIB = 1024 * 1024;
