/** Reads untrusted wire values; a wrong value is a typed error that names the field. */

import { ReconnectError } from '../../machines/errors.js';

export function unfit(field: string, expected: string): ReconnectError {
  return new ReconnectError('wire', `${field}: expected ${expected}`);
}

export function readRecord(field: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unfit(field, 'an object');
  return value as Record<string, unknown>;
}

/** Reads a Rust `u32` or `u64`, as far as a number can hold it. */
export function readWhole(field: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw unfit(field, 'a whole number from 0');
  return value;
}

export function readNumber(field: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw unfit(field, 'a number');
  return value;
}

export function readText(field: string, value: unknown): string {
  if (typeof value !== 'string') throw unfit(field, 'a string');
  return value;
}

export function readFlag(field: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw unfit(field, 'true or false');
  return value;
}
