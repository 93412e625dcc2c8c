/** The one reader of errors that peers report: bodies of refused requests and error events inside a stream alike. */

import { ReconnectError } from '../../../machines/errors.js';
import { listOf, textOf } from '../../json/fields.js';
import type { Fields } from '../../json/fields.js';
import { quotedText } from '../../../machines/quoted-text.js';

/** What a peer says of an error. Everything is optional: peers say little, and each in a shape of its own. */
export interface PeerError {
  /** The peer's own text, as it came: bring it through `quotedText` before showing it. */
  readonly message?: string | undefined;
  /** The most telling name or number, such as `context_length_exceeded`. */
  readonly code?: string | undefined;
  /** All names and numbers of the error, the most telling first. */
  readonly codes: readonly string[];
  /** The HTTP status that the error itself names. */
  readonly status?: number | undefined;
  /** How long the peer asks to wait, where the error itself says so (Google's `RetryInfo`). */
  readonly retryAfterMs?: number | undefined;
}

/**
 * Reads an error in any of the shapes that are known: OpenAI, Azure, Anthropic, Gemini (alone or in a list), FastAPI
 * (`detail` as text or as a list), JSON:API and GraphQL (`errors`), problem+json (RFC 9457), JSON-RPC, OAuth, an error
 * as plain text, as HTML or XML, and any of these as text inside another. Whether there is an error, the caller knows.
 *
 * @param value parsed JSON, or text
 */
export function readPeerError(value: unknown): PeerError {
  const found = nothing();
  try {
    collect(value, found, 0);
  } catch {
    // An object that throws when it is read has said what came before.
  }
  const { texts, codes, status, retryAfterMs } = found;
  return { message: texts[0], code: codes[0], codes, status, retryAfterMs };
}

/** Whether the value, which may be any event or body, is an error by its shape: then the stream failed. */
export function isErrorShape(value: unknown): boolean {
  const { error, errors, object, type, event } = recordOf(value) ?? {};
  return [error, errors].some(isFilled) || [object, type, event].includes('error');
}

/** Some peers send an error that is null, empty or false with every event. */
function isFilled(error: unknown): boolean {
  if (typeof error === 'object' && error !== null) return Object.keys(error).length > 0;
  return error !== undefined && error !== null && error !== '' && error !== false && error !== 0;
}

/**
 * The error that an event of the peer reports, with the peer's own text.
 * @param event the whole event: what belongs to the error in it is found
 */
export function reportedError(event: unknown): ReconnectError {
  const peer = readPeerError(event);
  const { code } = peer;
  const message = withPeerError('the peer reported an error', peer);
  return new ReconnectError('source', message, code === undefined ? {} : { code });
}

/** A sentence of ours with what the peer says: `the request failed: the peer's text (its_code)`. */
export function withPeerError(sentence: string, { message, code }: PeerError): string {
  const text = message === undefined ? '' : quotedText(message);
  const tail = code === undefined || text.includes(code) ? '' : ` (${code})`;
  return text === '' ? `${sentence}${tail}` : `${sentence}: ${text}${tail}`;
}

interface Found {
  /** The first is the one to show. */
  readonly texts: string[];
  readonly codes: string[];
  status: number | undefined;
  retryAfterMs: number | undefined;
}

function nothing(): Found {
  return { texts: [], codes: [], status: undefined, retryAfterMs: undefined };
}

/** Texts of an inner error are shown with others; all else it says counts for the whole. */
function collectInner(value: unknown, found: Found, depth: number): string | undefined {
  const inner: Found = { ...found, texts: [] };
  collect(value, inner, depth);
  found.status ??= inner.status;
  found.retryAfterMs ??= inner.retryAfterMs;
  return inner.texts[0];
}

/** An error in an error in an error: gateways wrap what another gateway wrapped. */
const MAX_DEPTH = 6;

/** Of a list of errors, as many are shown. */
const MAX_LISTED = 3;

/** Fields that hold the error, or the cause that says more than the error around it. */
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

/** Fields that hold the text, the most telling first. */
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

/** Fields that hold a name or a number of the error, the most telling first. */
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
    // Text that is JSON itself is an error around an error.
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

/** OpenRouter: `Provider returned error`, and what that provider said beside it. */
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
      // Not JSON, or cut: shown as it is.
    }
  }
  found.texts.push(trimmed.startsWith('<') ? markupText(trimmed, found) : trimmed);
}

/** The data of the first event, where the text is an event stream: some refuse in the form that was asked for. */
function eventData(text: string): string {
  const [, data] = /^(?:(?:event|id|retry)?:[^\n]*\n)*data:([^\n]*)/.exec(text) ?? [];
  return data === undefined ? text : data.trim();
}

/** HTML of a proxy: its title. XML, such as that of object stores: message and code. Else the text without tags. */
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

/** Words for "this is an error", which name none. */
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
