/** `liveWithHistory()`: whatever is cut and whatever comes meanwhile, each item once and in order, or a gap. */

import { describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import type { SourceItem } from '../../src/index.js';
import { liveWithHistory } from '../../src/sources/index.js';
import type { LiveWithHistoryOptions } from '../../src/sources/index.js';
import { scriptedSource, virtualClock } from '../../src/testing/index.js';
import type { ScriptedSource } from '../../src/testing/index.js';
import { seededRandom } from '../../src/testing/seeded-random.js';
import { runs } from '../support/effort.js';
import { eventsOf, onVirtualClock, read, record } from '../support/facts.js';
import { bare, range } from '../support/numbered-log.js';

function joined(
  live: ScriptedSource<number>,
  history: LiveWithHistoryOptions<number>['history'],
  more: Partial<LiveWithHistoryOptions<number>> = {},
): ReturnType<typeof liveWithHistory<number>> {
  return liveWithHistory({ live, history, idOf: String, ...more });
}

describe('liveWithHistory()', () => {
  it('gives what was, then what came meanwhile, then what comes', async () => {
    let answer: (list: number[]) => void = () => {};
    const live = scriptedSource<number>({ resume: 'live', script: () => [[bare(3), bare(4)]] });
    const source = joined(live, () => new Promise((resolve) => (answer = resolve)));
    const { stream, clock, heard } = onVirtualClock(source);
    const { items } = read(stream);
    await clock.advance(100);
    expect([items, stream.snapshot.isCatchingUp]).toEqual([[], true]);
    answer([1, 2, 3]);
    await clock.settle();
    live.push([bare(5)]);
    await clock.settle();
    expect(items).toEqual([1, 2, 3, 4, 5]);
    expect(eventsOf(heard, 'caughtUp')).toEqual([{ type: 'caughtUp', items: 3, ms: 100 }]);
    expect(stream.snapshot.isCatchingUp).toBe(false);
    stream.close();
    expect(live.live).toBe(0);
  });

  it('fetches again after each drop, and reports no gap where the list reaches back', async () => {
    const live = scriptedSource<number>({ resume: 'live' });
    const lists = [range(1, 5), range(3, 9)];
    const asked: unknown[] = [];
    const source = joined(live, ({ lastId, signal }) => {
      asked.push([lastId, signal.aborted]);
      return lists.shift() ?? [];
    });
    const { stream, clock, heard } = onVirtualClock(source);
    const { items } = read(stream);
    await clock.settle();
    live.push([bare(6)]);
    await clock.settle();
    live.push('drop');
    await clock.advance(1000);
    expect(items).toEqual(range(1, 9));
    expect(asked).toEqual([
      [undefined, false],
      ['6', false],
    ]);
    expect(heard.filter(({ type }) => ['gap', 'restarted', 'replayed'].includes(type))).toEqual([]);
    expect(live.openings.map(({ cursor }) => cursor)).toEqual([undefined, undefined]);
    stream.close();
  });

  it.each([
    [range(10, 12), '10'],
    [[], null],
  ])('reports a gap where the list does not reach back: %j', async (list, to) => {
    const live = scriptedSource<number>({ resume: 'live' });
    const lists = [range(1, 5), list];
    const { stream, clock, heard } = onVirtualClock(joined(live, () => lists.shift() ?? []));
    const { items } = read(stream);
    await clock.settle();
    live.push('drop');
    await clock.advance(1000);
    expect(eventsOf(heard, 'gap')).toEqual([{ type: 'gap', from: '5', to }]);
    expect(items).toEqual([...range(1, 5), ...list]);
    stream.close();
  });

  it('goes on from a checkpoint in another process', async () => {
    const first = onVirtualClock(
      joined(scriptedSource<number>({ resume: 'live' }), () => range(1, 5)),
    );
    read(first.stream);
    await first.clock.settle();
    const checkpoint = JSON.stringify(first.stream.checkpoint());
    first.stream.close();
    const source = joined(scriptedSource<number>({ resume: 'live' }), () => range(1, 8));
    const { stream, clock, heard } = onVirtualClock(source, { checkpoint });
    const { items } = read(stream);
    await clock.settle();
    expect(items).toEqual([6, 7, 8]);
    expect(eventsOf(heard, 'gap')).toEqual([]);
    stream.close();
  });

  it('takes a history that fails, or does not come, for a drop', async () => {
    const live = scriptedSource<number>({ resume: 'live' });
    const turns = [
      () => Promise.reject(new Error('down')),
      () => new Promise<number[]>(() => {}),
      () => [1],
    ];
    const source = joined(live, () => (turns.shift() ?? (() => []))());
    const { stream, clock, heard } = onVirtualClock(source);
    const { items } = read(stream);
    await clock.advance(40_000);
    expect(items).toEqual([1]);
    expect(eventsOf(heard, 'dropped').map(({ reason }) => reason)).toEqual(['source', 'network']);
    expect(live.live).toBe(1);
    stream.close();
  });

  it.each([
    [{ history: () => 'x' }, 'history'],
    [{ idOf: () => 5 }, 'idOf'],
    [
      {
        idOf: () => {
          throw new Error('a bug');
        },
      },
      'idOf threw',
    ],
  ])('says which function is wrong, and does not try again: %s', async (options, word) => {
    const live = scriptedSource<number>({ resume: 'live' });
    const source = joined(live, () => [1], options as never);
    const { stream, clock } = onVirtualClock(source);
    const { ended } = read(stream);
    await clock.settle();
    expect(await ended).toMatchObject({
      kind: 'callback',
      message: expect.stringContaining(word) as string,
    });
    expect(live.openings).toHaveLength(1);
  });

  it('bounds what waits for the history', async () => {
    const live = scriptedSource<number>({ resume: 'live' });
    const source = joined(live, () => new Promise(() => {}), { maxItems: 10 });
    const { stream, clock, heard } = onVirtualClock(source);
    read(stream);
    await clock.settle();
    live.push(range(1, 11).map((n) => bare(n)));
    await clock.settle();
    expect(eventsOf(heard, 'dropped').map(({ reason }) => reason)).toEqual(['limit']);
    stream.close();
  });

  it.each([
    [{}, 'live'],
    [{ live: scriptedSource() }, 'history'],
    [{ live: scriptedSource(), history: () => [] }, 'idOf'],
    [{ live: scriptedSource(), history: () => [], idOf: String, maxItems: 0 }, 'maxItems'],
    [{ live: scriptedSource(), history: () => [], idOf: String, max: 1 }, 'knows'],
  ])('refuses wrong options: %s', (options, word) => {
    expect(() => liveWithHistory(options as never)).toThrow(
      expect.objectContaining({ kind: 'config', message: expect.stringContaining(word) as string }),
    );
  });
});

it('random cuts, slow lists and overlaps: each item once, in order', async () => {
  for (let seed = 1; seed <= runs(60, 2000); seed++) {
    const random = seededRandom(seed);
    const log: number[] = [];
    const live = scriptedSource<number>({ resume: 'live' });
    const clock = virtualClock();
    const source = joined(
      live,
      () =>
        new Promise((resolve) => {
          const list = [...log];
          clock.setTimeout(() => resolve(list), Math.floor(random() * 50));
        }),
    );
    const stream = reconnectStream(source, { clock, initialBackoffMs: 20, random });
    const heard = record(stream);
    const { items } = read(stream);
    await clock.settle();
    for (let step = 0; step < 40; step++) {
      const dice = random();
      if (dice < 0.5) {
        const item: SourceItem<number> = bare(log.length + 1);
        log.push(log.length + 1);
        if (live.live > 0) live.push([item]);
      } else if (dice < 0.6 && live.live > 0) live.push('drop');
      await clock.advance(Math.floor(random() * 20));
    }
    await clock.advance(2000);
    expect([seed, items]).toEqual([seed, log]);
    expect([seed, eventsOf(heard, 'gap')]).toEqual([seed, []]);
    stream.close();
  }
});
