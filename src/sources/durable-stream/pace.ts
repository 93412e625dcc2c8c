/** How often a server is asked that has nothing new. */

import type { ResumePoint, SourceClock } from '../../../machines/source-contract.js';
import { abortedFailure } from '../http/response/network-error.js';

/** Between the starts of two requests that bring nothing, in ms: 24 a minute once the first few are over. */
const FIRST_MS = 500;
const LONGEST_MS = 2500;

/**
 * A long poll that ends without news is planned and costs no attempt. A server that answers sooner than it should is
 * asked less and less often; whoever waits half a minute, as the protocol suggests, is asked again at once.
 */
export class Pace {
  #spacingMs: number;

  constructor({ attempt }: ResumePoint) {
    this.#spacingMs = attempt === 0 ? FIRST_MS : LONGEST_MS;
  }

  /** How long to wait behind a request that brought nothing and took so long. */
  waitAfter(elapsedMs: number): number {
    const wait = Math.max(0, this.#spacingMs - elapsedMs);
    this.#spacingMs = Math.min(LONGEST_MS, this.#spacingMs * 2);
    return wait;
  }
}

/** Waits so long. @throws OpenFailure when the signal aborts. */
export function pause(ms: number, clock: SourceClock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clock.clearTimeout(timer);
      reject(abortedFailure(signal));
    };
    const timer = clock.setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
