/** What is remembered of an item: the same for the same item, however large, and never written out as a whole. */

import { expect, it } from 'vitest';
import { fingerprint, recognisedText } from '../../src/replay/fingerprint.js';

const MIB = 1024 * 1024;

function item(url: string): Parameters<typeof recognisedText>[0] {
  return { type: 'data', data: { parts: [{ url }], n: 1 }, bytes: url.length };
}

it('is the text of a small item', () => {
  expect(recognisedText(item('x'.repeat(2000)))).toContain('x'.repeat(2000));
});

it('of a large item is short, the same each time, and another for other text', () => {
  const texts = ['x', 'x', 'y'].map((letter) => recognisedText(item(letter.repeat(MIB))));
  expect(Math.max(...texts.map((text) => text.length))).toBeLessThan(100);
  const [first, again, other] = texts.map((text) => fingerprint(text));
  expect([again === first, other === first]).toEqual([true, false]);
});
