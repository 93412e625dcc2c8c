/** Turns an HTTP response into a body to read, or into the failure that it means. */

import {
  isErrorShape,
  readPeerError,
  withPeerError,
} from '../../../tool-calls/response/peer-error.js';
import type { PeerError } from '../../../tool-calls/response/peer-error.js';
import { amended, configFailure, sourceError } from '../../shared/source-error.js';
import type { SourceError } from '../../shared/source-error.js';
import { discard, isTextual, readErrorBody } from '../response/error-body.js';
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
  /** What the body may be; parameters and case are ignored. Null: anything. */
  readonly contentTypes: readonly string[] | null;
  /** The request asks to go on: then 410 says that this is not possible. */
  readonly withCursor: boolean;
  readonly httpPolicy: HttpPolicy;
  /** Statuses besides 200 that bring a body, such as 206. */
  readonly alsoOpen?: readonly number[] | undefined;
  /** A body of another type is read too, if it begins as a stream of this kind does. */
  readonly framing?: Framing | undefined;
  /** The peer streams only where the body of the request has `stream: true`. */
  readonly needsStreamFlag?: boolean | undefined;
}

type Body = ReadableStream<Uint8Array>;

/** @throws SourceError for a response that is no such body. */
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

/** What a status means that brings no stream. */
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

/** The failure, with what the peer says of it in the body. */
export async function withErrorBody(
  exchange: Exchange,
  failure: SourceError,
  signal: AbortSignal,
): Promise<SourceError> {
  const { response, sent, link } = exchange;
  if (!response.body || !isTextual(response)) {
    discard(exchange);
    return failure;
  }
  const text = await readErrorBody(response.body, signal);
  link.release();
  return withText(failure, text, redactor(sent));
}

/** The failure, with the text of the body in which the peer explains it. */
export function withText(failure: SourceError, text: string, redact: Redact): SourceError {
  if (text === '') return failure;
  const peer = redacted(readPeerError(text), redact);
  return amended(failure, withPeerError(failure.message, peer), {
    code: failure.code ?? peer.code,
    retryAfterMs: failure.retryAfterMs ?? (failure.fatal ? undefined : peer.retryAfterMs),
    body: text,
  });
}

/** A 200 that is no stream: an error with the wrong status, a page of a proxy, or a response that was not to be streamed. */
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

/** Whether the body of a request is JSON that asks for no stream. */
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
    // Far more than is shown: what is cut off here is not seen.
    message: message === undefined ? undefined : redact(message.slice(0, 4096)),
    code: code !== undefined && redact(code) !== code ? undefined : code,
  };
}

/** @throws SourceError for a response whose body cannot be read. */
function bodyOf(exchange: Exchange): Body {
  const { response } = exchange;
  const body: unknown = response.body;
  if (body === undefined || body === null) {
    discard(exchange);
    const { status } = response;
    throw sourceError('protocol', 'The response has no body', { fatal: true, status });
  }
  if (!isWebStream(body)) {
    discard(exchange);
    const write = 'fetch: globalThis.fetch, or wrap the body with Readable.toWeb()';
    throw configFailure('fetch to give a body with getReader()', 'another stream', write);
  }
  if (response.bodyUsed || body.locked) {
    const write = 'fetch to return response.clone(), or the response unread';
    throw configFailure('a body that nobody reads', 'one that is already used', write);
  }
  return body;
}

function cancelled(body: Body): null {
  body.cancel().catch(() => {});
  return null;
}

/** Of several types the last valid one, as fetch reads the header: https://fetch.spec.whatwg.org/#concept-header-extract-mime-type */
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
