/** Roles of chunks: an answer says its role once, although some servers repeat it in every chunk. */

import { secondAnswer } from '../response/answer-end.js';

/** What a chunk says of the answer that it belongs to. */
export interface ChunkHead {
  readonly id: unknown;
  readonly role: unknown;
  /** It says why the answer ended: some gateways make that chunk themselves. */
  readonly isLast: boolean;
  /** An earlier chunk said why the answer ended. */
  readonly isAfterEnd: boolean;
}

/**
 * Notices a second answer in the stream of the first, before its content comes. A role in every chunk says nothing; but
 * where it came once, a role under another id, or after the end, begins another answer.
 */
export class ChunkRoles {
  /** The last id that was given. */
  #id: string | null = null;
  #hasRole = false;
  /** A chunk before the last one had no role. */
  #isSaidOnce = false;
  /** The id under which the role came again, as long as every chunk has had one. */
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
