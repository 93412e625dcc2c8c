/** Validates options: the checks that all sources share. */

import { REOPEN_MODES, RESUME_MODES, TERMINALS } from '../../../machines/source-contract.js';
import type { StreamSource } from '../../../machines/source-contract.js';
import { quotedText } from '../../../machines/quoted-text.js';
import { configFailure, describeType } from './source-error.js';

/** The facts of a source. */
export type SourceWords = Pick<StreamSource<unknown>, 'name' | 'resume' | 'terminal' | 'reopen'>;

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

/**
 * Checks that options are an object of known names.
 * @param source the name of the function, for the message
 * @param known an object whose keys are the names
 * @throws ReconnectError `config`
 */
export function checkKnown(
  source: string,
  options: unknown,
  known: Readonly<Record<string, unknown>>,
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw configFailure(`options of ${source} to be an object`, describeType(options), '{ … }');
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    const names = Object.keys(known);
    const near = nearest(name, names);
    const write = near === undefined ? `one of ${names.join(', ')}` : near;
    throw configFailure(`options that ${source} knows`, `"${quotedText(name, 40)}"`, write);
  }
}

/** Returns the name that was probably meant, if one is close enough. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const typed = name.toLowerCase();
  const ranked = names
    .map((known) => ({ known, far: distance(typed, known.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  const best = ranked[0];
  return best !== undefined && best.far <= Math.min(Math.max(2, typed.length / 3), typed.length - 1)
    ? best.known
    : undefined;
}

/** Returns Levenshtein's distance: the number of characters to change, add or remove. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= Math.min(a.length, 64); i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
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
  throw configFailure(
    `${name} to be one of ${words}`,
    describeType(value),
    `${name}: '${allowed[0]}'`,
  );
}

/** @throws ReconnectError `config` */
export function checkFunction(name: string, value: unknown, write: string): void {
  if (value === undefined || typeof value === 'function') return;
  throw configFailure(`${name} to be a function`, describeType(value), write);
}

/** Room for an image as base64 in one event; measured, holding it costs less than 64 MiB. */
const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;

/** Validates a limit in bytes. @throws ReconnectError `config` */
export function checkSize(
  name: string,
  value: unknown,
  fallback: number = DEFAULT_MAX_BYTES,
): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  const expected = `${name} to be a whole number of bytes above 0`;
  throw configFailure(expected, describeType(value), `${name}: ${fallback}`);
}

/** @throws ReconnectError `config` */
export function checkString(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw configFailure(`${name} to be a string`, describeType(value), `${name}: '…'`);
}
