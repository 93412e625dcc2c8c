/** Turns an HTTP response into a body to read, or into the failure that it means. */

import {
  isErrorShape,
  readPeerError,
  withPeerError,
} from '../../../tool-calls/response/peer-error.js';
import type { PeerError } from '../../../tool-calls/response/peer-error.js';
import { amended, configFailure, sourceError } from '../../shared/source-error.js';
import type { SourceError } from '../../shared/source-error.js';
import { cancelBody, isTextual, readErrorBody } from '../response/error-body.js';
import type { Exchange } from './send-request.js';
import { isTransientStatus, statusClass } from '../../../../machines/http-status.js';
import type { HttpPolicy } from '../../../../machines/http-status.js';
import { keepFacts } from '../response/body-facts.js';
import { redactor } from '../response/redact.js';
import type { Redact } from '../response/redact.js';
import { serverDelayMs } from '../response/retry-after.js';
import type { HeaderOf } from '../response/retry-after.js';
import { sniffStream } from '../response/sniff.js';
import type { Framing } from '../response/sniff.js';

export interface ExpectedAnswer {
  /** Content types that are accepted, without parameters and case. Null: any. */
  readonly contentTypes: readonly string[] | null;
  /** The request resumes from a position: then 410 means that the position is gone. */
  readonly withCursor: boolean;
  readonly httpPolicy: HttpPolicy;
  /** Statuses besides 200 that have a body to read, such as 206. */
  readonly alsoOpen?: readonly number[] | undefined;
  /** Also accepts a body of another content type that begins like a stream of this framing. */
  readonly framing?: Framing | undefined;
  /** The peer streams only if the body of the request has `stream: true`. */
  readonly needsStreamFlag?: boolean | undefined;
}

type Body = ReadableStream<Uint8Array>;

/** Returns the body of an accepted response. @throws SourceError for any other response. */
export async function streamBody(
  exchange: Exchange,
  expected: ExpectedAnswer,
  signal: AbortSignal,
): Promise<Body> {
  const { response } = exchange;
  const { contentTypes, httpPolicy, alsoOpen = [] } = expected;
  const isOpen =
    statusClass(response.status, httpPolicy) === 'open' || alsoOpen.includes(response.status);
  if (!isOpen) {
    const header: HeaderOf = (name) => response.headers.get(name);
    throw await withErrorBody(exchange, refusalOf(response.status, header, expected), signal);
  }
  const body = bodyOf(exchange);
  const facts = { redact: redactor(exchange.sent), release: exchange.link.release };
  keepFacts(body, facts);
  if (contentTypes === null || contentTypes.includes(essenceOf(response))) return body;
  if (expected.framing === undefined)
    throw await otherType(response, body, exchange, expected, signal);
  const sniffed = await sniffStream(body, expected.framing, signal);
  keepFacts(sniffed.body, facts);
  if (sniffed.isStream) return sniffed.body;
  throw await otherType(response, sniffed.body, exchange, expected, signal);
}

/** Returns the failure that a status without a stream means. */
export function refusalOf(
  status: number,
  header: HeaderOf,
  { withCursor, httpPolicy }: Pick<ExpectedAnswer, 'withCursor' | 'httpPolicy'>,
): SourceError {
  const message = `The server answered with status ${status}`;
  if (status === 410 && withCursor) {
    const gone = 'The server no longer has what follows the cursor (status 410)';
    return sourceError('cursor-rejected', gone, { fatal: false, status });
  }
  if (httpPolicy === 'spec') return sourceError('http', message, { fatal: true, status });
  const advice = header('x-should-retry')?.trim().toLowerCase();
  const isRetried =
    advice === 'true' || (advice !== 'false' && isTransientStatus(status, httpPolicy));
  if (!isRetried) return sourceError('http', message, { fatal: true, status });
  return sourceError('http', message, {
    fatal: false,
    status,
    retryAfterMs: serverDelayMs(header),
    ...(advice === 'true' || statusClass(status) === 'refused' ? { refused: true } : {}),
  });
}

/** Returns the failure with the peer's explanation in the body. */
export async function withErrorBody(
  exchange: Exchange,
  failure: SourceError,
  signal: AbortSignal,
): Promise<SourceError> {
  const { response, sent, link } = exchange;
  if (!response.body || !isTextual(response)) {
    cancelBody(exchange);
    return failure;
  }
  const text = await readErrorBody(response.body, signal);
  link.release();
  return withText(failure, text, redactor(sent));
}

/** Returns the failure with the text of the body, in which the peer explains it. */
export function withText(failure: SourceError, text: string, redact: Redact): SourceError {
  if (text === '') return failure;
  const peer = redacted(readPeerError(text), redact);
  return amended(failure, withPeerError(failure.message, peer), {
    code: failure.code ?? peer.code,
    retryAfterMs: failure.retryAfterMs ?? (failure.fatal ? undefined : peer.retryAfterMs),
    body: text,
  });
}

/** Returns the failure for a 200 that is no stream: an error with a wrong status, a page of a proxy, a response in one piece. */
async function otherType(
  response: Response,
  body: Body,
  { sent, link }: Exchange,
  { contentTypes, needsStreamFlag = false }: ExpectedAnswer,
  signal: AbortSignal,
): Promise<SourceError> {
  const type = essenceOf(response);
  const got = /^[\w.+-]{1,40}\/[\w.+-]{1,40}$/.test(type) ? type : 'no valid type';
  const message = `expected the content type ${(contentTypes ?? []).join(' or ')}, got ${got}`;
  const text = await readErrorBody(isTextual(response) ? body : cancelled(body), signal);
  link.release();
  const facts = { fatal: true, status: response.status, body: text === '' ? undefined : text };
  const json = parsed(text);
  const peer = redacted(readPeerError(json ?? text), redactor(sent));
  const isError = json === undefined || isErrorShape(json) || peer.message !== undefined;
  if (isError)
    return sourceError('protocol', withPeerError(message, peer), { ...facts, code: peer.code });
  const isWhole = needsStreamFlag && lacksStreamFlag(sent.body);
  const why = isWhole ? ': the body of the request lacks stream: true' : '';
  return sourceError('protocol', message + why, facts);
}

/** Returns whether the body of a request is JSON without `stream: true`. */
function lacksStreamFlag(body: unknown): boolean {
  const json = typeof body === 'string' ? parsed(body) : undefined;
  return (
    typeof json === 'object' && json !== null && (json as { stream?: unknown }).stream !== true
  );
}

function redacted(peer: PeerError, redact: Redact): PeerError {
  const { message, code } = peer;
  return {
    ...peer,
    // Far more than a message shows.
    message: message === undefined ? undefined : redact(message.slice(0, 4096)),
    code: code !== undefined && redact(code) !== code ? undefined : code,
  };
}

/** Returns the body. @throws SourceError for a body that cannot be read. */
function bodyOf(exchange: Exchange): Body {
  const { response } = exchange;
  const body: unknown = response.body;
  if (body === undefined || body === null) {
    cancelBody(exchange);
    const { status } = response;
    throw sourceError('protocol', 'The response has no body', { fatal: true, status });
  }
  if (!isWebStream(body)) {
    cancelBody(exchange);
    const write = 'fetch: globalThis.fetch, or wrap the body with Readable.toWeb()';
    throw configFailure('fetch to give a body with getReader()', 'another stream', write);
  }
  if (response.bodyUsed || body.locked) {
    const write = 'fetch to return response.clone(), or the response unread';
    throw configFailure('a body that was not read', 'one that is already used', write);
  }
  return body;
}

function cancelled(body: Body): null {
  body.cancel().catch(() => {});
  return null;
}

/** Returns the last valid content type of several, as fetch does: https://fetch.spec.whatwg.org/#concept-header-extract-mime-type */
function essenceOf({ headers }: Response): string {
  const types = (headers.get('content-type') ?? '')
    .split(',')
    .map((type) => type.split(';', 1)[0]?.trim().toLowerCase() ?? '');
  return types.findLast((type) => /^[^\s/]+\/[^\s/]+$/.test(type)) ?? types.at(-1) ?? '';
}

function isWebStream(body: unknown): body is Body {
  return typeof (body as { getReader?: unknown }).getReader === 'function';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
