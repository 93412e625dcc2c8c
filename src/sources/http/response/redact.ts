/** Removes what a request contains from texts of the peer, which end up in messages, events and logs. */

/** The request that was sent; read only after a peer has reported an error. */
export interface SentRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Replaces what the request contains in a text of the peer. */
export type Redact = (text: string) => string;

const REDACTED = '[redacted]';

/**
 * Returns a function that redacts values of headers and of the query, parts of the path and words of the body that look like
 * keys, and longer passages of the body that the peer repeats. Names of fields, models and functions stay.
 */
export function redactor(request: SentRequest): Redact {
  return (text) => {
    let left = text;
    for (const secret of secretsOf(request)) left = without(left, secret);
    return withoutBody(left, bodyTexts(request.body));
  };
}

/** Names whose values are credentials, however short. */
const CREDENTIAL = /auth|key|token|secret|cookie|session|passw|signature|credential|\bsig\b/i;

/** Names whose values are public, and help to understand the error. */
const PUBLIC =
  /^(?:accept.*|content-.*|cache-control|user-agent|range|if-range|last-event-id|.*version|.*-beta|model|stream)$/i;

/** Minimum length of the value of a credential, redacted as a whole word; and of any other value, redacted anywhere. */
const SHORTEST = 4;
const LONG = 8;

function secretsOf({ url, headers }: SentRequest): string[] {
  const secrets = new Set<string>();
  const add = (name: string, value: string): void => {
    if (value.length >= (CREDENTIAL.test(name) ? SHORTEST : LONG)) secrets.add(value);
  };
  for (const [name, value] of Object.entries(headers)) {
    if (PUBLIC.test(name)) continue;
    add(name, value);
    for (const piece of value.split(/[\s;,]+/)) {
      for (const part of [piece, piece.slice(piece.indexOf('=') + 1), ...basicCredentials(piece)])
        if (CREDENTIAL.test(name) || isKeyLike(part)) add(name, part);
    }
  }
  for (const [name, value] of url.searchParams) if (!PUBLIC.test(name)) add(name, value);
  for (const pair of url.search.slice(1).split('&')) {
    const at = pair.indexOf('=');
    if (at > 0 && !PUBLIC.test(pair.slice(0, at))) add(pair.slice(0, at), pair.slice(at + 1));
  }
  for (const segment of url.pathname.split('/'))
    for (const one of [segment, decoded(segment)]) if (isKeyLike(one)) secrets.add(one);
  // The longest first: a shorter value may be part of it.
  return [...secrets].sort((a, b) => b.length - a.length);
}

/** Returns user and password of `Basic`. */
function basicCredentials(piece: string): string[] {
  if (!/^[A-Za-z0-9+/]{8,}={0,2}$/.test(piece)) return [];
  try {
    const text = atob(piece);
    return text.includes(':') ? text.split(':') : [];
  } catch {
    return [];
  }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Removes a secret from a text; a short one only as a whole word, since it may be part of one. */
function without(text: string, secret: string): string {
  if (secret.length >= LONG) return text.split(secret).join(REDACTED);
  const literal = secret.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return text.replace(new RegExp(`(?<!\\w)${literal}(?!\\w)`, 'g'), REDACTED);
}

/** Returns whether the text mixes a–z and digits, as keys and ids do, and no word of a language. */
function isKeyLike(text: string): boolean {
  return text.length >= LONG && /\d/.test(text) && /[a-z]/i.test(text);
}

/** Fields of a body whose values are public. */
const PUBLIC_FIELDS: ReadonlySet<string> = new Set(['model', 'name', 'type', 'role', 'object']);

interface BodyTexts {
  readonly secret: readonly string[];
  readonly open: readonly string[];
}

/** Returns the values in a body: of its JSON, of a form, or all of its text. */
function bodyTexts(body: unknown): BodyTexts {
  const secret: string[] = [];
  const open: string[] = [];
  const visit = (value: unknown, name: string, depth: number): void => {
    if (typeof value === 'string') (PUBLIC_FIELDS.has(name) ? open : secret).push(value);
    else if (typeof value === 'object' && value !== null && depth < 64) {
      for (const [key, inner] of Object.entries(value))
        visit(inner, Array.isArray(value) ? name : key, depth + 1);
    }
  };
  if (typeof body === 'string') {
    try {
      visit(JSON.parse(body), '', 0);
    } catch {
      secret.push(body);
    }
  } else if (body instanceof URLSearchParams || body instanceof FormData) {
    body.forEach((value: unknown, name: string) => visit(value, name, 64));
  } else if (ArrayBuffer.isView(body) || body instanceof ArrayBuffer) {
    return bodyTexts(new TextDecoder().decode(body));
  }
  return { secret, open };
}

/** Replaces passages of the body that are too long to be equal by chance. Searches in steps, which costs little. */
const GRAM = 24;
const STEP = 8;

function withoutBody(text: string, { secret, open }: BodyTexts): string {
  if (secret.length === 0) return text;
  const isSecret = (part: string): boolean =>
    secret.some((value) => value.includes(part)) && !open.some((value) => value.includes(part));
  let left = text.replace(/[\w.+/=-]+/g, (word) =>
    isKeyLike(word) && isSecret(word) ? REDACTED : word,
  );
  for (let at = 0; at + GRAM <= left.length; at += STEP) {
    const source = secret.find((value) => value.includes(left.slice(at, at + GRAM)));
    if (source === undefined) continue;
    const [from, to] = passage(left, source, at);
    left = left.slice(0, from) + REDACTED + left.slice(to);
    at = from + REDACTED.length - STEP;
  }
  return left;
}

/** Returns how far the text around this index equals the source. */
function passage(text: string, source: string, at: number): readonly [number, number] {
  let [from, to] = [at, at + GRAM];
  while (from > 0 && source.includes(text.slice(from - 1, to))) from--;
  while (to < text.length && source.includes(text.slice(from, to + 1))) to++;
  return [from, to];
}
