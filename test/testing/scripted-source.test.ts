/** What cannot be meant is refused, where it would be another fault than was wanted. */

import { describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import { scriptedSource, seededRandom, virtualClock } from '../../src/testing/index.js';
import { read } from '../support/facts.js';
import { END, item, items } from '../support/numbered-log.js';

describe('a scripted source', () => {
  it('plays its script, records where it was asked to resume, and is silent after it', async () => {
    const clock = virtualClock();
    const source = scriptedSource<number>({
      script: [
        [items(1, 2), 'drop'],
        'no answer',
        { refuses: new Error('no') },
        [[item(3)], 'eof'],
      ],
    });
    const stream = reconnectStream(source, { clock, random: seededRandom(1) });
    const { items: got, ended } = read(stream);
    await clock.advance(60_000);
    expect(got).toEqual([1, 2, 3]);
    expect(source.openings.map(({ cursor }) => cursor)).toEqual([undefined, '2', '2', '2', '3']);
    expect([source.live, source.taken]).toEqual([1, 3]);
    source.push([item(4), END]);
    await clock.settle();
    expect(await ended).toBe(null);
    expect([got.at(-1), source.live]).toEqual([4, 0]);
  });

  it.each([
    [['drop'], "script[0]: expected a list of steps, 'no answer' or { refuses }"],
    [[[], null], 'script[1]: expected a list of steps'],
    [[['EOF']], "step: expected a list of items, 'eof', 'drop' or { throws }"],
  ])('refuses the script %j', (script, message) => {
    expect(() => scriptedSource({ script: script as never })).toThrow(message);
  });

  it('takes a step only for a connection that was made', () => {
    expect(() => scriptedSource().push('eof')).toThrow('push() needs a connection');
  });
});
