/** The options of `sse()`, their defaults and their validation. */

import type { EndOutcome, ResumeMode, StreamSource } from '../../machines/contract.js';
import { configFailure, kindOf } from './failure.js';
import {
  checkFunction,
  checkOneOf,
  checkString,
  REOPEN_MODES,
  RESUME_MODES,
  TERMINALS,
} from './option-checks.js';
import { isSendable, toBody, toHeaders, toUrl } from './request-parts.js';
import type { HeadersLike, RequestBody } from './request-parts.js';
import type { FetchLike, HeadersContext, RequestContext, RequestOptions } from './request.js';
import type { SseEvent } from './sse-decoder.js';

export interface SseOptions {
  /** Where the stream is; a function is asked again at each attempt. No user or password in it. */
  url: string | URL | ((context: RequestContext) => string | URL | PromiseLike<string | URL>);
  /** @default 'GET' */
  method?: string | undefined;
  /** A function is asked again at each attempt, and once more with `refresh` after a 401 or 403. */
  headers?:
    | HeadersLike
    | ((context: HeadersContext) => HeadersLike | undefined | PromiseLike<HeadersLike | undefined>)
    | undefined;
  /** What can be sent again at each attempt; so no stream. A function is asked at each attempt. */
  body?:
    | RequestBody
    | ((context: RequestContext) => RequestBody | undefined | PromiseLike<RequestBody | undefined>)
    | undefined;
  /**
   * Says which event ends the stream: `true` for complete, or the outcome. The event itself is
   * handed out; what follows it is not read.
   */
  isEnd?: ((event: SseEvent) => boolean | EndOutcome) | undefined;
  /** Whether the bytes may simply end. @default 'explicit' */
  terminal?: StreamSource<SseEvent>['terminal'] | undefined;
  /** Whether asking again is harmless. @default 'safe' for GET and HEAD, else 'restarts-work' */
  reopen?: StreamSource<SseEvent>['reopen'] | undefined;
  /** How the server goes on; the header `Last-Event-ID` is sent for `'cursor'` only. @default 'cursor' */
  resume?: ResumeMode | undefined;
  /** The cursor to start from. */
  lastEventId?: string | undefined;
  /** @default globalThis.fetch, looked up at each attempt */
  fetch?: FetchLike | undefined;
  /** Passed on to fetch. */
  credentials?: RequestCredentials | undefined;
  /** Passed on to fetch. */
  mode?: RequestMode | undefined;
  /** Longest line, of any kind, in bytes. @default 4 MiB */
  maxLineBytes?: number | undefined;
  /**
   * Largest event in bytes, field names included; each further line counts 32 bytes more, which is
   * less than it costs to hold. @default 4 MiB
   */
  maxEventBytes?: number | undefined;
  /** The name in diagnostics. @default 'sse' */
  name?: string | undefined;
}

export interface CheckedSseOptions extends RequestOptions {
  readonly name: string;
  readonly resume: ResumeMode;
  readonly terminal: StreamSource<SseEvent>['terminal'];
  readonly reopen: StreamSource<SseEvent>['reopen'];
  readonly isEnd: SseOptions['isEnd'];
  readonly lastEventId: string | undefined;
  readonly maxLineBytes: number;
  readonly maxEventBytes: number;
}

/** @throws ReconnectError `config` */
export function checkSseOptions(options: SseOptions): CheckedSseOptions {
  if (typeof options !== 'object' || options === null) {
    throw configFailure('options to be an object', kindOf(options), "sse({ url: 'https://…' })");
  }
  const { isEnd, fetch, credentials, mode, lastEventId, name = 'sse' } = options;
  const method = checkMethod(options.method);
  const isRead = method === 'GET' || method === 'HEAD';
  checkFunction('isEnd', isEnd, '(event) => event.data === …');
  checkFunction('fetch', fetch, 'fetch: globalThis.fetch');
  checkLastEventId(lastEventId);
  if (isRead && options.body !== undefined && options.body !== null) {
    throw configFailure(`no body with ${method}`, kindOf(options.body), "method: 'POST'");
  }
  return {
    name: checkString('name', name),
    isEnd,
    lastEventId,
    resume: checkOneOf('resume', options.resume ?? 'cursor', RESUME_MODES),
    terminal: checkOneOf('terminal', options.terminal ?? 'explicit', TERMINALS),
    reopen: checkOneOf(
      'reopen',
      options.reopen ?? (isRead ? 'safe' : 'restarts-work'),
      REOPEN_MODES,
    ),
    maxLineBytes: size('maxLineBytes', options.maxLineBytes),
    maxEventBytes: size('maxEventBytes', options.maxEventBytes),
    url: fixed(options.url, (url) => toUrl(url, fetch !== undefined).href),
    headers: fixed(options.headers, toHeaders),
    body: fixed(options.body, toBody),
    method,
    fetch,
    credentials,
    mode,
  };
}

/** Room for a picture as base64 in one event; measured, holding it costs less than 64 MiB. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Checks at once what is known at once; a function is checked when it has answered. */
function fixed<T, R>(part: T, check: (part: T) => R): Extract<T, Function> | R {
  return typeof part === 'function' ? (part as Extract<T, Function>) : check(part);
}

function checkMethod(method: unknown): string {
  if (method === undefined) return 'GET';
  if (typeof method === 'string' && /^[A-Za-z]+$/.test(method)) {
    const upper = method.toUpperCase();
    if (!['CONNECT', 'TRACE', 'TRACK'].includes(upper)) return upper;
  }
  throw configFailure('method to be a method that fetch allows', kindOf(method), "method: 'POST'");
}

function checkLastEventId(id: unknown): void {
  if (id === undefined) return;
  if (isSendable(checkString('lastEventId', id))) return;
  const got = 'one that is too long or has control characters';
  throw configFailure('lastEventId to fit into a header', got, 'an id that the server has sent');
}

function size(name: string, value: unknown): number {
  if (value === undefined) return MAX_BYTES;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  const expected = `${name} to be a whole number of bytes above 0`;
  throw configFailure(expected, kindOf(value), `${name}: ${MAX_BYTES}`);
}
