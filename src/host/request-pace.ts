/** Counts the further requests of a connection, such as long polls, toward the pace of the stream. */

import type { SourceClock } from '../../machines/source-contract.js';

export interface RequestPace {
  readonly clock: SourceClock;
  /** Counts a request, and returns how long it has to wait, in ms. */
  readonly take: () => number;
}

const paces = new WeakMap<AbortSignal, RequestPace>();

/** @param signal the signal that the source of the connection receives */
export function setPace(signal: AbortSignal, pace: RequestPace): void {
  paces.set(signal, pace);
}

/** Counts another request of the connection, and returns how long it has to wait, in ms. */
export function takeRequest(signal: AbortSignal): number {
  return paces.get(signal)?.take() ?? 0;
}

/** Waits until another request of the connection may be sent, or the signal aborts. */
export async function nextRequest(signal: AbortSignal): Promise<void> {
  const pace = paces.get(signal);
  const ms = takeRequest(signal);
  if (pace !== undefined && ms > 0) await pause(ms, pace.clock, signal);
}

/** Waits this many ms, or until the signal aborts. */
export function pause(ms: number, clock: SourceClock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clock.clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
