/** Refuses responses and faults that cannot be meant, instead of sending something else. */

import { configError } from '../../machines/config.js';
import type { FlakyResponse, FlakyFaultKind } from './flaky-response.types.js';

const KINDS: readonly FlakyFaultKind[] = ['fin', 'rst', 'eof', 'stall'];
const FRAMINGS: readonly unknown[] = [undefined, 'chunked', 'length', 'close'];

/** @throws ReconnectError kind `config` */
export function checkResponse(place: string, answer: FlakyResponse): void {
  if (typeof answer !== 'object' || (answer as unknown) === null)
    throw configError(place, 'an answer, such as { status: 503 } or { body }', answer);
  const { status = 200, framing, fault } = answer;
  if (!Number.isSafeInteger(status) || status < 200 || status > 999)
    throw configError(`${place}.status`, 'a status from 200 to 999', status);
  if (!FRAMINGS.includes(framing))
    throw configError(`${place}.framing`, "'chunked', 'length' or 'close'", framing);
  if (fault === undefined) return;
  checkKind(`${place}.fault.kind`, fault.kind, KINDS);
  if (fault.at !== 'head') checkBytes(`${place}.fault.at`, fault.at, "'head' or a number of bytes");
}

/** @throws ReconnectError kind `config` */
export function checkKind(place: string, kind: unknown, kinds: readonly string[]): void {
  if (!kinds.includes(kind as string))
    throw configError(place, `one of ${kinds.map((one) => `'${one}'`).join(', ')}`, kind);
}

/** @throws ReconnectError kind `config` */
export function checkBytes(place: string, at: unknown, what: string, least = 0): void {
  if (typeof at !== 'number' || !(at >= least) || (at !== Infinity && !Number.isInteger(at)))
    throw configError(place, `${what}, ${least} or more`, at);
}
