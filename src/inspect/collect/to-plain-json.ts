/** Converts any value into JSON of limited size that may be shown: of arguments of tool calls only the length. */

export interface PlainOptions {
  /** Keeps the arguments of tool calls. @default false */
  readonly showArguments?: boolean | undefined;
}

export type Plain = string | number | boolean | null | readonly Plain[] | PlainObject;
export interface PlainObject {
  readonly [key: string]: Plain;
}

/** Copies what can be shown. Neither this nor the JSON of the result ever throws: inspected values may be anything. */
export function toPlain(value: unknown, options: PlainOptions = {}): Plain {
  return copy(value, {
    hides: options.showArguments !== true,
    depth: 0,
    left: { nodes: MAX_NODES, text: MAX_ALL_TEXT },
  });
}

/** The same for a value that should be a text: a name, a type, a status. */
export function plainText(value: unknown): string {
  const plain = toPlain(value);
  return typeof plain === 'string' ? plain : JSON.stringify(plain);
}

/** Reads a property of any object: its getter may throw. */
export function fieldOf(from: object, key: string): unknown {
  try {
    return (from as Readonly<Record<string, unknown>>)[key];
  } catch {
    return UNREADABLE;
  }
}

/** Limits of what a page can show: depth, length and size. */
const MAX_DEPTH = 10;
const MAX_ENTRIES = 100;
const MAX_TEXT = 2_000;
const MAX_NODES = 4_000;
const MAX_ALL_TEXT = 64_000;
/** Keys up to this length are kept whole, as names of fields; longer keys are data. */
const MAX_FIELD = 64;

/** The fields in which this package, and the readers of tool calls, keep arguments. */
const ARGUMENTS: ReadonlySet<string> = new Set(['args', 'finalArgs', 'toolArgsBuffer']);

const UNREADABLE = '(unreadable)';

interface Place {
  readonly hides: boolean;
  readonly depth: number;
  readonly left: { nodes: number; text: number };
}

function copy(value: unknown, place: Place): Plain {
  place.left.nodes -= 1;
  if (place.left.nodes <= 0) return '(more)';
  switch (typeof value) {
    case 'string':
      return copyText(value, place);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : copyObject(value, place);
    case 'undefined':
      return null;
    case 'bigint':
    case 'symbol':
      return copyText(String(value), place);
    case 'function':
      return '(a function)';
  }
}

/** A text that was cut before keeps its stated length: inspectors may sanitize twice. */
function copyText(text: string, { left }: Place): string {
  const [mark = ''] = CUT.exec(text.slice(-MAX_MARK)) ?? [];
  const characters = text.length - mark.length;
  const length = Math.min(characters, MAX_TEXT, left.text);
  left.text -= length;
  if (length === characters) return text;
  return text.slice(0, length) + (mark === '' ? `… (${text.length} characters)` : mark);
}

const CUT = /… \(\d{1,16} characters\)$/u;
const MAX_MARK = 32;

/** Uses the built-in classes, not the value's own methods: a subclass may return anything. */
function copyObject(value: object, place: Place): Plain {
  if (place.depth >= MAX_DEPTH) return '(more)';
  const inner = { ...place, depth: place.depth + 1 };
  try {
    if (value instanceof Error)
      return { name: copy(value.name, inner), message: copy(value.message, inner) };
    if (value instanceof Date) return dateText(Date.prototype.getTime.call(value));
    if (ArrayBuffer.isView(value)) return copyText(`(${value.byteLength} bytes)`, inner);
    if (value instanceof Map || value instanceof Set) return list(value, value.size, inner);
    if (Array.isArray(value)) return list(value, value.length, inner);
    if (isActor(value)) return copyText(`(actor ${value.sessionId})`, inner);
    return entries(value, inner);
  } catch {
    return UNREADABLE;
  }
}

function dateText(ms: number): string | null {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : null;
}

/** Reads up to the limit only: there may be a million more. */
function list(items: Iterable<unknown>, length: number, place: Place): Plain {
  const shown: Plain[] = [];
  for (const item of items) {
    if (shown.length === MAX_ENTRIES) return [...shown, `(${Number(length) - MAX_ENTRIES} more)`];
    shown.push(copy(item, place));
  }
  return shown;
}

function entries(value: object, place: Place): Plain {
  const all = Object.keys(value);
  // Both ends of a long record: new entries are at its end.
  const keys =
    all.length > MAX_ENTRIES
      ? [...all.slice(0, MAX_ENTRIES / 2), ...all.slice(-MAX_ENTRIES / 2)]
      : all;
  const shown: [string, Plain][] = [];
  for (const key of keys) {
    const one = fieldOf(value, key);
    if (one === undefined) continue;
    const isHidden = place.hides && ARGUMENTS.has(key);
    shown.push([nameOf(key, place), isHidden ? hidden(one) : copy(one, place)]);
  }
  if (all.length > keys.length) shown.push(['…', `(${all.length - keys.length} more)`]);
  // Not by assignment: a key may be `__proto__`.
  return Object.fromEntries(shown);
}

function nameOf(key: string, place: Place): string {
  return key.length <= MAX_FIELD ? key : copyText(key, place);
}

/** A text that was hidden before is kept: inspectors may sanitize twice. */
function hidden(value: unknown): string | null {
  if (value === null) return null;
  if (typeof value !== 'string') return '(hidden)';
  return value === '' || HIDDEN.test(value) ? value : `(${value.length} characters)`;
}

const HIDDEN = /^\((\d{1,16} characters|hidden)\)$/u;

function isActor(value: object): value is { sessionId: string } {
  return 'sessionId' in value && typeof value.sessionId === 'string' && 'send' in value;
}
