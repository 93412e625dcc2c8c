/** Reports the events of the stream as notes. */

import type { ReconnectingStream } from '../../index.js';
import { duration } from '../terminal/view.js';
import type { Label, ViewEvent } from '../terminal/view.js';

export interface Reporter {
  readonly show: (event: ViewEvent) => void;
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
}

export interface Outages {
  /** Call it for each chunk that the consumer receives: the first one ends an outage. */
  chunk(number: number): void;
  /** Number of outages that ended. */
  resumes(): number;
}

/** An open connection alone ends no outage, since a server may accept and close. A new chunk does. */
export function reportOutages(
  stream: ReconnectingStream<unknown>,
  { show, now }: Reporter,
): Outages {
  let resumes = 0;
  let brokenAt: number | undefined;
  let reconnected = false;
  let state = '';
  let maxAttempts = 0;
  // The reason of a lost connection is in `dropped`; of one that never opened, only in `waiting`.
  let hasReason = false;
  const note = (label: Label, text: string): void => show({ type: 'note', label, text });
  stream.subscribe(() => {
    if (stream.state === state) return;
    state = stream.state;
    show({ type: 'state', state });
  });
  stream.on('attemptStarted', (event) => void (maxAttempts = event.maxAttempts));
  stream.on('waiting', ({ delayMs, attempt, reason }) => {
    if (!hasReason) note('refused', refusal(reason));
    hasReason = false;
    const text = `${duration(delayMs)}, then attempt ${attempt} of ${maxAttempts}`;
    show({ type: 'note', label: 'waiting', text, lastsMs: delayMs });
  });
  stream.on('dropped', ({ reason, message }) => {
    brokenAt ??= now();
    reconnected = false;
    hasReason = true;
    note('dropped', `${reason}: ${message}`);
  });
  stream.on('connected', ({ attempts }) => {
    reconnected = brokenAt !== undefined;
    note('connected', attempts === 0 ? 'first connection' : `at attempt ${attempts}`);
  });
  stream.on('restarted', ({ why }) => note('notice', `restarted: ${why}`));
  stream.on('gap', ({ from, to }) => note('notice', `gap from ${from} to ${to}`));
  return { chunk, resumes: () => resumes };

  function chunk(number: number): void {
    if (!reconnected || brokenAt === undefined) return;
    resumes += 1;
    note('resumed', `with chunk ${number}, ${duration(now() - brokenAt)} after the line broke`);
    brokenAt = undefined;
    reconnected = false;
  }

  function refusal(reason: string): string {
    const { error } = stream.snapshot;
    return error?.kind === reason ? `${reason}: ${error.message}` : reason;
  }
}
