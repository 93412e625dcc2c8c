/** Ids of chunks: one answer has one, although some servers give each chunk another. */

import { secondAnswer } from '../response/answer-end.js';

/**
 * Notices a second answer in the stream of the first. Ids that change with every chunk say nothing; but where one stood
 * still, content under another is of another answer.
 */
export class ChunkIds {
  #id: string | null = null;
  /** Chunks with this id. */
  #count = 0;
  #hasContent = false;
  /** Content came under an id before this one. */
  #hadContent = false;

  /** @throws ReconnectError kind `protocol` */
  see(id: unknown, hasContent: boolean): void {
    if (typeof id !== 'string' || id === '') return;
    if (id !== this.#id) {
      // A last chunk that a gateway makes itself has an id of its own, and no content.
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
