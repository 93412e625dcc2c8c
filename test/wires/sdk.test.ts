/** Whole answers, odd ones among them, read by us and by the vendors' own clients: differences have names. */

import { describe, expect, it } from 'vitest';
import { runs } from '../support/effort.js';
import { wireFormats } from '../support/wires/formats.js';
import { sdkReaders } from '../support/wires/sdk-readers.js';
import { compareSeed } from '../support/wires/sdk.js';

const CASES = runs(25, 20_000);

describe.each(Object.keys(sdkReaders))('%s', (name) => {
  it(
    'gives what the client gives, or is more careful',
    { timeout: 60_000 + CASES * 50 },
    async () => {
      const format = wireFormats.find((one) => one.name === name)!;
      const unnamed: number[] = [];
      let same = 0;
      for (let seed = 1; seed <= CASES; seed++) {
        const { name: difference } = await compareSeed(format, sdkReaders[name]!, seed);
        if (difference === undefined) unnamed.push(seed);
        if (difference === null) same++;
      }
      expect(unnamed).toEqual([]);
      expect(same).toBeGreaterThan(CASES / 4);
    },
  );
});
