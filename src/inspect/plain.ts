/** Any value as bounded JSON that may be shown: arguments of tool calls by their length only. */

export interface PlainOptions {
  /** Show the arguments of tool calls as they are. @default false */
  readonly showArguments?: boolean | undefined;
}

export type Plain = string | number | boolean | null | readonly Plain[] | PlainObject;
export interface PlainObject {
  readonly [key: string]: Plain;
}

/** Copies what can be shown, and never throws: inspected values are other people's. */
export function toPlain(value: unknown, options: PlainOptions = {}): Plain {
  return copy(value, {
    hides: options.showArguments !== true,
    depth: 0,
    left: { nodes: MAX_NODES, text: MAX_ALL_TEXT },
  });
}

/** Deeper, longer and larger than this nobody reads on a page. */
const MAX_DEPTH = 10;
const MAX_ENTRIES = 100;
const MAX_TEXT = 2_000;
const MAX_NODES = 2_000;
const MAX_ALL_TEXT = 64_000;

/** Where this package, and the readers of tool calls, keep arguments. */
const ARGUMENTS: ReadonlySet<string> = new Set(['args', 'finalArgs', 'toolArgsBuffer']);

interface Place {
  readonly hides: boolean;
  readonly depth: number;
  readonly left: { nodes: number; text: number };
}

function copy(value: unknown, place: Place): Plain {
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
      return String(value);
    case 'function':
      return '(a function)';
  }
}

function copyText(text: string, { left }: Place): string {
  const length = Math.min(text.length, MAX_TEXT, left.text);
  left.text -= length;
  return length < text.length ? `${text.slice(0, length)}… (${text.length} characters)` : text;
}

function copyObject(value: object, place: Place): Plain {
  place.left.nodes -= 1;
  if (place.depth >= MAX_DEPTH || place.left.nodes <= 0) return '(more)';
  const inner = { ...place, depth: place.depth + 1 };
  try {
    if (value instanceof Error) return { name: value.name, message: copy(value.message, inner) };
    if (value instanceof Date) return Number.isFinite(value.getTime()) ? value.toISOString() : null;
    if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
    if (value instanceof Map || value instanceof Set)
      return list([...value].slice(0, MAX_ENTRIES), value.size, inner);
    if (Array.isArray(value)) return list(value.slice(0, MAX_ENTRIES), value.length, inner);
    if (isActor(value)) return `(actor ${value.sessionId})`;
    return entries(value, inner);
  } catch {
    return '(unreadable)';
  }
}

function list(items: readonly unknown[], length: number, place: Place): Plain {
  const shown = items.map((item) => copy(item, place));
  return length > items.length ? [...shown, `(${length - items.length} more)`] : shown;
}

function entries(value: object, place: Place): Plain {
  const all = Object.entries(value).filter(([, one]) => one !== undefined);
  // Of a long record both ends: where entries are added, the new ones are at its end.
  const ends =
    all.length > MAX_ENTRIES
      ? [...all.slice(0, MAX_ENTRIES / 2), ...all.slice(-MAX_ENTRIES / 2)]
      : all;
  const shown = ends.map(([key, one]): [string, Plain] => {
    const isHidden = place.hides && typeof one === 'string' && ARGUMENTS.has(key);
    return [key, isHidden ? lengthOf(one) : copy(one, place)];
  });
  if (all.length > shown.length) shown.push(['…', `(${all.length - shown.length} more)`]);
  // Not by assignment: a key may be `__proto__`.
  return Object.fromEntries(shown);
}

/** What is hidden already stays as it is: inspectors may sanitize twice. */
function lengthOf(text: string): string {
  return text === '' || HIDDEN.test(text) ? text : `(${text.length} characters)`;
}

const HIDDEN = /^\(\d+ characters\)$/u;

function isActor(value: object): value is { sessionId: string } {
  return 'sessionId' in value && typeof value.sessionId === 'string' && 'send' in value;
}
