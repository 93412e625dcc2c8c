/** Odd, cut and resumed answers of each format: the short form of `npm run fuzz`. */

import { describe, expect, it } from 'vitest';
import { runs } from '../support/effort.js';
import { wireFormats } from '../support/wires/formats.js';
import { trySeed } from '../support/wires/fuzz.js';
import type { Trial } from '../support/wires/fuzz.js';

const CASES = runs(60, 2000);

interface OpenFault {
  readonly formats: readonly string[];
  /** An oddity of the wire, or a word of the plan, without which the fault does not show. */
  readonly where: RegExp;
  readonly kinds: RegExp;
  readonly why: string;
}

/** Faults that are known and not mended yet: a row goes when its cause does. Every other fault fails the test. */
const OPEN: readonly OpenFault[] = [
  {
    formats: ['geminiInteractions', 'agUi'],
    where: /(?:last few|inclusive).*saved/,
    kinds: /other (?:text|reasoning)/,
    why: 'a new process that gets a few events from before its cursor, without the first one, cannot know them',
  },
];

describe.each(wireFormats.map((format) => [format.name, format] as const))('%s', (_, format) => {
  it('is read as it was meant, or not at all', async () => {
    const found: string[] = [];
    for (let seed = 1; seed <= CASES; seed++) {
      const trial = await trySeed(format, seed);
      for (const { kind, detail } of trial.faults)
        if (!isKnown(format.name, kind, trial))
          found.push(`seed ${seed}: ${kind}: ${detail} ${circumstances(trial)}`);
    }
    expect(found).toEqual([]);
  }, 300_000);
});

function isKnown(format: string, kind: string, trial: Trial): boolean {
  return OPEN.some(
    ({ formats, where, kinds }) =>
      formats.includes(format) && kinds.test(kind) && where.test(circumstances(trial)),
  );
}

function circumstances({ run: { exchanges, peer, reading } }: Trial): string {
  const oddities = exchanges.flatMap(({ answer }) => answer?.script.oddities ?? []);
  const resumptions = exchanges.length > 1 ? peer.resumptions.join(', ') : '';
  return `${[...new Set(oddities)].join('; ')} | ${resumptions} | ${
    reading.saveAfter === null ? '' : 'saved'
  }`;
}
