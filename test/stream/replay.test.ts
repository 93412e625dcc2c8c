/** What a server sends again, and what an aborted signal forbids. */

import { describe, expect, it } from 'vitest';
import { onVirtualClock, read } from '../support/facts.js';
import { scriptedSource } from '../../src/testing/index.js';
import { END, bare, item } from '../support/numbered-log.js';

describe('a replay from the start', () => {
  it('that opens with an item without an id is left out whole', async () => {
    const script = [
      [[bare(1), item(2), item(3)], 'drop'],
      [[bare(1), item(2), item(3), item(4), END]],
    ] as const;
    const { stream, clock } = onVirtualClock(scriptedSource({ script }));
    const { items: got, ended } = read(stream);
    await clock.advance(1000);
    expect(await ended).toBe(null);
    expect(got).toEqual([1, 2, 3, 4]);
  });
});

describe('a stream that starts over', () => {
  const reset = { type: 'reset', scope: 'all', why: 'another run' } as const;

  it('has no cursor until the new run gives one', async () => {
    const script = [[[item(7), item(8)], [reset], 'drop'], [[item(1), item(2), END]]] as const;
    const source = scriptedSource({ script });
    const { stream, clock } = onVirtualClock(source);
    const { items: got, ended } = read(stream);
    await clock.advance(1000);
    expect(await ended).toBe(null);
    expect(got).toEqual([7, 8, 1, 2]);
    expect(source.openings.map(({ cursor }) => cursor)).toEqual([undefined, undefined]);
  });

  it('takes ids for new that the run before had, too', async () => {
    const source = scriptedSource({
      script: [[[item(1), item(2)], [], [reset, item(1), item(2), END]]],
    });
    const { stream, clock } = onVirtualClock(source);
    const { items: got } = read(stream);
    await clock.advance(0);
    expect(got).toEqual([1, 2, 1, 2]);
  });
});

describe('a signal that is aborted', () => {
  it.each(['retryNow', 'resume'] as const)('lets %s() send no request', async (command) => {
    const source = scriptedSource({ script: () => [[END]] });
    const { stream } = onVirtualClock(source, { signal: AbortSignal.abort() });
    stream.pause();
    stream[command]();
    expect((await stream.done).status).toBe('closed');
    expect(source.openings).toEqual([]);
  });

  it('closes a failed stream that is tried again', async () => {
    const controller = new AbortController();
    const source = scriptedSource({ script: () => [[item(1)], 'drop'] });
    const { stream, clock } = onVirtualClock(source, { signal: controller.signal, maxAttempts: 0 });
    stream.start();
    await clock.settle();
    expect(stream.state).toBe('failed');
    controller.abort();
    stream.retryNow();
    expect(stream.state).toBe('closed');
    expect(source.openings).toHaveLength(1);
  });
});
