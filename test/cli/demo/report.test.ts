import { describe, expect, it } from 'vitest';
import { ReconnectError } from '../../../machines/errors.js';
import { compare } from '../../../src/cli/demo/compare.js';
import { report } from '../../../src/cli/demo/report.js';
import type { ScriptEvent } from '../../../src/cli/demo/script.js';

const [a, b, c] = ['a', 'b', 'c'].map((data, index) => ({ id: String(index + 1), data })) as [
  ScriptEvent,
  ScriptEvent,
  ScriptEvent,
];
const sent = [a, b, c];

describe('compare', () => {
  it.each([
    { name: 'all of it', received: [a, b, c], found: {} },
    { name: 'one missing in the middle', received: [a, c], found: { lost: 1 } },
    { name: 'the tail missing', received: [a], found: { lost: 2 } },
    { name: 'nothing at all', received: [], found: { lost: 3 } },
    { name: 'one twice', received: [a, b, b, c], found: { duplicated: 1 } },
    { name: 'the whole twice', received: [a, b, c, a, b, c], found: { duplicated: 3 } },
    { name: 'one lost and one twice', received: [a, a, c], found: { lost: 1, duplicated: 1 } },
    { name: 'two swapped', received: [b, a, c], found: { outOfOrder: 1 } },
    {
      name: 'half of one',
      received: [a, { id: '2', data: '' }, c],
      found: { lost: 1, foreign: 1 },
    },
  ])('sees $name', ({ received, found }) => {
    const none = { lost: 0, duplicated: 0, foreign: 0, outOfOrder: 0 };
    const whole = Object.keys(found).length === 0;
    expect(compare(sent, received)).toEqual({ ...none, ...found, whole });
  });
});

describe('report', () => {
  const run = {
    faults: 5,
    resumes: 3,
    elapsedMs: 12_340,
    outcome: { status: 'complete', drops: 4 },
  } as const;

  it('is good only if all came once and in order', () => {
    expect(report({ ...run, sent, received: sent })).toEqual({
      good: true,
      line: 'done in 12.3 s: 3 chunks, 5 faults, 4 drops, 3 resumes, 0 lost, 0 duplicated',
    });
  });

  it('is not good after a loss, a duplicate or a swap, however complete the stream says it is', () => {
    expect(report({ ...run, sent, received: [a, c] })).toEqual({
      good: false,
      line: 'not whole after 12.3 s: 2 chunks, 5 faults, 4 drops, 3 resumes, 1 lost, 0 duplicated',
    });
    expect(report({ ...run, sent, received: [a, b, b, c] }).good).toBe(false);
    expect(report({ ...run, sent, received: [b, a, c] }).line).toContain('1 out of order');
  });

  it('is not good if the stream did not come to its end, even if nothing is missing', () => {
    const error = new ReconnectError('exhausted', '5 attempts');
    const outcome = { status: 'failed', error, drops: 4 } as const;
    const { good, line } = report({ ...run, sent, received: sent, outcome });
    expect(good).toBe(false);
    expect(line).toMatch(/^failed \(exhausted: 5 attempts\) after 12\.3 s: /u);
  });
});
