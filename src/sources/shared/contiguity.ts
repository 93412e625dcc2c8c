/** How the ids of a stream follow each other, if that is known. */

import type { StreamSource } from '../../../machines/source-contract.js';
import { configFailure, describeType } from './source-error.js';

/** `'numeric'`: whole numbers, each one more than the last. A function returns how the second id follows the first. */
export type Contiguity =
  | 'numeric'
  | ((previousId: string, nextId: string) => 'next' | 'gap' | 'old');

/** @throws ReconnectError `config` */
export function checkContiguity(
  contiguous: Contiguity | undefined,
): StreamSource<unknown>['contiguous'] {
  if (contiguous === undefined || typeof contiguous === 'function') return contiguous;
  if (contiguous === 'numeric') return byNumber;
  const write = "contiguous: 'numeric'";
  throw configFailure("contiguous to be 'numeric' or a function", describeType(contiguous), write);
}

/** Ids that are not numbers count as following each other. */
function byNumber(previousId: string, nextId: string): 'next' | 'gap' | 'old' {
  if (!/^\d+$/.test(previousId) || !/^\d+$/.test(nextId)) return 'next';
  const step = BigInt(nextId) - BigInt(previousId);
  if (step <= 0n) return 'old';
  return step === 1n ? 'next' : 'gap';
}
