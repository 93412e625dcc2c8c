/** Tells the items that a server sends again after a reconnect from the new ones. */

import type { Ledger } from './ledger.js';

/**
 * A server may send again what was committed: the last few events, or the whole stream from its start.
 * The first id after a reconnect tells which: an old one opens a replay, which lasts until the id at the
 * cursor has passed. Anything unknown is new.
 */
export class ReplayFilter {
  /** Items left out so far. */
  skipped = 0;
  isOver = false;
  readonly #ledger: Ledger;
  readonly #cursor: string | null;
  #isReplaying = false;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
    this.#cursor = ledger.cursor;
  }

  /** Whether the item with this id, or without one, was committed before. */
  isOld(id: string | undefined): boolean {
    if (this.isOver) return false;
    if (id === undefined) {
      if (this.#isReplaying) this.skipped += 1;
      return this.#isReplaying;
    }
    if (!this.#isReplaying && !this.#ledger.knows(id)) {
      this.isOver = true;
      return false;
    }
    if (id === this.#cursor) this.#isReplaying = false;
    else this.#isReplaying = true;
    this.skipped += 1;
    return true;
  }
}
