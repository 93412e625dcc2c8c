/** Ids of chunks: a response has one id, although some servers give each chunk another one. */

import { secondAnswer } from '../response/answer-end.js';

/**
 * Detects a second response in the stream of the first. Ids that change with every chunk prove nothing; but after an id that
 * stayed the same, content under another id is of another response.
 */
export class ChunkIds {
  #id: string | null = null;
  /** Number of chunks with this id. */
  #count = 0;
  #hasContent = false;
  /** Whether content came under an earlier id. */
  #hadContent = false;

  /** @throws ReconnectError kind `protocol` */
  see(id: unknown, hasContent: boolean): void {
    if (typeof id !== 'string' || id === '') return;
    if (id !== this.#id) {
      // A last chunk made by a gateway has its own id, and no content.
      if (this.#count > 1 && this.#hasContent && !hasContent) return;
      if (this.#count > 1 && this.#hasContent) throw secondAnswer();
      this.#hadContent ||= this.#hasContent;
      this.#id = id;
      this.#count = 0;
      this.#hasContent = false;
    }
    this.#count += 1;
    this.#hasContent ||= hasContent;
    if (this.#count > 1 && this.#hadContent && this.#hasContent) throw secondAnswer();
  }
}
