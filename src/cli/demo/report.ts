/** The last line of the demo: whether everything that was sent arrived. */

import type { StreamOutcome } from '../../index.js';
import { compare } from './compare.js';
import type { Comparison } from './compare.js';
import type { ScriptEvent } from './script.js';
import { seconds } from '../terminal/view.js';

export interface Run {
  readonly sent: readonly ScriptEvent[];
  readonly received: readonly ScriptEvent[];
  readonly outcome: Pick<StreamOutcome, 'status' | 'error' | 'drops'>;
  /** Number of faults that happened. */
  readonly faults: number;
  /** Number of outages that ended with a new chunk. */
  readonly resumes: number;
  readonly elapsedMs: number;
}

export interface Report {
  /** True if the stream is complete, and every event arrived once and in order. */
  readonly good: boolean;
  readonly line: string;
}

export function report(run: Run): Report {
  const { sent, received, outcome, faults, resumes, elapsedMs } = run;
  const comparison = compare(sent, received);
  const good = comparison.whole && outcome.status === 'complete';
  const head = good ? 'done in' : `${reason(outcome)} after`;
  const counts = [
    many(received.length, 'chunk'),
    many(faults, 'fault'),
    many(outcome.drops, 'drop'),
    many(resumes, 'resume'),
    ...differences(comparison),
  ];
  return { good, line: `${head} ${seconds(elapsedMs)}: ${counts.join(', ')}` };
}

function many(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function reason({ status, error }: Run['outcome']): string {
  if (status === 'complete') return 'not whole';
  return error === undefined ? status : `${status} (${error.kind}: ${error.message})`;
}

function differences({ lost, duplicated, foreign, outOfOrder }: Comparison): string[] {
  return [
    `${lost} lost`,
    `${duplicated} duplicated`,
    ...(foreign > 0 ? [`${foreign} not on the list`] : []),
    ...(outOfOrder > 0 ? [`${outOfOrder} out of order`] : []),
  ];
}
