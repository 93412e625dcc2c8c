/** Feeds: no history, often silent, open for ever. What proves one healthy, and what a drop of one means. */

import { describe, expect, it } from 'vitest';
import type { SourceItem, StreamSource } from '../../src/index.js';
import { scriptedSource } from '../../src/testing/index.js';
import type { ScriptedOpening, ScriptedSource } from '../../src/testing/index.js';
import { eventsOf, onVirtualClock, read } from '../support/facts.js';
import type { OnVirtualClock } from '../support/facts.js';
import { bare, item } from '../support/numbered-log.js';

const MINUTE = 60_000;
const ALIVE: readonly SourceItem<number>[] = [{ type: 'alive' }];

function feed(opening: ScriptedOpening<number> = []): ScriptedSource<number> {
  return scriptedSource<number>({ resume: 'live', script: () => opening });
}

/** Starts the stream and ends each of its connections `ms` after it was opened, for `totalMs`. */
async function cutEvery(
  source: ScriptedSource<number>,
  { stream, clock }: OnVirtualClock<number>,
  { ms, totalMs }: { ms: number; totalMs: number },
): Promise<void> {
  const until = clock.now() + totalMs;
  stream.on('connected', () => clock.setTimeout(() => source.push('drop'), ms));
  read(stream);
  while (clock.now() < until && stream.state !== 'failed') await clock.advance(ms);
}

describe("a source with resume: 'live'", () => {
  it('goes on with what comes, and reports a gap without a place instead of a restart', async () => {
    const source = feed([[bare(1), item(2)], 'drop']);
    const { stream, clock, heard } = onVirtualClock(source, { maxAttempts: 2 });
    const { items } = read(stream);
    await clock.advance(2000);
    expect(items).toEqual([1, 2, 1, 2, 1, 2]);
    expect(stream.snapshot.resumePlan.action).toBe('resume');
    expect(eventsOf(heard, 'gap')).toEqual([
      { type: 'gap', from: null, to: null },
      { type: 'gap', from: null, to: null },
    ]);
    const others = ['restarted', 'replayed', 'diagnostic', 'reset'];
    expect(heard.filter(({ type }) => others.includes(type))).toEqual([]);
    stream.close();
  });

  it('reports a gap after a pause too, and none before the first connection', async () => {
    const opening = (nth: number): ScriptedOpening<number> =>
      nth === 0 ? { refuses: new Error('down') } : [];
    const source = scriptedSource<number>({
      resume: 'live',
      script: (_, nth) => opening(nth),
    });
    const { stream, clock, heard } = onVirtualClock(source);
    stream.start();
    await clock.advance(5000);
    expect([stream.state, eventsOf(heard, 'gap')]).toEqual(['connected', []]);
    stream.pause();
    stream.resume();
    await clock.settle();
    expect(eventsOf(heard, 'gap')).toHaveLength(1);
    stream.close();
  });

  it('goes on with a gap from a checkpoint, in another process', async () => {
    const first = onVirtualClock(feed([[bare(1)]]));
    read(first.stream);
    await first.clock.settle();
    const checkpoint = JSON.stringify(first.stream.checkpoint());
    first.stream.close();
    const { stream, clock, heard } = onVirtualClock(feed(), { checkpoint });
    stream.start();
    await clock.settle();
    expect(eventsOf(heard, 'gap')).toHaveLength(1);
    expect(eventsOf(heard, 'restarted')).toEqual([]);
    stream.close();
  });

  it('reports no gap where the source fills it', async () => {
    const source = Object.assign(feed([[bare(1)], 'drop']), { fillsGaps: true });
    const { stream, clock, heard } = onVirtualClock(source, { maxAttempts: 1 });
    read(stream);
    await clock.advance(3000);
    expect(eventsOf(heard, 'connected').length).toBeGreaterThan(1);
    expect(eventsOf(heard, 'gap')).toEqual([]);
    stream.close();
  });
});

describe('a feed is healthy', () => {
  const HOUR = 60 * MINUTE;

  it('after 30 s with a sign of life: a proxy that cuts each minute is outlasted', async () => {
    const source = feed([ALIVE]);
    const on = onVirtualClock<number>(source, { stallTimeoutMs: null });
    await cutEvery(source, on, { ms: MINUTE, totalMs: 2 * HOUR });
    expect(on.stream.state).not.toBe('failed');
    expect(eventsOf(on.heard, 'failed')).toEqual([]);
    expect(source.openings.length).toBeLessThanOrEqual(2 * 60 + 1);
    expect(new Set(eventsOf(on.heard, 'waiting').map(({ attempt }) => attempt))).toEqual(
      new Set([1]),
    );
    on.stream.close();
  });

  it('not before: signs of life for 29 s spend the budget, and the waits grow', async () => {
    const source = feed([ALIVE]);
    const on = onVirtualClock<number>(source);
    await cutEvery(source, on, { ms: 29_000, totalMs: HOUR });
    expect(on.stream.state).toBe('failed');
    expect(source.openings).toHaveLength(6);
    expect(eventsOf(on.heard, 'waiting').map(({ delayMs }) => delayMs)).toEqual([
      1000, 2000, 4000, 8000, 16_000,
    ]);
  });

  it.each([
    ['maxBackoffMs', { maxBackoffMs: 50_000 }, 45_000, 'failed'],
    ['maxBackoffMs', { maxBackoffMs: 40_000 }, 41_000, 'alive'],
    ['aliveAfterMs', { aliveAfterMs: 44_000 }, 43_000, 'failed'],
    ['aliveAfterMs', { aliveAfterMs: 1000, maxBackoffMs: 1000 }, 1000, 'alive'],
    ['no uptime', { aliveAfterMs: null }, 44_000, 'failed'],
    ['resetAfterMs', { resetAfterMs: 500, maxBackoffMs: 600 }, 700, 'alive'],
  ] as const)('without any sign once it outlived %s: %o', async (_, options, ms, expected) => {
    const source = feed();
    const on = onVirtualClock<number>(source, { ...options, stallTimeoutMs: null });
    await cutEvery(source, on, { ms, totalMs: 20 * ms });
    expect(on.stream.state === 'failed' ? 'failed' : 'alive').toBe(expected);
    on.stream.close();
  });

  it('with any item, also one that came before', async () => {
    const source = feed([[bare(1)], 'drop']);
    const { stream, clock, heard } = onVirtualClock(source);
    read(stream);
    await clock.advance(MINUTE);
    expect(eventsOf(heard, 'failed')).toEqual([]);
    // As often as any server may be asked.
    expect(source.openings.length).toBeGreaterThan(24);
    expect(source.openings.length).toBeLessThanOrEqual(30);
    stream.close();
  });

  it('and a command that leaves it keeps that: retryNow() starts again from 0', async () => {
    const source = scriptedSource<number>({
      resume: 'live',
      script: (_, nth) => (nth < 3 ? ['drop'] : [ALIVE]),
    });
    const { stream, clock } = onVirtualClock(source);
    stream.start();
    await clock.advance(8000);
    expect(stream.snapshot).toMatchObject({ state: 'connected', attempt: 3 });
    await clock.advance(31_000);
    stream.retryNow();
    await clock.settle();
    expect(stream.snapshot).toMatchObject({ state: 'connected', attempt: 0 });
    stream.close();
  });
});

describe('silence of a feed', () => {
  it('for two hours, with all defaults, is no reason to give it up: one request for each stall', async () => {
    const source = feed();
    const { stream, clock, heard } = onVirtualClock(source);
    stream.start();
    await clock.advance(120 * MINUTE);
    expect(eventsOf(heard, 'failed')).toEqual([]);
    expect(source.openings.length).toBeLessThanOrEqual(eventsOf(heard, 'stalled').length + 1);
    expect(eventsOf(heard, 'waiting').every(({ attempt }) => attempt === 1)).toBe(true);
    stream.close();
  });

  it('under a window that is too short to prove anything costs no attempt, and the waits grow', async () => {
    const source = feed();
    const { stream, clock, heard } = onVirtualClock(source, { stallTimeoutMs: 1000 });
    stream.start();
    await clock.advance(10 * MINUTE);
    expect(eventsOf(heard, 'failed')).toEqual([]);
    const delays = eventsOf(heard, 'waiting').map(({ delayMs }) => delayMs);
    expect(delays.slice(0, 6)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000]);
    stream.close();
  });

  it('of an answer spends its budget as before', async () => {
    const source = scriptedSource<number>({ script: () => [] });
    const { stream, clock, heard } = onVirtualClock(source);
    stream.start();
    await clock.advance(10 * MINUTE);
    expect(eventsOf(heard, 'failed').map(({ kind }) => kind)).toEqual(['exhausted']);
  });
});

describe('accepting and hanging up', () => {
  const options = { random: () => 0, jitter: 'spread' } as const;

  it.each<[string, ScriptedOpening<number>]>([
    ['at once', ['eof']],
    ['after a sign of life', [ALIVE, 'eof']],
  ])('%s is no health: at most 6 requests in 3 s, then the budget is spent', async (_, opening) => {
    const source = feed(opening);
    const { stream, clock, heard } = onVirtualClock(source, options);
    stream.start();
    await clock.advance(3000);
    expect(source.openings.length).toBeLessThanOrEqual(6);
    await clock.advance(MINUTE);
    expect(eventsOf(heard, 'failed')).toHaveLength(1);
    expect(source.openings).toHaveLength(6);
  });

  it('after an item costs no attempt, and the waits grow all the same', async () => {
    const source = feed([[bare(1)], 'eof']);
    const { stream, clock, heard } = onVirtualClock(source, options);
    read(stream);
    await clock.advance(3000);
    expect(source.openings.length).toBeLessThanOrEqual(4);
    await clock.advance(MINUTE);
    expect(eventsOf(heard, 'failed')).toEqual([]);
    const waits = eventsOf(heard, 'waiting').map(({ delayMs }) => delayMs);
    expect(waits.slice(0, 4)).toEqual([0, 625, 1093, 1445]);
    expect(waits.at(-1)).toBeGreaterThan(2400);
    expect(source.openings.length).toBeLessThanOrEqual(30);
    stream.close();
  });

  it('for an hour without a limit of attempts keeps the longest waits', async () => {
    const source = feed([ALIVE, 'eof']);
    const { stream, clock } = onVirtualClock(source, { ...options, maxAttempts: Infinity });
    stream.start();
    await clock.advance(60 * MINUTE);
    expect(source.openings.length).toBeLessThanOrEqual(60 * 2 + 6);
    stream.close();
  });
});

describe('a source that is a feed as long as no id comes', () => {
  function withoutIds(script: (nth: number) => ScriptedOpening<number>): StreamSource<number> {
    const source = scriptedSource<number>({ script: (_, nth) => script(nth) });
    return Object.assign(source, { liveWithoutIds: true });
  }

  it('says so once, and reports the gaps', async () => {
    const source = withoutIds(() => [[bare(1)], 'drop']);
    const { stream, clock, heard } = onVirtualClock(source);
    read(stream);
    await clock.advance(5000);
    expect(eventsOf(heard, 'diagnostic').map(({ code }) => code)).toEqual(['no-ids']);
    expect(eventsOf(heard, 'gap')[0]).toEqual({ type: 'gap', from: null, to: null });
    expect(eventsOf(heard, 'restarted')).toEqual([]);
    stream.close();
  });

  it('resumes from the first id on', async () => {
    const source = withoutIds((nth) =>
      nth === 0 ? [[bare(1)], 'drop'] : nth === 1 ? [[item(2)], 'drop'] : [[item(3)]],
    );
    const { stream, clock, heard } = onVirtualClock(source);
    const { items } = read(stream);
    await clock.advance(5000);
    expect(items).toEqual([1, 2, 3]);
    expect(eventsOf(heard, 'gap')).toHaveLength(1);
    expect((source as ScriptedSource<number>).openings.map(({ cursor }) => cursor)).toEqual([
      undefined,
      undefined,
      '2',
    ]);
    stream.close();
  });

  it('reports nothing where nothing came before the drop', async () => {
    const source = withoutIds((nth) => (nth === 0 ? ['drop'] : [[item(1)]]));
    const { stream, clock, heard } = onVirtualClock(source);
    read(stream);
    await clock.advance(5000);
    expect(heard.filter(({ type }) => type === 'gap' || type === 'diagnostic')).toEqual([]);
    stream.close();
  });
});
