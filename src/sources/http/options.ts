/** The options of all sources over fetch, and their validation. */

import { configFailure, describeType } from '../shared/source-error.js';
import { checkFunction, checkOneOf } from '../shared/validate-options.js';
import type { HttpPolicy } from '../../../machines/http-status.js';
import { HTTP_POLICIES } from '../../../machines/http-status.js';
import { checkIdempotencyKey } from './request/idempotency-key.js';
import { checkMethod, isRead } from './request/method.js';
import { toBody, toHeaders, toUrl } from './request/validate-request.js';
import type { HeadersLike, RequestBody } from './request/validate-request.js';
import type {
  FetchLike,
  HeadersContext,
  RequestContext,
  RequestOptions,
} from './request/request.js';

export interface HttpOptions {
  /** Where the stream is; a function is called at each attempt. Must not contain credentials. */
  url: string | URL | ((context: RequestContext) => string | URL | PromiseLike<string | URL>);
  /** @default 'GET' */
  method?: string | undefined;
  /** A function is called at each attempt, and once more with `refresh` after a 401 or 403. */
  headers?:
    | HeadersLike
    | ((context: HeadersContext) => HeadersLike | undefined | PromiseLike<HeadersLike | undefined>)
    | undefined;
  /** Anything that can be sent again at each attempt, so no stream. A function is called at each attempt. */
  body?:
    | RequestBody
    | ((context: RequestContext) => RequestBody | undefined | PromiseLike<RequestBody | undefined>)
    | undefined;
  /** @default globalThis.fetch, looked up at each attempt */
  fetch?: FetchLike | undefined;
  /** Passed on to fetch. */
  credentials?: RequestCredentials | undefined;
  /** Passed on to fetch. */
  mode?: RequestMode | undefined;
  /**
   * The meaning of a response that is no stream. `resilient`: 408, 425, 429 and 5xx are transient. `spec`: as
   * for EventSource (WHATWG HTML, 9.2.3), any status but 200 is final.
   * @default 'resilient'
   */
  httpPolicy?: HttpPolicy | undefined;
  /**
   * Makes a POST safe to send again if the server honours `Idempotency-Key`: `true` sends a random key, the same at
   * each attempt of this source; a string is the key itself, such as one that is saved with the request.
   * @default no such header
   */
  idempotencyKey?: boolean | string | undefined;
}

/** The names of `HttpOptions`. */
export const HTTP_OPTIONS: Readonly<Record<keyof HttpOptions, true>> = {
  url: true,
  method: true,
  headers: true,
  body: true,
  fetch: true,
  credentials: true,
  mode: true,
  httpPolicy: true,
  idempotencyKey: true,
};

/** @throws ReconnectError `config` */
export function checkHttpOptions(options: HttpOptions): RequestOptions {
  const { fetch, credentials, mode } = options;
  const method = checkMethod(options.method);
  checkFunction('fetch', fetch, 'fetch: globalThis.fetch');
  if (isRead(method) && options.body !== undefined && options.body !== null) {
    throw configFailure(`no body with ${method}`, describeType(options.body), "method: 'POST'");
  }
  return {
    url: fixed(options.url, (url) => toUrl(url, fetch !== undefined).href),
    headers: fixed(options.headers, toHeaders),
    body: fixed(options.body, toBody),
    method,
    fetch,
    credentials,
    mode,
    httpPolicy: checkOneOf('httpPolicy', options.httpPolicy ?? 'resilient', HTTP_POLICIES),
    idempotencyKey: checkIdempotencyKey(options.idempotencyKey),
  };
}

/** Returns 'safe' for a request that only reads, and for one that the server recognises by its key. */
export function reopenBy({ method, idempotencyKey }: RequestOptions): 'safe' | 'restarts-work' {
  return isRead(method) || idempotencyKey !== undefined ? 'safe' : 'restarts-work';
}

/** Validates a value at once. What a function returns is validated when it is called. */
function fixed<T, R>(part: T, check: (part: T) => R): Extract<T, Function> | R {
  return typeof part === 'function' ? (part as Extract<T, Function>) : check(part);
}
