/** How the ids of a stream follow each other, where that can be told. */

import type { StreamSource } from '../../machines/contract.js';
import { configFailure, kindOf } from './failure.js';

export type Contiguity = 'numeric' | ((previousId: string, nextId: string) => boolean | 'old');

/** @throws ReconnectError `config` */
export function checkContiguity(
  contiguous: Contiguity | undefined,
): StreamSource<unknown>['contiguous'] {
  if (contiguous === undefined || typeof contiguous === 'function') return contiguous;
  if (contiguous === 'numeric') return byNumber;
  const write = "contiguous: 'numeric'";
  throw configFailure("contiguous to be 'numeric' or a function", kindOf(contiguous), write);
}

/** Ids that are no numbers say nothing. */
function byNumber(previousId: string, nextId: string): boolean | 'old' {
  if (!/^\d+$/.test(previousId) || !/^\d+$/.test(nextId)) return true;
  const step = BigInt(nextId) - BigInt(previousId);
  return step <= 0n ? 'old' : step === 1n;
}
