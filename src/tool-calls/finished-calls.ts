/** Calls that were handed out: a peer that tells one again must not make it a second call. */

/** Ids that are remembered. */
const MAX_FINISHED = 4096;

/** A class: it exists once per reader. */
export class FinishedCalls {
  readonly #ids = new Set<string>();

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > MAX_FINISHED && oldest !== undefined) this.#ids.delete(oldest);
  }
}
