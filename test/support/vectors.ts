/** What was recorded from the seed: `fixtures/vectors.json`. */

import { readFileSync } from 'node:fs';
import type { WireConfig, WireEvent, WireState, WireStreamState } from '../../src/wire/index.js';

export interface BackoffRow {
  readonly config: WireConfig;
  readonly attempt: number;
  readonly delay_ms: number;
}

/** A call of the seed's manager by its Rust name, and what could be seen after it. */
export interface TraceStep {
  readonly command: readonly [name: string, ...args: (string | number)[]];
  readonly returns: number | null;
  readonly events: readonly WireEvent[];
  readonly state: WireState;
  readonly attempt_count: number;
  readonly can_retry: boolean;
  readonly can_resume: boolean;
  readonly stream_state: WireStreamState;
}

export interface Trace {
  readonly config: WireConfig;
  readonly steps: readonly TraceStep[];
}

const file = new URL('../fixtures/vectors.json', import.meta.url);

export const vectors = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly backoff: readonly BackoffRow[];
  readonly traces: readonly Trace[];
};
