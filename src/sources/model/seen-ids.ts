/** Ids of events that were read, to know those that a peer sends again before they reach a reader. */

/** As many as the account of a stream remembers. */
const MAX_IDS = 256;

/**
 * A peer may send again the last few events, or all from the start. The first id of a connection tells which: one
 * that was there opens a replay, which lasts until the cursor has passed.
 */
export class SeenIds {
  #first: string | undefined;
  #recent: string[] = [];
  #cursor: string | undefined;
  #state: 'new' | 'undecided' | 'replay' = 'new';

  /** A connection begins after this cursor. What was read beyond it comes again, and is new. */
  goOn(cursor: string): void {
    const at = this.#recent.lastIndexOf(cursor);
    this.#recent = at < 0 ? [cursor] : this.#recent.slice(0, at + 1);
    this.#first ??= cursor;
    this.#cursor = cursor;
    this.#state = 'undecided';
  }

  /** Whether the event was read before; one that was not is remembered. */
  isOld(id: string | undefined): boolean {
    if (id === undefined) return this.#state === 'replay';
    if (this.#state === 'undecided') {
      const isKnown = id === this.#first || this.#recent.includes(id);
      this.#state = isKnown ? 'replay' : 'new';
    }
    if (this.#state === 'replay') {
      if (id === this.#cursor) this.#state = 'undecided';
      return true;
    }
    this.#first ??= id;
    this.#recent.push(id);
    if (this.#recent.length > MAX_IDS * 2) this.#recent = this.#recent.slice(-MAX_IDS);
    return false;
  }
}
