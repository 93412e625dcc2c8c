/** Builds the request of one attempt: calls the functions for URL, headers and body, until the signal aborts. */

import type { ResumePoint } from '../../../../machines/source-contract.js';
import { isThenable, SourceError, sourceError } from '../../shared/source-error.js';
import { untilAborted } from '../response/network-error.js';
import type { HttpPolicy } from '../../../../machines/http-status.js';
import type { IdempotencyKey } from './idempotency-key.js';
import { isRead } from './method.js';
import { askOnce, refreshCount } from './credential-refresh.js';
import { toBody, toHeaders, toUrl } from './validate-request.js';
import type { HeadersLike, RequestBody } from './validate-request.js';

/** The argument of a function for `headers`. */
export interface HeadersContext {
  /** 0 for the first connection, n for the nth attempt of an outage. */
  readonly attempt: number;
  /** True after a 401 or 403: the last result was refused, so return new credentials. */
  readonly refresh: boolean;
  /** Aborts when the result is no longer wanted. */
  readonly signal: AbortSignal;
}

/** The argument of a function for `url` or `body`. */
export interface RequestContext extends HeadersContext {
  /** The last committed cursor, for servers that expect it in the query or the body. */
  readonly cursor: string | undefined;
  /** Items committed so far, for servers that count. */
  readonly items: number;
  /** Bytes of those items. */
  readonly bytes: number;
  /** UTF-16 code units of those items. */
  readonly chars: number;
}

export interface RequestOptions {
  readonly url:
    | string
    | URL
    | ((context: RequestContext) => string | URL | PromiseLike<string | URL>);
  readonly method: string;
  readonly headers:
    | HeadersLike
    | undefined
    | ((context: HeadersContext) => HeadersLike | undefined | PromiseLike<HeadersLike | undefined>);
  readonly body:
    | RequestBody
    | undefined
    | ((context: RequestContext) => RequestBody | undefined | PromiseLike<RequestBody | undefined>);
  readonly fetch: FetchLike | undefined;
  readonly credentials: RequestCredentials | undefined;
  readonly mode: RequestMode | undefined;
  readonly httpPolicy: HttpPolicy;
  /** Sent with every request that does more than read. */
  readonly idempotencyKey: IdempotencyKey | undefined;
  /** Headers of a request that resumes: they replace headers of the same name. */
  readonly resumeHeaders?: Readonly<Record<string, string>> | undefined;
}

export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

export interface PreparedRequest {
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly body: RequestBody | undefined;
  readonly init: RequestInit;
  /** Number of credential refreshes before the headers of this request were requested. */
  readonly refreshed: number;
}

/** @param refused the request that was answered by 401 or 403 before this one */
export async function prepareRequest(
  options: RequestOptions,
  at: ResumePoint,
  signal: AbortSignal,
  refused?: PreparedRequest,
): Promise<PreparedRequest> {
  const full = requestContext(at, signal, refused !== undefined);
  const { attempt, refresh } = full;
  const basic: HeadersContext = Object.freeze({ attempt, refresh, signal });
  const { url, headers, body, fetch, method, credentials, mode } = options;
  const address = toUrl(await askProvider('url', url, full), fetch !== undefined);
  const refreshed = refreshCount(headers);
  const fields = toHeaders(await askProvider('headers', headers, basic, refused?.refreshed));
  const content = toBody(await askProvider('body', body, full));
  if (!isRead(method)) options.idempotencyKey?.addTo(fields);
  if (options.resumeHeaders !== undefined) {
    // Headers of the source may describe the body of the first request.
    for (const name of ['content-type', 'content-length', 'content-encoding']) delete fields[name];
    Object.assign(fields, options.resumeHeaders);
  }
  const init: RequestInit = {
    method,
    headers: fields,
    signal,
    // Redirects are followed in send-request.ts: fetch would send headers to another origin, and drop a body.
    redirect: 'manual',
    cache: 'no-store',
    ...(content === undefined ? {} : { body: content as BodyInit }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(mode === undefined ? {} : { mode }),
  };
  return { url: address, headers: fields, body: content, init, refreshed };
}

/** Returns the argument for the caller's functions in this attempt. */
export function requestContext(
  { attempt, cursor, items, bytes, chars }: ResumePoint,
  signal: AbortSignal,
  refresh: boolean,
): RequestContext {
  return Object.freeze({ attempt, refresh, signal, cursor, items, bytes, chars });
}

/** Returns whether another call can return other credentials. */
export function hasProvider(options: RequestOptions): boolean {
  return [options.url, options.headers, options.body].some((part) => typeof part === 'function');
}

/** Calls a function of the caller, and waits for its result until the signal aborts. Returns any other value unchanged. */
export async function askProvider<C extends HeadersContext>(
  name: 'url' | 'headers' | 'body' | 'protocols' | 'resumeRequest',
  part: unknown,
  context: C,
  since?: number,
): Promise<unknown> {
  if (typeof part !== 'function') return part;
  const provider = part as Provider<C>;
  try {
    const answer =
      since === undefined
        ? provider(context)
        : askOnce(provider, () => provider(context), context.signal, since);
    return isThenable(answer) ? await untilAborted(answer, context.signal) : answer;
  } catch (cause) {
    // Aborted while waiting: not a fault of the function.
    if (cause instanceof SourceError) throw cause;
    throw sourceError('callback', `The function for ${name} threw`, { fatal: false, cause });
  }
}

type Provider<C> = (context: C) => unknown;
