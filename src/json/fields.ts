/** Reads fields of JSON values of unknown shape. */

import { ReconnectError } from '../../machines/errors.js';

export type Fields = Readonly<Record<string, unknown>>;

/** Returns the value if it is an object, else an empty one. `field` reads own fields only. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function wholeOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

/** @throws ReconnectError kind `protocol` for a value that is no event. */
export function eventFields(event: unknown): Fields {
  if (typeof event === 'object' && event !== null && !Array.isArray(event)) return event as Fields;
  throw new ReconnectError('protocol', 'expected an event that is a JSON object');
}
