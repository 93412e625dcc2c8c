/** Calls that an earlier process has read: those that are open go on here, but their keys are not known. */

import type { ToolCallState } from '../../../machines/source-contract.js';
import type { RecordedCalls } from '../response/answer.js';

export class FormerCalls {
  /** There were some, open or over. */
  hadAny = false;
  /** A piece came that may be of one that is open: of which, nobody knows. */
  lacksPiece = false;
  /** Some were whole: what comes without an id may repeat one of them. */
  #hadWhole = false;
  #open: readonly (readonly [string, ToolCallState])[] = [];

  /** @param known calls that this process has read itself */
  begin(recorded: RecordedCalls, known: ReadonlySet<string>): void {
    const others = Object.entries(recorded).filter(([id]) => !known.has(id));
    this.hadAny = Object.keys(recorded).length > 0;
    this.#hadWhole = others.some(([, { status }]) => status === 'complete');
    this.#open = others.filter(([, { status }]) => status === 'streaming');
  }

  /** Ids of the open ones. */
  get open(): readonly string[] {
    return this.#open.map(([id]) => id);
  }

  /**
   * The open call that a piece is of.
   * @param local the id of ours for the key of the piece
   * @param isPiece of arguments: a mere end may be that of something else than a call of which nothing came
   */
  find(id: string | undefined, local: string, isPiece: boolean): string | undefined {
    const named = this.#open.find(([one]) => one === id || one === local);
    if (named !== undefined) return named[0];
    const [only, another] = this.#open;
    if (id !== undefined || only === undefined) return undefined;
    // Without a name it is the only one that it can be, unless it repeats one that is over.
    if (another !== undefined || this.#hadWhole) {
      this.lacksPiece ||= isPiece;
      return undefined;
    }
    const [found, { args }] = only;
    return isPiece || args.trim() !== '' ? found : undefined;
  }

  /** The call has a key now. */
  take(id: string): ToolCallState | undefined {
    const [, state] = this.#open.find(([one]) => one === id) ?? [];
    this.#open = this.#open.filter(([one]) => one !== id);
    return state;
  }
}
