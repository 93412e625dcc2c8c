/** Calls that an earlier process has read: the open ones continue here, but their keys are not known. */

import type { ToolCallState } from '../../../machines/source-contract.js';
import type { RecordedCalls } from '../response/answer.js';

export class FormerCalls {
  /** True if there were any, open or closed. */
  hadAny = false;
  /** True after a piece that may belong to one of the open calls. */
  lacksPiece = false;
  /** True if some were complete: a piece without an id may repeat one of them. */
  #hadWhole = false;
  #open: readonly (readonly [string, ToolCallState])[] = [];

  /** @param known calls that this process has read itself */
  begin(recorded: RecordedCalls, known: ReadonlySet<string>): void {
    const others = Object.entries(recorded).filter(([id]) => !known.has(id));
    this.hadAny = Object.keys(recorded).length > 0;
    this.#hadWhole = others.some(([, { status }]) => status === 'complete');
    this.#open = others.filter(([, { status }]) => status === 'streaming');
  }

  /** Ids of the open calls. */
  get open(): readonly string[] {
    return this.#open.map(([id]) => id);
  }

  /**
   * Returns the open call to which a piece belongs.
   * @param local the local id for the key of the piece
   * @param isPiece whether it is a piece of arguments: a mere end may belong to something else than a call without pieces
   */
  find(id: string | undefined, local: string, isPiece: boolean): string | undefined {
    const named = this.#open.find(([one]) => one === id || one === local);
    if (named !== undefined) return named[0];
    const [only, another] = this.#open;
    if (id !== undefined || only === undefined) return undefined;
    // Without a name it belongs to the only open call, unless it repeats a closed one.
    if (another !== undefined || this.#hadWhole) {
      this.lacksPiece ||= isPiece;
      return undefined;
    }
    const [found, { args }] = only;
    return isPiece || args.trim() !== '' ? found : undefined;
  }

  /** Removes a call whose key is now known. */
  take(id: string): ToolCallState | undefined {
    const [, state] = this.#open.find(([one]) => one === id) ?? [];
    this.#open = this.#open.filter(([one]) => one !== id);
    return state;
  }
}
