/** Arguments of tool calls: strict JSON or nothing; and the comparison of repeated arguments. */

/** Returns the parsed text; undefined if it is no JSON. */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** Returns the text of a JSON value; undefined if it is none, or is nested too deep. */
export function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isEmptyObject(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

/** Returns whether two JSON values are equal; the order of keys does not matter. */
export function isSameValue(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  const text = canonicalJson(one);
  return text !== undefined && text === canonicalJson(other);
}

/** Depth from which the order of keys matters: arguments are never nested so deep. */
const MAX_DEPTH = 256;

/** Returns the JSON text of a value with sorted keys, which is the same for equal values. Undefined as in `toJson`. */
export function canonicalJson(value: unknown): string | undefined {
  return toJson(sorted(value, 0));
}

function sorted(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((one) => sorted(one, depth + 1));
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, field]) => [name, sorted(field, depth + 1)]));
}
