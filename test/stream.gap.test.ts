/** A server that takes the cursor and then leaves items out is told of, where ids tell. */

import { describe, expect, it } from 'vitest';
import { eventsOf, onVirtualClock, read } from './support/facts.js';
import { END, item, memorySource } from './support/memory-source.js';

describe('ids that tell what is missing', () => {
  const follows = (previous: string, next: string): boolean =>
    Number(next) === Number(previous) + 1;

  it('lead to a gap event after a reconnect that skips, and the stream goes on', async () => {
    const script = [[[item(1), item(2)], 'drop'], [[item(5), item(6), END]]] as const;
    const source = Object.assign(memorySource({ script }), { contiguous: follows });
    const { stream, clock, heard } = onVirtualClock(source);
    const { items: got, ended } = read(stream);
    await clock.advance(1000);
    expect(await ended).toBe(null);
    expect(got).toEqual([1, 2, 5, 6]);
    expect(eventsOf(heard, 'gap')).toEqual([{ type: 'gap', from: '2', to: '5' }]);
  });

  it('lead to one in the middle of a connection too, and to none where nothing is missing', async () => {
    const script = [[[item(1), item(2), item(4)], 'drop'], [[item(4), item(5), END]]] as const;
    const source = Object.assign(memorySource({ script }), { contiguous: follows });
    const { stream, clock, heard } = onVirtualClock(source);
    const { items: got, ended } = read(stream);
    await clock.advance(1000);
    expect(await ended).toBe(null);
    expect(got).toEqual([1, 2, 4, 5]);
    expect(eventsOf(heard, 'gap')).toEqual([{ type: 'gap', from: '2', to: '4' }]);
  });
});
