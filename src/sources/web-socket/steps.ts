/** Waits for the steps of a connection's start, but no longer than the connection lasts. */

import type { SourceError } from '../shared/source-error.js';

interface Step {
  resolve(): void;
  reject(failure: SourceError): void;
}

export class Steps {
  #waiting = new Set<Step>();
  #failure: SourceError | null = null;

  /** Resolves with the next `pass`; rejects once the connection is over. */
  next(): Promise<void> {
    const failure = this.#failure;
    return failure === null
      ? new Promise((resolve, reject) => this.#waiting.add({ resolve, reject }))
      : Promise.reject(failure);
  }

  /** Settles with the work, or earlier when the connection ends. */
  during<R>(work: PromiseLike<R>): Promise<R> {
    return Promise.race([work, this.next() as Promise<never>]);
  }

  pass(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const step of waiting) step.resolve();
  }

  fail(failure: SourceError): void {
    this.#failure = failure;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const step of waiting) step.reject(failure);
  }
}
