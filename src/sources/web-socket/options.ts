/** The options of `webSocket()`, their defaults and their validation. */

import type {
  EndOutcome,
  ResumePoint,
  SourceClock,
  StreamSource,
} from '../../../machines/contract.js';
import { checkContiguity } from '../contiguity.js';
import type { Contiguity } from '../contiguity.js';
import { configFailure, kindOf } from '../failure.js';
import { toHeaders } from '../http/request-parts.js';
import type { HeadersLike } from '../http/request-parts.js';
import type { HeadersContext, RequestContext } from '../http/request.js';
import { toOptions } from '../http/source-options.js';
import type { WithoutUrl } from '../http/source-options.js';
import type { ItemReaders } from '../items.js';
import { checkFunction, checkSize, checkWords } from '../option-checks.js';
import { toSocketUrl } from './address.js';
import type { CloseClass } from './close-codes.js';
import { isMessage } from './socket.js';
import type { WebSocketClass, WebSocketMessage } from './socket.js';
import { systemTimers } from '../timers.js';

export interface WebSocketOptions<T> {
  /** Where the peer is (ws, wss, http or https); a function is asked again at each attempt. */
  url: string | URL | ((context: RequestContext) => string | URL | PromiseLike<string | URL>);
  /** Sub-protocols, the first by preference. @default none */
  protocols?: string | readonly string[] | undefined;
  /**
   * Headers of the handshake; `ws` alone can send them. A function is asked again at each attempt, and once
   * more with `refresh` after a 401 or 403, or a close with 4401 or 4403.
   */
  headers?:
    | HeadersLike
    | ((context: HeadersContext) => HeadersLike | undefined | PromiseLike<HeadersLike | undefined>)
    | undefined;
  /** The class: the browser's, that of `ws`, Node's own. @default globalThis.WebSocket, looked up at each attempt */
  WebSocket?: WebSocketClass | undefined;
  /** A message as an item; undefined where it is a sign of life and no more. @default the message itself */
  parse?: ((message: WebSocketMessage) => T | undefined) | undefined;
  /** The cursor of an item; undefined where it has none. */
  id?: ((item: T) => string | undefined) | undefined;
  /** Says which item ends the stream; the item itself is handed out. */
  isEnd?: ((item: T) => boolean | EndOutcome) | undefined;
  /** What is sent first on each connection: how the peer learns where to go on. */
  resumeMessage?: ((at: ResumePoint) => WebSocketMessage | undefined) | undefined;
  /** Sent every so many ms, so that the peer answers: a browser cannot send a ping of the protocol. */
  ping?: { readonly message: WebSocketMessage; readonly everyMs: number } | undefined;
  /** What a close code of the peer's own means, or the reason that comes with it; undefined: as in the table. */
  closeCode?: ((code: number, reason: string) => CloseClass | undefined) | undefined;
  /** How ids follow each other; where they do not, the stream tells a `gap`. @default unknown */
  contiguous?: Contiguity | undefined;
  /** How the peer goes on. @default 'cursor' */
  resume?: StreamSource<T>['resume'] | undefined;
  /** `'eof'`: a close with 1000 is the end. @default 'explicit' with `isEnd`, else 'eof' */
  terminal?: StreamSource<T>['terminal'] | undefined;
  /** Whether connecting again is harmless. @default 'safe' */
  reopen?: StreamSource<T>['reopen'] | undefined;
  /** Largest message from the peer, in bytes or UTF-16 units. @default 4 MiB */
  maxMessageBytes?: number | undefined;
  /** Messages that came and nobody has read; above it `ws` stops reading, with others it is an error. @default 16 MiB */
  maxBufferedBytes?: number | undefined;
  /** What may wait to be sent. @default 1 MiB */
  maxQueuedBytes?: number | undefined;
  /** How long the peer may take to close, in ms. @default 2000 */
  closeTimeoutMs?: number | undefined;
  /** Time for `ping` and `closeTimeoutMs`. @default that of the process */
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
  id: true,
  isEnd: true,
  resumeMessage: true,
  ping: true,
  closeCode: true,
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

export interface CheckedWebSocketOptions<T> extends ItemReaders<T> {
  readonly words: ReturnType<typeof checkWords>;
  readonly contiguous: StreamSource<T>['contiguous'];
  readonly url: WebSocketOptions<T>['url'];
  readonly protocols: readonly string[];
  readonly headers: WebSocketOptions<T>['headers'];
  readonly WebSocket: WebSocketClass | undefined;
  readonly parse: WebSocketOptions<T>['parse'];
  readonly resumeMessage: WebSocketOptions<T>['resumeMessage'];
  readonly ping: WebSocketOptions<T>['ping'];
  readonly closeCode: WebSocketOptions<T>['closeCode'];
  readonly maxMessageBytes: number;
  readonly maxBufferedBytes: number;
  readonly maxQueuedBytes: number;
  readonly closeTimeoutMs: number;
  readonly clock: SourceClock;
}

/** @throws ReconnectError `config` */
export function checkWebSocketOptions<T>(
  first: string | URL | WebSocketOptions<T>,
  rest: WithoutUrl<WebSocketOptions<T>> | undefined,
): CheckedWebSocketOptions<T> {
  const options = toOptions('webSocket', first, rest, WEB_SOCKET_OPTIONS);
  const { url, headers, WebSocket, parse, id, isEnd, resumeMessage, ping, closeCode } = options;
  if (typeof url !== 'function') toSocketUrl(url);
  if (typeof headers !== 'function') toHeaders(headers);
  checkFunction('WebSocket', WebSocket, "WebSocket: (await import('ws')).WebSocket");
  checkFunction('parse', parse, '(message) => JSON.parse(message)');
  checkFunction('id', id, '(item) => item.id');
  checkFunction('isEnd', isEnd, '(item) => item.done === true');
  checkFunction(
    'resumeMessage',
    resumeMessage,
    '({ cursor }) => JSON.stringify({ after: cursor })',
  );
  checkFunction('closeCode', closeCode, "(code) => code === 4001 ? 'fatal' : undefined");
  return {
    words: checkWords(options, {
      name: 'web-socket',
      resume: 'cursor',
      terminal: isEnd === undefined ? 'eof' : 'explicit',
      reopen: 'safe',
    }),
    contiguous: checkContiguity(options.contiguous),
    url,
    protocols: checkProtocols(options.protocols),
    headers,
    WebSocket,
    parse,
    id,
    isEnd,
    resumeMessage,
    ping: checkPing(ping),
    closeCode,
    maxMessageBytes: checkSize('maxMessageBytes', options.maxMessageBytes),
    maxBufferedBytes: checkSize('maxBufferedBytes', options.maxBufferedBytes, 16 * MIB),
    maxQueuedBytes: checkSize('maxQueuedBytes', options.maxQueuedBytes, MIB),
    closeTimeoutMs: checkMs('closeTimeoutMs', options.closeTimeoutMs ?? 2_000),
    clock: options.clock ?? systemTimers,
  };
}

const MIB = 1024 * 1024;

/** Longest delay of a timer, in ms: above it one fires at once. */
const TIMER_MS = 2_147_483_647;

function checkProtocols(given: unknown): readonly string[] {
  const names: readonly unknown[] = Array.isArray(given)
    ? given
    : given === undefined
      ? []
      : [given];
  const texts = names.filter((name): name is string => typeof name === 'string' && name !== '');
  if (texts.length === names.length) return texts;
  throw configFailure(
    'protocols to be names',
    kindOf(given),
    "protocols: ['graphql-transport-ws']",
  );
}

function checkPing<T>(ping: WebSocketOptions<T>['ping']): WebSocketOptions<T>['ping'] {
  if (ping === undefined) return undefined;
  if (!isMessage(ping?.message))
    throw configFailure(
      'ping with a message',
      kindOf(ping),
      "ping: { message: 'ping', everyMs: 15_000 }",
    );
  checkMs('ping.everyMs', ping.everyMs);
  return ping;
}

function checkMs(name: string, ms: unknown): number {
  if (typeof ms === 'number' && ms >= 1 && ms <= TIMER_MS) return ms;
  throw configFailure(`${name} from 1 to ${TIMER_MS} ms`, kindOf(ms), `${name}: 2_000`);
}
