/** Reads the errors that peers report, in bodies of refused requests and in error events inside a stream. */

import { ReconnectError } from '../../../machines/errors.js';
import { listOf, textOf } from '../../json/fields.js';
import type { Fields } from '../../json/fields.js';
import { quotedText } from '../../../machines/quoted-text.js';

/** A peer's description of an error. Everything is optional, since each peer has a form of its own. */
export interface PeerError {
  /** The peer's own text, unchanged: pass it through `quotedText` before showing it. */
  readonly message?: string | undefined;
  /** The most specific name or number, such as `context_length_exceeded`. */
  readonly code?: string | undefined;
  /** All names and numbers of the error, the most specific first. */
  readonly codes: readonly string[];
  /** The HTTP status inside the error. */
  readonly status?: number | undefined;
  /** The wait that the error asks for, in ms (Google's `RetryInfo`). */
  readonly retryAfterMs?: number | undefined;
}

/**
 * Reads an error in any of the known forms: OpenAI, Azure, Anthropic, Gemini (alone or in a list), FastAPI
 * (`detail` as text or as a list), JSON:API and GraphQL (`errors`), problem+json (RFC 9457), JSON-RPC, OAuth, an error
 * as plain text, as HTML or XML, and any of these as text inside another. The caller knows whether there is an error.
 *
 * @param value parsed JSON, or text
 */
export function readPeerError(value: unknown): PeerError {
  const found = nothing();
  try {
    collect(value, found, 0);
  } catch {
    // If reading the object throws, what was read before counts.
  }
  const { texts, codes, status, retryAfterMs } = found;
  return { message: texts[0], code: codes[0], codes, status, retryAfterMs };
}

/** Returns whether any event or body is an error by its form: then the stream failed. */
export function isErrorShape(value: unknown): boolean {
  const { error, errors, object, type, event } = recordOf(value) ?? {};
  return [error, errors].some(isFilled) || [object, type, event].includes('error');
}

/** Returns whether an error field is set: some peers send one that is null, empty or false with every event. */
function isFilled(error: unknown): boolean {
  if (typeof error === 'object' && error !== null) return Object.keys(error).length > 0;
  return error !== undefined && error !== null && error !== '' && error !== false && error !== 0;
}

/**
 * Returns the error that an event reports, with the peer's own text.
 * @param event the whole event, in which the error is found
 */
export function reportedError(event: unknown): ReconnectError {
  const peer = readPeerError(event);
  const { code } = peer;
  const message = withPeerError('the peer reported an error', peer);
  return new ReconnectError('source', message, code === undefined ? {} : { code });
}

/** Returns a message with the peer's text: `the request failed: the peer's text (its_code)`. */
export function withPeerError(sentence: string, { message, code }: PeerError): string {
  const text = message === undefined ? '' : quotedText(message);
  const tail = code === undefined || text.includes(code) ? '' : ` (${code})`;
  return text === '' ? `${sentence}${tail}` : `${sentence}: ${text}${tail}`;
}

interface Found {
  /** All texts of the error; the first one is shown. */
  readonly texts: string[];
  readonly codes: string[];
  status: number | undefined;
  retryAfterMs: number | undefined;
}

function nothing(): Found {
  return { texts: [], codes: [], status: undefined, retryAfterMs: undefined };
}

/** Merges an inner error: its texts are shown with others, and its other fields count for the whole. */
function collectInner(value: unknown, found: Found, depth: number): string | undefined {
  const inner: Found = { ...found, texts: [] };
  collect(value, inner, depth);
  found.status ??= inner.status;
  found.retryAfterMs ??= inner.retryAfterMs;
  return inner.texts[0];
}

/** Depth of nested errors that is read: gateways wrap what another gateway wrapped. */
const MAX_DEPTH = 6;

/** Number of errors of a list that are shown. */
const MAX_LISTED = 3;

/** Fields that contain the error, or a cause with more information. */
const CARRIERS = [
  'error',
  'errors',
  'response',
  'fault',
  'detail',
  'err',
  'exception',
  'message',
  'last_error',
  'lastError',
  'base_resp',
  'Error',
] as const;

/** Fields that contain the text, the most specific first. */
const TEXTS = [
  'message',
  'msg',
  'detail',
  'error_description',
  'errorText',
  'errorMessage',
  'error_message',
  'status_msg',
  'faultstring',
  'Message',
  'title',
  'description',
  'reason',
] as const;

/** Fields that contain a name or a number of the error, the most specific first. */
const CODES = [
  'code',
  'error_code',
  'errorCode',
  'status',
  'statusCode',
  'status_code',
  '__type',
  'errorType',
  'errorcode',
  'type',
  'Code',
] as const;

function collect(value: unknown, found: Found, depth: number): void {
  if (depth > MAX_DEPTH) return;
  if (typeof value === 'string') collectText(value, found, depth);
  else if (Array.isArray(value)) collectList(value, found, depth);
  else {
    const fields = recordOf(value);
    if (fields !== undefined) collectFields(fields, found, depth);
  }
}

function collectFields(fields: Fields, found: Found, depth: number): void {
  const { error } = fields;
  for (const name of CARRIERS) {
    const inner = fields[name];
    if (typeof inner === 'object') collect(inner, found, depth + 1);
    // A text that is JSON wraps another error.
    else if (typeof inner === 'string' && isJson(inner)) collectText(inner, found, depth + 1);
  }
  collectUpstream(fields, found, depth);
  const texts = TEXTS.map((name) => fields[name]).filter((one) => typeof one === 'string');
  const { title, detail } = fields;
  if (typeof title === 'string' && typeof detail === 'string' && title !== '' && detail !== title)
    found.texts.push(detail === '' ? title : `${title}: ${detail}`);
  for (const text of texts) collectText(text, found, depth + 1);
  if (typeof error === 'string' && !isJson(error)) {
    // `{ error: 'invalid_grant', error_description: … }`, or the text itself.
    if (isCode(error)) addCode(error, found);
    if (texts.length === 0) found.texts.push(error);
  }
  for (const name of CODES) addCode(fields[name], found);
  for (const name of ['details', 'innererror', 'extensions'] as const) {
    for (const inner of [fields[name], ...listOf(fields[name])]) {
      const { code, reason, retryDelay } = recordOf(inner) ?? {};
      addCode(code, found);
      addCode(reason, found);
      // A duration of protobuf: https://protobuf.dev/reference/protobuf/google.protobuf/#duration
      const [, seconds] = /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(textOf(retryDelay) ?? '') ?? [];
      if (seconds !== undefined) found.retryAfterMs ??= Math.ceil(Number(seconds) * 1000);
    }
  }
}

/** Reads an error of OpenRouter: `Provider returned error`, with the provider's error beside it. */
function collectUpstream({ message, metadata }: Fields, found: Found, depth: number): void {
  const raw = recordOf(metadata)?.['raw'];
  if (raw === undefined) return;
  const text = collectInner(raw, found, depth + 1);
  if (text === undefined) return;
  found.texts.push(typeof message === 'string' ? `${message}: ${text}` : text);
}

function collectList(list: readonly unknown[], found: Found, depth: number): void {
  const shown: string[] = [];
  for (const one of list.slice(0, MAX_LISTED)) {
    const text = collectInner(one, found, depth + 1);
    const place = listOf(recordOf(one)?.['loc']).join('.');
    if (text !== undefined) shown.push(place === '' ? text : `${place}: ${text}`);
  }
  if (shown.length === 0) return;
  const rest = list.length - shown.length;
  found.texts.push(shown.join('; ') + (rest > 0 ? `; and ${rest} more` : ''));
}

function collectText(text: string, found: Found, depth: number): void {
  const trimmed = eventData(text.trim());
  if (/^(?:\{\s*\}|\[\s*\])?$/.test(trimmed)) return;
  if (isJson(trimmed)) {
    try {
      const before = found.texts.length;
      collect(JSON.parse(trimmed) as unknown, found, depth + 1);
      if (found.texts.length > before) return;
    } catch {
      // Not JSON, or cut: shown unchanged.
    }
  }
  found.texts.push(trimmed.startsWith('<') ? markupText(trimmed, found) : trimmed);
}

/** Returns the data of the first event, if the text is an event stream: some servers send a refusal as one. */
function eventData(text: string): string {
  const [, data] = /^(?:(?:event|id|retry)?:[^\n]*\n)*data:([^\n]*)/.exec(text) ?? [];
  return data === undefined ? text : data.trim();
}

/** Reads markup: the title of HTML, such as a proxy's; message and code of XML, such as an object store's; else the text. */
function markupText(markup: string, found: Found): string {
  addCode(/<code>([^<]*)/i.exec(markup)?.[1]?.trim(), found);
  const named = /<(?:message|title|h1)\b[^<>]*>([^<]*)/i.exec(markup)?.[1]?.trim() ?? '';
  const text = named === '' ? markup.replace(/<[^<>]*>/g, ' ') : named;
  return text
    .replace(/\s+/g, ' ')
    .replace(/&(?:amp|lt|gt|quot|#0?39);/g, unescapeEntity)
    .trim();
}

function unescapeEntity(entity: string): string {
  const known: Readonly<Record<string, string>> = {
    '&amp;': '&',
    '&lt;': '<',
    '&gt;': '>',
    '&quot;': '"',
  };
  return known[entity] ?? "'";
}

/** Codes that only mean "this is an error". */
const NO_CODE = /^(?:errors?|fail(?:ed|ure)?|run_error|.*\.(?:error|failed))$/i;

function addCode(value: unknown, found: Found): void {
  if (Number.isSafeInteger(value) || (typeof value === 'string' && /^[45]\d\d$/.test(value))) {
    const number = Number(value);
    if (number >= 400 && number <= 599) found.status ??= number;
    else if (number !== 0) addName(String(number), found);
  } else if (typeof value === 'string' && isCode(value) && !NO_CODE.test(value))
    addName(value, found);
}

function addName(name: string, { codes }: Found): void {
  if (!codes.includes(name)) codes.push(name);
}

function isCode(text: string): boolean {
  return /^[\w.-]{1,64}$/.test(text);
}

function isJson(text: string): boolean {
  return /^\s*[{[]/.test(text);
}

function recordOf(value: unknown): Fields | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value as Fields;
}
