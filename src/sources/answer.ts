/** Turns an HTTP answer into a body to read, or into the failure that it means. */

import { discard } from './exchange.js';
import { configFailure, openFailure } from './failure.js';
import type { OpenFailure } from './failure.js';
import { statusClass } from './http-status.js';
import { retryAfterMs } from './retry-after.js';

/**
 * @param contentType what the body must be; parameters and case are ignored
 * @param withCursor whether the request asked to go on: then 410 says that this is not possible
 */
export function streamBody(
  response: Response,
  contentType: string,
  withCursor: boolean,
): ReadableStream<Uint8Array> {
  if (statusClass(response.status) !== 'open') throw statusFailure(response, withCursor);
  const type = essence(response.headers.get('content-type'));
  if (type !== contentType) {
    const got = /^[\w.+-]{1,40}\/[\w.+-]{1,40}$/.test(type) ? type : 'no valid type';
    throw refused(response, `expected the content type ${contentType}, got ${got}`);
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

function statusFailure(response: Response, withCursor: boolean): OpenFailure {
  const { status } = response;
  discard(response);
  const message = `The server answered with status ${status}`;
  if (statusClass(status) === 'retry') {
    const after = retryAfterMs(response.headers.get('retry-after'), response.headers.get('date'));
    return openFailure('http', message, { fatal: false, status, retryAfterMs: after });
  }
  if (status === 410 && withCursor) {
    const gone = 'The server no longer has what follows the cursor (status 410)';
    return openFailure('not-resumable', gone, { fatal: true, status });
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
