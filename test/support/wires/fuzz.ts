/** Draws answers of a format until one is read wrongly, and makes that one small. */

import { repeatedChoices, seededChoices } from './choices.js';
import type { Choices } from './choices.js';
import type { WireFormat } from './format.js';
import { judge } from './oracle.js';
import type { Fault } from './oracle.js';
import { runWire } from './run.js';
import type { Run } from './run.js';

export interface Trial {
  readonly run: Run;
  readonly faults: readonly Fault[];
  readonly drawn: readonly number[];
}

export async function tryChoices(format: WireFormat, choices: Choices): Promise<Trial> {
  const run = await runWire(format, choices);
  return { run, faults: judge(format, run), drawn: choices.drawn };
}

export function trySeed(format: WireFormat, seed: number): Promise<Trial> {
  return tryChoices(format, seededChoices(seed));
}

/** So many smaller cases are tried at most. */
const MAX_TRIALS = 400;

/** A list of draws that is shorter and has smaller numbers, and still gives a fault of this kind. */
export async function shrink(format: WireFormat, trial: Trial, kind: string): Promise<Trial> {
  let best = trial;
  let left = MAX_TRIALS;
  for (let before = Infinity; weightOf(best) < before && left > 0;) {
    before = weightOf(best);
    for (const list of smallerLists(best.drawn)) {
      if (weightOf({ drawn: list }) >= weightOf(best)) continue;
      if (left-- <= 0) break;
      const next = await tryChoices(format, repeatedChoices(list));
      if (next.faults.some((fault) => fault.kind === kind) && weightOf(next) < weightOf(best))
        best = next;
    }
  }
  return best;
}

function weightOf({ drawn }: { readonly drawn: readonly number[] }): number {
  return (
    drawn.reduce((sum, one) => sum + (one === 0 ? 0 : 100 + Math.log2(one)), 0) +
    drawn.length / 1000
  );
}

function* smallerLists(list: readonly number[]): Generator<readonly number[]> {
  for (const size of [64, 16, 4, 2, 1]) {
    for (let at = 0; at < list.length; at += size) {
      if (list.slice(at, at + size).every((one) => one === 0)) continue;
      yield list.map((one, n) => (n >= at && n < at + size ? 0 : one));
      yield [...list.slice(0, at), ...list.slice(at + size)];
    }
  }
  for (const [at, one] of list.entries()) {
    if (one === 0) continue;
    for (const less of new Set([1, one >> 1, one - 1])) if (less < one) yield list.with(at, less);
  }
}
