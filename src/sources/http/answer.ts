/** Turns an HTTP answer into a body to read, or into the failure that it means. */

import { discard } from './exchange.js';
import { configFailure, openFailure } from '../failure.js';
import type { OpenFailure } from '../failure.js';
import { isTransientStatus, statusClass } from '../../../machines/http-status.js';
import type { HttpPolicy } from '../../../machines/http-status.js';
import { retryAfterMs } from './retry-after.js';

export interface ExpectedAnswer {
  /** What the body may be; parameters and case are ignored. Null: anything. */
  readonly contentTypes: readonly string[] | null;
  /** The request asks to go on: then 410 says that this is not possible. */
  readonly withCursor: boolean;
  readonly httpPolicy: HttpPolicy;
  /** Statuses besides 200 that bring a body, such as 206. */
  readonly alsoOpen?: readonly number[] | undefined;
}

/** @throws OpenFailure for an answer that is no such body. */
export function streamBody(
  response: Response,
  expected: ExpectedAnswer,
): ReadableStream<Uint8Array> {
  const { contentTypes, httpPolicy, alsoOpen = [] } = expected;
  const isOpen =
    statusClass(response.status, httpPolicy) === 'open' || alsoOpen.includes(response.status);
  if (!isOpen) throw statusFailure(response, expected);
  const type = essence(response.headers.get('content-type'));
  if (contentTypes !== null && !contentTypes.includes(type)) {
    const got = /^[\w.+-]{1,40}\/[\w.+-]{1,40}$/.test(type) ? type : 'no valid type';
    throw refused(response, `expected the content type ${contentTypes.join(' or ')}, got ${got}`);
  }
  const body: unknown = response.body;
  if (body === undefined || body === null) throw refused(response, 'The answer has no body');
  if (!isWebStream(body)) {
    discard(response);
    const write = 'fetch: globalThis.fetch, or wrap the body with Readable.toWeb()';
    throw configFailure('fetch to give a body with getReader()', 'another stream', write);
  }
  if (response.bodyUsed || body.locked) {
    const write = 'fetch to return response.clone(), or the response unread';
    throw configFailure('a body that nobody reads', 'one that is already used', write);
  }
  return body;
}

function statusFailure(response: Response, expected: ExpectedAnswer): OpenFailure {
  const { headers, status } = response;
  discard(response);
  const advice = { retryAfter: headers.get('retry-after'), date: headers.get('date') };
  return refusalOf(status, advice, expected);
}

/** What a status means that brings no stream. */
export function refusalOf(
  status: number,
  {
    retryAfter,
    date,
  }: { retryAfter?: string | null | undefined; date?: string | null | undefined },
  { withCursor, httpPolicy }: Pick<ExpectedAnswer, 'withCursor' | 'httpPolicy'>,
): OpenFailure {
  const message = `The server answered with status ${status}`;
  if (isTransientStatus(status, httpPolicy)) {
    const after = retryAfterMs(retryAfter, date);
    return openFailure('http', message, { fatal: false, status, retryAfterMs: after });
  }
  if (status === 410 && withCursor) {
    const gone = 'The server no longer has what follows the cursor (status 410)';
    return openFailure('cursor-rejected', gone, { fatal: false, status });
  }
  return openFailure('http', message, { fatal: true, status });
}

function refused(response: Response, message: string): OpenFailure {
  discard(response);
  return openFailure('protocol', message, { fatal: true, status: response.status });
}

function essence(contentType: string | null): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function isWebStream(body: unknown): body is ReadableStream<Uint8Array> {
  return typeof (body as { getReader?: unknown }).getReader === 'function';
}
