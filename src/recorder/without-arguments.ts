/** What a recording may show of tool arguments: how long they were. */

/** The fields that hold them, in stream states and in reports. */
const ARGUMENTS: ReadonlySet<string> = new Set(['args', 'finalArgs', 'toolArgsBuffer']);

/** A copy that is JSON, with every character of an argument blotted out; the length shows how far a call came. */
export function withoutArguments<T>(value: T): T {
  return JSON.parse(JSON.stringify(value, blot)) as T;
}

function blot(key: string, value: unknown): unknown {
  return ARGUMENTS.has(key) && typeof value === 'string' ? '•'.repeat(value.length) : value;
}
