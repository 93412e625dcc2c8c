/** Odd, cut and resumed answers of each format: the short form of `npm run fuzz`. */

import { describe, expect, it } from 'vitest';
import { runs } from '../support/effort.js';
import { wireFormats } from '../support/wires/formats.js';
import { trySeed } from '../support/wires/fuzz.js';
import type { Trial } from '../support/wires/fuzz.js';

const CASES = runs(60, 2000);

describe.each(wireFormats.map((format) => [format.name, format] as const))('%s', (_, format) => {
  it('is read as it was meant, or not at all', async () => {
    const found: string[] = [];
    for (let seed = 1; seed <= CASES; seed++) {
      const trial = await trySeed(format, seed);
      for (const { kind, detail } of trial.faults)
        found.push(`seed ${seed}: ${kind}: ${detail} ${circumstances(trial)}`);
    }
    expect(found).toEqual([]);
  }, 300_000);
});

function circumstances({ run: { exchanges, peer, reading } }: Trial): string {
  const oddities = exchanges.flatMap(({ answer }) => answer?.script.oddities ?? []);
  const resumptions = exchanges.length > 1 ? peer.resumptions.join(', ') : '';
  return `${[...new Set(oddities)].join('; ')} | ${resumptions} | ${
    reading.saveAfter === null ? '' : 'saved'
  }`;
}
