/** How an answer ended, as far as the peer has said so: the same rules in all provider formats. */

import type { EndOutcome } from '../../../machines/source-contract.js';
import { ReconnectError } from '../../../machines/errors.js';

export class ResponseEnd {
  /** Null while the answer goes on, and again when it goes on after its end. */
  outcome: EndOutcome | null = null;
  isOver = false;
  /** The peer's word for it. */
  word: string | null = null;
  #said: EndOutcome | null = null;

  /** The peer says how the answer ended. Of two words for one answer the worse holds. */
  say(outcome: EndOutcome, word?: unknown): void {
    const holds = this.#said !== null && this.#said !== 'complete' ? this.#said : outcome;
    this.outcome = this.#said = holds;
    if (typeof word === 'string' && (holds === outcome || this.word === null)) this.word = word;
  }

  /** Something of the answer comes after its end: that was not the end. */
  goOn(): void {
    this.outcome = null;
  }

  /** Another part of the answer begins, with an end of its own. */
  startOver(): void {
    this.outcome = this.#said = this.word = null;
    this.isOver = false;
  }

  /** The last marker of the protocol. Without a word before it nobody knows whether the answer is whole. */
  finish(): void {
    this.outcome ??= this.#said ?? 'incomplete';
    this.isOver = true;
  }

  /** Something of it is missing, whatever the peer says. */
  spoil(): void {
    if (this.#said === 'complete') this.#said = 'incomplete';
    if (this.outcome === 'complete') this.outcome = 'incomplete';
  }
}

/** A gateway that asked a second time, and sends that answer behind the first. */
export function secondAnswer(): ReconnectError {
  return new ReconnectError(
    'protocol',
    'the peer began a second answer in the stream of the first: nobody can know which one is whole',
  );
}
