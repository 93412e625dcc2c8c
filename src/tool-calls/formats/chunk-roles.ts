/** Roles of chunks: a response has its role once, although some servers repeat it in every chunk. */

import { secondAnswer } from '../response/answer-end.js';

/** The fields of a chunk that identify its response. */
export interface ChunkHead {
  readonly id: unknown;
  readonly role: unknown;
  /** The chunk has the finish reason: some gateways make that chunk themselves. */
  readonly isLast: boolean;
  /** An earlier chunk had the finish reason. */
  readonly isAfterEnd: boolean;
}

/**
 * Detects a second response in the stream of the first, before its content comes. A role in every chunk proves nothing; but
 * if it came once, a role under another id, or after the end, begins another response.
 */
export class ChunkRoles {
  /** The last id. */
  #id: string | null = null;
  #hasRole = false;
  /** A chunk before the last one had no role. */
  #isSaidOnce = false;
  /** The id with which the role came again, while every chunk has had a role. */
  #again: { readonly id: unknown } | null = null;

  /** @throws ReconnectError kind `protocol` */
  see({ id, role, isLast, isAfterEnd }: ChunkHead): void {
    const before = this.#id;
    if (isNamed(id)) this.#id = id;
    if (!isNamed(role)) this.#seeNoRole(id, isLast);
    else if (!isLast) {
      const isOther = before !== null && isNamed(id) && id !== before;
      if (this.#hasRole && (isOther || isAfterEnd)) this.#seeAgain(id);
      this.#hasRole = true;
    }
  }

  #seeAgain(id: unknown): void {
    if (this.#isSaidOnce) throw secondAnswer();
    this.#again = { id };
  }

  #seeNoRole(id: unknown, isLast: boolean): void {
    if (this.#again !== null && this.#again.id === id) throw secondAnswer();
    this.#again = null;
    this.#isSaidOnce ||= !isLast;
  }
}

function isNamed(text: unknown): text is string {
  return typeof text === 'string' && text !== '';
}
