/** Validates the parts of a request. No message repeats a URL, a header or a body, which may contain secrets. */

import { MAX_ID_LENGTH } from '../../../../machines/source-contract.js';
import { configFailure, describeType, sourceError } from '../../shared/source-error.js';

export type HeadersLike = Headers | Record<string, string> | Iterable<readonly [string, string]>;
export type RequestBody =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | URLSearchParams
  | FormData
  | Blob;

/** @throws ReconnectError `config` unless it is an http(s) URL without credentials. */
export function toUrl(value: unknown, ownFetch: boolean): URL {
  const base = baseUrl();
  const expected =
    base === undefined ? 'url to be an absolute http(s) URL' : 'url to be an http(s) URL';
  const write = "url: 'https://host/path', or a function that returns it";
  if (typeof value !== 'string' && !(value instanceof URL)) {
    throw configFailure(expected, describeType(value), write);
  }
  let url: URL;
  try {
    url = new URL(value, base);
  } catch (cause) {
    const isRelative =
      base === undefined && typeof value === 'string' && !/^[a-z][\w+.-]*:/i.test(value);
    const got = isRelative
      ? 'a relative one, and there is no page to resolve it against'
      : 'a text that is none';
    throw configFailure(expected, got, write, cause);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw configFailure(expected, 'another scheme', write);
  }
  if (url.username !== '' || url.password !== '') {
    const header = "headers: { authorization: 'Basic …' }";
    throw configFailure('url without user and password', 'one with them', header);
  }
  if (!ownFetch && url.port !== '' && blockedPorts.has(Number(url.port))) {
    throw configFailure('url with a port that fetch allows', `port ${url.port}`, 'another port');
  }
  return url;
}

/** Returns the base of relative URLs: `<base href>` of a page, or the address of a worker's script. */
function baseUrl(): string | undefined {
  const { document, location } = globalThis as {
    document?: { baseURI?: string };
    location?: { href?: string };
  };
  return document?.baseURI ?? location?.href;
}

/** Copies headers into an object with lower-case names. @throws ReconnectError `config` */
export function toHeaders(value: unknown): Record<string, string> {
  const write = "headers: { 'x-name': 'text' }";
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object') {
    throw configFailure('headers to be an object, Headers or entries', describeType(value), write);
  }
  const headers = new Headers();
  const entries: Iterable<unknown> =
    Symbol.iterator in value ? (value as Iterable<unknown>) : Object.entries(value);
  for (const entry of entries) {
    const [name, text] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (typeof name !== 'string' || typeof text !== 'string') {
      throw configFailure('every header to be a name and a string', describeType(text), write);
    }
    try {
      headers.append(name, text);
    } catch (cause) {
      throw configFailure('headers that HTTP allows', 'a name or value it forbids', write, cause);
    }
  }
  return Object.fromEntries(headers);
}

/** @throws ReconnectError `config` for a body that cannot be sent, or not sent again. */
export function toBody(value: unknown): RequestBody | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
    return value;
  }
  const sendable = [URLSearchParams, FormData, Blob].some((type) => value instanceof type);
  if (sendable) return value as RequestBody;
  const isStream =
    typeof value === 'object' && ('getReader' in value || Symbol.asyncIterator in value);
  throw configFailure(
    'body that can be sent again: a string, bytes, URLSearchParams, FormData or Blob',
    isStream ? 'a stream, which can be read only once' : describeType(value),
    isStream ? 'body: () => …, which returns the whole body' : 'body: JSON.stringify(…)',
  );
}

/** Returns false for an id that is too long or has characters that no header may have. */
export function isSendable(id: string): boolean {
  // eslint-disable-next-line no-control-regex
  return id.length <= MAX_ID_LENGTH && !/[\0-\x08\x0a-\x1f\x7f]/.test(id);
}

/** Validates a cursor before it is sent: it may come from a saved checkpoint. @throws SourceError */
export function checkCursor(cursor: string): void {
  if (isSendable(cursor)) return;
  throw sourceError('not-resumable', 'The cursor cannot be sent as a header', { fatal: true });
}

/**
 * Converts an id for the header `Last-Event-ID`: each UTF-8 byte becomes one character, since fetch accepts only
 * characters up to U+00FF. https://html.spec.whatwg.org/multipage/server-sent-events.html#last-event-id
 */
export function toHeaderBytes(id: string): string {
  // eslint-disable-next-line no-control-regex
  if (/^[\0-\x7f]*$/.test(id)) return id;
  let bytes = '';
  for (const byte of new TextEncoder().encode(id)) bytes += String.fromCharCode(byte);
  return bytes;
}

/** https://fetch.spec.whatwg.org/#port-blocking */
const blockedPorts: ReadonlySet<number> = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
  103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
  512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
  995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
  6669, 6679, 6697, 10080,
]);
