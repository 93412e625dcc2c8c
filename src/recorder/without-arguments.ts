/** Replaces tool arguments in a recording: only their length is kept. */

/** The fields that hold arguments, in stream states and in reports. */
const ARGUMENTS: ReadonlySet<string> = new Set(['args', 'finalArgs', 'toolArgsBuffer']);

/** Copies a value as JSON, with every character of an argument blotted out; the length shows how far a call came. */
export function withoutArguments<T>(value: T): T {
  return JSON.parse(JSON.stringify(value, blot)) as T;
}

function blot(key: string, value: unknown): unknown {
  return ARGUMENTS.has(key) && typeof value === 'string' ? '•'.repeat(value.length) : value;
}
