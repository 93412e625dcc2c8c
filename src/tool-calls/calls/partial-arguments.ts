/** Arguments that arrive as values at JSON paths: the `partialArgs` of Gemini 3. */

import { fieldsOf } from '../../json/fields.js';

/** Limit of the arguments of a call, in UTF-16 code units: as much as the stream keeps. */
const MAX_SIZE = 4 * 1024 * 1024;
const MAX_DEPTH = 64;
/** Limit of the length of a list; no model writes a longer one. */
const MAX_INDEX = 65_536;

type Segment = string | number;
type Scalar = number | boolean | null;
type Node =
  | { readonly kind: 'object'; readonly fields: Map<string, Node> }
  | { readonly kind: 'list'; readonly items: Map<number, Node> }
  | { readonly kind: 'text'; text: string }
  | { readonly kind: 'value'; readonly value: Scalar };

/** https://docs.cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/Content#PartialArg */
export class PartialArguments {
  readonly #root: Node = { kind: 'object', fields: new Map() };
  #size = 0;
  #isBroken = false;

  /** Returns whether nothing was received. */
  get isEmpty(): boolean {
    return this.#size === 0 && !this.#isBroken;
  }

  /** Returns the approximate number of UTF-16 code units so far. */
  get size(): number {
    return this.#size;
  }

  /** Takes the pieces of one event. Text at the same path is appended; any other value comes once. */
  add(pieces: readonly unknown[]): void {
    for (const piece of pieces) {
      if (this.#isBroken) return;
      this.#isBroken = !this.#take(piece);
    }
  }

  /** Returns all arguments as JSON text; undefined if the pieces make no JSON object. */
  toJson(): string | undefined {
    return this.#isBroken ? undefined : jsonOf(this.#root);
  }

  #take(piece: unknown): boolean {
    const { jsonPath, stringValue, numberValue, boolValue } = fieldsOf(piece);
    const path = parsePath(jsonPath);
    if (path === undefined || path.length === 0) return false;
    this.#size +=
      String(jsonPath).length + (typeof stringValue === 'string' ? stringValue.length : 8);
    if (this.#size > MAX_SIZE) return false;
    if (typeof stringValue === 'string') return this.#append(path, stringValue);
    if (typeof numberValue === 'number') return this.#set(path, numberValue);
    if (typeof boolValue === 'boolean') return this.#set(path, boolValue);
    return Object.hasOwn(fieldsOf(piece), 'nullValue') && this.#set(path, null);
  }

  #append(path: readonly Segment[], text: string): boolean {
    const node = place(this.#root, path, { kind: 'text', text: '' });
    if (node?.kind !== 'text') return false;
    node.text += text;
    return true;
  }

  #set(path: readonly Segment[], value: Scalar): boolean {
    const node = place(this.#root, path, { kind: 'value', value });
    return node?.kind === 'value' && node.value === value;
  }
}

/** Returns the node at the path, created if missing; undefined if the path contradicts an earlier one. */
function place(root: Node, path: readonly Segment[], leaf: Node): Node | undefined {
  let node = root;
  for (const [n, segment] of path.entries()) {
    const next = path[n + 1];
    const made: Node =
      next === undefined
        ? leaf
        : typeof next === 'number'
          ? { kind: 'list', items: new Map() }
          : { kind: 'object', fields: new Map() };
    const child = childOf(node, segment, made);
    if (child === undefined) return undefined;
    node = child;
  }
  return node;
}

function childOf(node: Node, segment: Segment, made: Node): Node | undefined {
  if (node.kind === 'object' && typeof segment === 'string')
    return getOrSet(node.fields, segment, made);
  if (node.kind === 'list' && typeof segment === 'number')
    return getOrSet(node.items, segment, made);
  return undefined;
}

function getOrSet<K>(map: Map<K, Node>, key: K, made: Node): Node {
  const before = map.get(key);
  if (before !== undefined) return before;
  map.set(key, made);
  return made;
}

/** Builds text and not an object, since a field may be called `__proto__`. */
function jsonOf(node: Node): string | undefined {
  switch (node.kind) {
    case 'text':
      return JSON.stringify(node.text);
    case 'value':
      return JSON.stringify(node.value);
    case 'object':
      return joined(
        [...node.fields].map(([name, one]) => [`${JSON.stringify(name)}:`, one]),
        '{}',
      );
    case 'list': {
      const items = Array.from(node.items.keys(), (_, n) => node.items.get(n));
      const isWhole = items.every((one) => one !== undefined);
      return isWhole
        ? joined(
            items.map((one) => ['', one]),
            '[]',
          )
        : undefined;
    }
  }
}

function joined(parts: readonly (readonly [string, Node])[], brackets: string): string | undefined {
  const texts = parts.map(([head, node]) => [head, jsonOf(node)] as const);
  if (texts.some(([, text]) => text === undefined)) return undefined;
  const inner = texts.map(([head, text]) => `${head}${text}`).join(',');
  return `${brackets[0]}${inner}${brackets[1]}`;
}

const SEGMENT = /\.?([^.[\]'"]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\['((?:[^'\\]|\\.)*)'\]/y;

/** Returns the segments of a JSON path to one value: RFC 9535 without selectors of several values. */
function parsePath(path: unknown): Segment[] | undefined {
  if (typeof path !== 'string') return undefined;
  const segments: Segment[] = [];
  SEGMENT.lastIndex = path.startsWith('$') ? 1 : 0;
  while (SEGMENT.lastIndex < path.length) {
    const found = SEGMENT.exec(path);
    if (found === null || segments.length >= MAX_DEPTH) return undefined;
    const segment = segmentOf(found);
    if (segment === undefined) return undefined;
    segments.push(segment);
  }
  return segments;
}

function segmentOf([, name, index, double, single]: RegExpExecArray): Segment | undefined {
  if (name !== undefined) return name === '*' ? undefined : name;
  if (index !== undefined) return Number(index) <= MAX_INDEX ? Number(index) : undefined;
  return double === undefined
    ? unquoted(`"${(single ?? '').replaceAll("\\'", "'").replaceAll(/(?<!\\)"/g, '\\"')}"`)
    : unquoted(double);
}

function unquoted(text: string): string | undefined {
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}
