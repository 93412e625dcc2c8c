/** Calls that were delivered: a call leaves once per id, whatever a peer repeats. */

import { canonicalJson } from './arguments.js';

/** Ids that are remembered. */
const MAX_DELIVERED = 4096;

/** Remembers what was delivered by id, as a fingerprint: arguments may be megabytes. */
export class DeliveredCalls {
  readonly #calls = new Map<string, string>();

  has(id: string): boolean {
    return this.#calls.has(id);
  }

  add(id: string, fingerprint: string): void {
    this.#calls.delete(id);
    this.#calls.set(id, fingerprint);
    const [oldest] = this.#calls.keys();
    if (this.#calls.size > MAX_DELIVERED && oldest !== undefined) this.#calls.delete(oldest);
  }

  isSame(id: string, fingerprint: string): boolean {
    return this.#calls.get(id) === fingerprint;
  }

  /**
   * Forgets calls that the stream has not recorded: it did not deliver them, and they come again.
   * @param recorded the calls that the stream has as delivered
   * @param isFull the stream records no more than these: older ones were delivered too
   */
  keepOnly(recorded: ReadonlySet<string>, isFull: boolean): void {
    let isOlder = isFull;
    for (const id of [...this.#calls.keys()]) {
      if (recorded.has(id)) isOlder = false;
      else if (!isOlder) this.#calls.delete(id);
    }
  }
}

/** A short text that is the same for calls that say the same, and for no others (106 bits). */
export function fingerprintOf(name: string, input: unknown, args: string): string {
  const text = `${name}\n${canonicalJson(input) ?? args}`;
  return `${text.length}:${hash(text, 0x9e3779b9)}:${hash(text, 0x85ebca6b)}`;
}

/** cyrb53: 53 bits of a text. */
function hash(text: string, seed: number): string {
  let one = 0xdeadbeef ^ seed;
  let other = 0x41c6ce57 ^ seed;
  for (let n = 0; n < text.length; n++) {
    const unit = text.charCodeAt(n);
    one = Math.imul(one ^ unit, 2654435761);
    other = Math.imul(other ^ unit, 1597334677);
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(other ^ (other >>> 13), 3266489909);
  other = Math.imul(other ^ (other >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
  return (4294967296 * (2097151 & other) + (one >>> 0)).toString(36);
}
