/** Planned ends of a connection: at once from the cursor, without an attempt, and no faster than the stream may ask. */

import { describe, expect, it } from 'vitest';
import type { ReconnectOptions, SourceItem } from '../../src/index.js';
import { scriptedSource } from '../../src/testing/index.js';
import type { ScriptedSource, ScriptedStep } from '../../src/testing/index.js';
import { eventsOf, onVirtualClock, read } from '../support/facts.js';
import { END, bare, item, range } from '../support/numbered-log.js';

const ROTATE: SourceItem<never> = { type: 'rotate' };

/** A log of numbered items: each connection gives the next `size`, and then does `then`. */
function log(
  then: readonly ScriptedStep<number>[],
  { size = 1, last = Infinity } = {},
): ScriptedSource<number> {
  return scriptedSource<number>({
    script: ({ cursor = '0' }) => {
      const from = Number(cursor) + 1;
      const items = range(from, Math.min(last, from + size - 1)).map((n) => item(n));
      return from + size > last ? [[...items, END]] : [items, ...then];
    },
  });
}

describe('a rotate item', () => {
  it('leads to the next connection at once, from the cursor, and spends no attempt', async () => {
    const source = log([[ROTATE]], { size: 2, last: 6 });
    const { stream, clock, heard } = onVirtualClock(source);
    const { items, ended } = read(stream);
    await clock.settle();
    expect(await ended).toBe(null);
    expect(items).toEqual(range(1, 6));
    expect(source.openings.map(({ cursor }) => cursor)).toEqual([undefined, '2', '4']);
    expect(eventsOf(heard, 'rotated')).toEqual([{ type: 'rotated' }, { type: 'rotated' }]);
    expect(heard.filter(({ type }) => type === 'waiting' || type === 'dropped')).toEqual([]);
    expect(
      eventsOf(heard, 'connected').map(({ attempts, resumed }) => [attempts, resumed]),
    ).toEqual([
      [0, false],
      [0, true],
      [0, true],
    ]);
    expect((await stream.done).attempts).toBe(0);
  });

  it('is followed after the items of its batch', async () => {
    const source = scriptedSource<number>({
      script: (_, nth) => (nth === 0 ? [[item(1), ROTATE, item(2)]] : [[END]]),
    });
    const { stream, clock } = onVirtualClock(source);
    const { items } = read(stream);
    await clock.settle();
    expect(items).toEqual([1, 2]);
    expect(source.openings[1]?.cursor).toBe('2');
  });

  it('with afterMs is read on until then', async () => {
    const source = log([[{ type: 'rotate', afterMs: 5000 }]]);
    const { stream, clock } = onVirtualClock(source);
    const { items } = read(stream);
    await clock.advance(4999);
    source.push([item(2)]);
    await clock.settle();
    expect([items, source.openings.length]).toEqual([[1, 2], 1]);
    await clock.advance(1);
    expect(source.openings.map(({ cursor }) => cursor)).toEqual([undefined, '2']);
    stream.close();
    expect(clock.armed).toBe(0);
  });

  it.each(['eof', 'drop'] as const)('with afterMs explains an earlier %s', async (end) => {
    const source = log([[{ type: 'rotate', afterMs: 5000 }], end], { last: 2 });
    const { stream, clock, heard } = onVirtualClock(source);
    const { items, ended } = read(stream);
    await clock.settle();
    expect(await ended).toBe(null);
    expect(items).toEqual([1, 2]);
    expect(heard.map(({ type }) => type)).not.toContain('dropped');
    expect(eventsOf(heard, 'rotated')).toHaveLength(1);
  });

  it('explains no error of another kind', async () => {
    const source = log([[{ type: 'rotate', afterMs: 5000 }], { throws: new Error('a bug') }]);
    const { stream, clock, heard } = onVirtualClock(source);
    read(stream);
    await clock.settle();
    expect(eventsOf(heard, 'rotated')).toEqual([]);
    expect(eventsOf(heard, 'dropped')).toHaveLength(1);
    stream.close();
  });

  it.each([-1, Number.NaN, '5'])(
    'whose afterMs is %s is an error of the source',
    async (afterMs) => {
      const source = log([[{ type: 'rotate', afterMs } as SourceItem<number>]]);
      const { stream, clock } = onVirtualClock(source);
      const { ended } = read(stream);
      await clock.settle();
      expect(await ended).toMatchObject({ kind: 'protocol' });
    },
  );

  it('restarts no work: what cannot go on fails', async () => {
    const source = scriptedSource<number>({
      resume: 'none',
      reopen: 'restarts-work',
      script: () => [[bare(1), ROTATE]],
    });
    const { stream, clock } = onVirtualClock(source);
    const { ended } = read(stream);
    await clock.settle();
    expect(await ended).toMatchObject({ kind: 'not-resumable' });
    expect(source.openings).toHaveLength(1);
  });

  it('leaves a feed with a gap', async () => {
    const source = scriptedSource<number>({
      resume: 'live',
      script: (_, nth) => (nth === 0 ? [[bare(1), ROTATE]] : [[bare(2)]]),
    });
    const { stream, clock, heard } = onVirtualClock(source);
    const { items } = read(stream);
    await clock.settle();
    expect(items).toEqual([1, 2]);
    expect(eventsOf(heard, 'gap')).toEqual([{ type: 'gap', from: null, to: null }]);
    stream.close();
  });

  it('keeps what an outage has spent, and is free although nothing is left', async () => {
    const source = scriptedSource<number>({
      script: (_, nth) => (nth < 2 ? ['drop'] : nth === 2 ? [[ROTATE]] : [[item(1)]]),
    });
    const { stream, clock, heard } = onVirtualClock(source, { maxAttempts: 2 });
    read(stream);
    await clock.advance(3000);
    expect(eventsOf(heard, 'attemptStarted').map(({ attempt }) => attempt)).toEqual([0, 1, 2, 2]);
    expect(stream.snapshot).toMatchObject({ state: 'connected', attempt: 0 });
    stream.close();
  });
});

describe('planned ends in a loop', () => {
  const options: ReconnectOptions = { random: () => 0, jitter: 'spread' };
  const run = (source: ScriptedSource<number>, more: ReconnectOptions = {}) => {
    const { clock: _clock, ...rest } = { ...options, ...more };
    return onVirtualClock(source, rest);
  };

  it('without data grow the waits, and spend the budget', async () => {
    const source = scriptedSource<number>({ script: () => [[ROTATE]] });
    const { stream, clock, heard } = run(source);
    stream.start();
    await clock.advance(3000);
    expect(source.openings.length).toBeLessThanOrEqual(6);
    await clock.advance(120_000);
    expect(eventsOf(heard, 'failed').map(({ kind }) => kind)).toEqual(['exhausted']);
    expect(eventsOf(heard, 'waiting').map(({ delayMs }) => delayMs)).toEqual([
      2500, 2500, 4000, 8000, 16_000,
    ]);
  });

  it('with data are slowed down to what a lost connection would wait', async () => {
    const source = log([[ROTATE]]);
    const { stream, clock, heard } = run(source);
    const { items } = read(stream);
    await clock.advance(3000);
    expect(source.openings.length).toBeLessThanOrEqual(6);
    await clock.advance(57_000);
    expect(source.openings.length).toBeLessThanOrEqual(30);
    expect(items).toEqual(range(1, source.openings.length));
    expect(eventsOf(heard, 'failed')).toEqual([]);
    stream.close();
  });

  it('come no faster than the server itself has asked', async () => {
    const source = scriptedSource<number>({
      script: (_, nth) => [[{ type: 'retry', ms: 5000 }, item(nth + 1), ROTATE]],
    });
    const { stream, clock } = run(source);
    read(stream);
    await clock.advance(60_000);
    expect(source.openings.length).toBeLessThanOrEqual(3 + 12);
    stream.close();
  });

  it('come no faster than once a second without data, however short the waits are', async () => {
    const source = scriptedSource<number>({ script: () => [[ROTATE]] });
    const none = { initialBackoffMs: 0, maxBackoffMs: 0, maxAttempts: Infinity };
    const { stream, clock } = run(source, none);
    stream.start();
    await clock.advance(10_000);
    expect(source.openings.length).toBeLessThanOrEqual(13);
    stream.close();
  });

  it('that keep their distance are free for ever', async () => {
    const source = scriptedSource<number>({
      script: () => [[{ type: 'rotate', afterMs: 10_000 }]],
    });
    const { stream, clock, heard } = run(source);
    stream.start();
    await clock.advance(20 * 60_000);
    expect(source.openings).toHaveLength(121);
    expect(eventsOf(heard, 'waiting')).toEqual([]);
    stream.close();
  });
});

describe('rotateAfterMs', () => {
  it('leaves each connection at that age, and costs nothing', async () => {
    const source = scriptedSource<number>({ script: () => [] });
    const { stream, clock, heard } = onVirtualClock(source, { rotateAfterMs: 500 });
    stream.start();
    await clock.advance(60_000);
    expect(source.openings).toHaveLength(121);
    expect(eventsOf(heard, 'rotated')).toHaveLength(120);
    expect(eventsOf(heard, 'attemptStarted').every(({ attempt }) => attempt === 0)).toBe(true);
    stream.close();
    expect(clock.armed).toBe(0);
  });

  it('gives way to an end that the peer announces', async () => {
    const source = log([[{ type: 'rotate', afterMs: 100 }]]);
    const { stream, clock } = onVirtualClock(source, { rotateAfterMs: 50_000 });
    read(stream);
    await clock.advance(100);
    expect(source.openings).toHaveLength(2);
    stream.close();
  });
});
