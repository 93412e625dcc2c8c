/** How a response ended, as far as the peer has said so: the same rules in all provider formats. */

import type { EndOutcome } from '../../../machines/source-contract.js';
import { ReconnectError } from '../../../machines/errors.js';

export class ResponseEnd {
  /** Null while the response goes on, and again if it goes on after its end. */
  outcome: EndOutcome | null = null;
  isOver = false;
  /** The peer's word for the end. */
  word: string | null = null;
  #said: EndOutcome | null = null;

  /** Notes how the response ended. Of two words for one response the worse one holds. */
  say(outcome: EndOutcome, word?: unknown): void {
    const holds = this.#said !== null && this.#said !== 'complete' ? this.#said : outcome;
    this.outcome = this.#said = holds;
    if (typeof word === 'string' && (holds === outcome || this.word === null)) this.word = word;
  }

  /** Takes the end back: more of the response came after it. */
  goOn(): void {
    this.outcome = null;
  }

  /** Begins another part of the response, with an end of its own. */
  startOver(): void {
    this.outcome = this.#said = this.word = null;
    this.isOver = false;
  }

  /** Notes the last marker of the protocol. Without a finish reason before it the response may be incomplete. */
  finish(): void {
    this.outcome ??= this.#said ?? 'incomplete';
    this.isOver = true;
  }

  /** Notes that something is missing, whatever the peer says. */
  spoil(): void {
    if (this.#said === 'complete') this.#said = 'incomplete';
    if (this.outcome === 'complete') this.outcome = 'incomplete';
  }
}

/** The error for a gateway that retried, and sends a second response after the first. */
export function secondAnswer(): ReconnectError {
  return new ReconnectError(
    'protocol',
    'the peer began a second answer in the stream of the first: nobody can know which one is whole',
  );
}
