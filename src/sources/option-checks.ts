/** Checks that the options of all sources share. */

import { REOPEN_MODES, RESUME_MODES, TERMINALS } from '../../machines/contract.js';
import type { StreamSource } from '../../machines/contract.js';
import { configFailure, kindOf } from './failure.js';

/** What a source says of itself. */
type SourceWords = Pick<StreamSource<unknown>, 'name' | 'resume' | 'terminal' | 'reopen'>;

/** @throws ReconnectError `config` */
export function checkWords(
  given: { readonly [K in keyof SourceWords]?: SourceWords[K] | undefined },
  defaults: SourceWords,
): SourceWords {
  return {
    name: checkString('name', given.name ?? defaults.name),
    resume: checkOneOf('resume', given.resume ?? defaults.resume, RESUME_MODES),
    terminal: checkOneOf('terminal', given.terminal ?? defaults.terminal, TERMINALS),
    reopen: checkOneOf('reopen', given.reopen ?? defaults.reopen, REOPEN_MODES),
  };
}

/** @throws ReconnectError `config` */
export function checkOneOf<T extends string>(
  name: string,
  value: unknown,
  allowed: readonly T[],
): T {
  const found = allowed.find((word) => word === value);
  if (found !== undefined) return found;
  const words = allowed.map((word) => `'${word}'`).join(', ');
  throw configFailure(`${name} to be one of ${words}`, kindOf(value), `${name}: '${allowed[0]}'`);
}

/** @throws ReconnectError `config` */
export function checkFunction(name: string, value: unknown, write: string): void {
  if (value === undefined || typeof value === 'function') return;
  throw configFailure(`${name} to be a function`, kindOf(value), write);
}

/** Room for a picture as base64 in one event; measured, holding it costs less than 64 MiB. */
const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;

/** A limit in bytes. @throws ReconnectError `config` */
export function checkSize(
  name: string,
  value: unknown,
  fallback: number = DEFAULT_MAX_BYTES,
): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  const expected = `${name} to be a whole number of bytes above 0`;
  throw configFailure(expected, kindOf(value), `${name}: ${fallback}`);
}

/** @throws ReconnectError `config` */
export function checkString(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw configFailure(`${name} to be a string`, kindOf(value), `${name}: '…'`);
}
