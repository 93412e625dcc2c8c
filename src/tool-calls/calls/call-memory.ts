/** How much the calls of an answer may take of memory, whatever a peer sends. */

import { MAX_ID_LENGTH } from '../../../machines/source-contract.js';
import { ReconnectError } from '../../../machines/errors.js';
import type { Call } from './call.js';

/** Of all calls, in bytes. What the stream records of them counts against its own budget. */
const MAX_BYTES = 32 * 1024 * 1024;
/** It is counted again when so many UTF-16 units came: each piece costs the same, however many calls there are. */
const RECOUNT_UNITS = 256 * 1024;

/** A class: it exists once per register, and is called per piece. */
export class CallMemory {
  readonly #calls: () => readonly Call[];
  #addedUnits = 0;

  /** @param calls all that are kept, the oldest first */
  constructor(calls: () => readonly Call[]) {
    this.#calls = calls;
  }

  /** So many UTF-16 units were added to a call. @throws ReconnectError kind `limit` */
  add(units: number): void {
    this.#addedUnits += Math.max(0, units);
    if (this.#addedUnits < RECOUNT_UNITS) return;
    this.#addedUnits = 0;
    const calls = this.#calls();
    let bytes = calls.reduce((sum, { weight }) => sum + weight, 0);
    // The oldest calls that have left make room.
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

/** @throws ReconnectError kind `limit` for a key of the peer's that is too long to be kept */
export function checkKey(key: string | number): void {
  if (typeof key === 'number' || key.length <= MAX_ID_LENGTH) return;
  throw new ReconnectError(
    'limit',
    `the id of an item is longer than ${MAX_ID_LENGTH} UTF-16 code units`,
  );
}

/** Places that are remembered at once. */
const MAX_PLACES = 4096;

/** Where a call stands, as the peer numbers them: the oldest places are forgotten. */
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
