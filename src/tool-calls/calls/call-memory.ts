/** Limits the memory of the calls of a response, whatever a peer sends. */

import { MAX_ID_LENGTH } from '../../../machines/source-contract.js';
import { ReconnectError } from '../../../machines/errors.js';
import type { Call } from './call.js';

/** Limit for all calls, in bytes. The stream's record of calls counts toward the stream's own budget. */
const MAX_BYTES = 32 * 1024 * 1024;
/** UTF-16 code units between two counts, so that the cost of a piece does not depend on the number of calls. */
const RECOUNT_UNITS = 256 * 1024;

/** A class: it is called per piece. */
export class CallMemory {
  readonly #calls: () => readonly Call[];
  #addedUnits = 0;

  /** @param calls all calls that are kept, oldest first */
  constructor(calls: () => readonly Call[]) {
    this.#calls = calls;
  }

  /** Counts UTF-16 code units that were added to a call. @throws ReconnectError kind `limit` */
  add(units: number): void {
    this.#addedUnits += Math.max(0, units);
    if (this.#addedUnits < RECOUNT_UNITS) return;
    this.#addedUnits = 0;
    const calls = this.#calls();
    let bytes = calls.reduce((sum, { weight }) => sum + weight, 0);
    // The oldest delivered calls are dropped first.
    for (const call of calls) {
      if (bytes <= MAX_BYTES) return;
      if (call.state !== 'over') continue;
      bytes -= call.weight;
      call.forget();
      bytes += call.weight;
    }
    if (bytes > MAX_BYTES)
      throw new ReconnectError('limit', `open tool calls take more than ${MAX_BYTES} bytes`);
  }
}

/** @throws ReconnectError kind `limit` for a key of the peer that is too long to be kept */
export function checkKey(key: string | number): void {
  if (typeof key === 'number' || key.length <= MAX_ID_LENGTH) return;
  throw new ReconnectError(
    'limit',
    `the id of an item is longer than ${MAX_ID_LENGTH} UTF-16 code units`,
  );
}

/** Number of positions that are remembered. */
const MAX_PLACES = 4096;

/** The calls by their position, as the peer numbers them. The oldest positions are forgotten. */
export class Places<P extends string | number, K> {
  readonly #keys = new Map<P, K>();

  get(place: P): K | undefined {
    return this.#keys.get(place);
  }

  /** @throws ReconnectError kind `limit` */
  set(place: P, key: K): void {
    checkKey(place);
    this.#keys.set(place, key);
    const [oldest] = this.#keys.keys();
    if (this.#keys.size > MAX_PLACES && oldest !== undefined) this.#keys.delete(oldest);
  }
}
