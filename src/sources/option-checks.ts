/** Checks that the options of all sources share. */

import { configFailure, kindOf } from './failure.js';

export { REOPEN_MODES, RESUME_MODES, TERMINALS } from '../../machines/contract.js';

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

/** @throws ReconnectError `config` */
export function checkString(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw configFailure(`${name} to be a string`, kindOf(value), `${name}: '…'`);
}
