/** `stallTimeoutMs: 'auto'`, and a limit of something between that shows by the age of lost connections. */

import { describe, expect, it } from 'vitest';
import type { SourceItem } from '../../src/index.js';
import { scriptedSource } from '../../src/testing/index.js';
import type { ScriptedSource, VirtualClock } from '../../src/testing/index.js';
import { eventsOf, onVirtualClock, read } from '../support/facts.js';
import { range } from '../support/numbered-log.js';

const ALIVE: readonly SourceItem<number>[] = [{ type: 'alive' }];

async function pings(
  source: ScriptedSource<number>,
  clock: VirtualClock,
  { count, everyMs }: { count: number; everyMs: number },
): Promise<void> {
  for (const _ of range(1, count)) {
    await clock.advance(everyMs);
    source.push(ALIVE);
  }
  await clock.settle();
}

/** Silence until it is taken for a stall, after pings like that. */
async function windowAfter(count: number, everyMs: number): Promise<number | undefined> {
  const source = scriptedSource<number>({ resume: 'live' });
  const { stream, clock, heard } = onVirtualClock(source, { stallTimeoutMs: 'auto' });
  read(stream);
  await clock.settle();
  await pings(source, clock, { count, everyMs });
  await clock.advance(200_000);
  stream.close();
  return eventsOf(heard, 'stalled')[0]?.silentMs;
}

describe("stallTimeoutMs: 'auto'", () => {
  it.each([
    [0, 0, 120_000],
    [3, 15_000, 120_000],
    [4, 15_000, 37_500],
    [20, 30_000, 75_000],
    [20, 100, 10_000],
    [20, 100_000, 120_000],
  ])(
    'after %i pings each %i ms takes %i ms of silence for a stall',
    async (count, every, window) => {
      expect(await windowAfter(count, every)).toBe(window);
    },
  );

  it('keeps what it learned for the next connection', async () => {
    const source = scriptedSource<number>({ resume: 'live' });
    const { stream, clock, heard } = onVirtualClock(source, { stallTimeoutMs: 'auto' });
    read(stream);
    await clock.settle();
    await pings(source, clock, { count: 5, everyMs: 10_000 });
    source.push('drop');
    await clock.advance(1000 + 24_999);
    expect(eventsOf(heard, 'stalled')).toEqual([]);
    await clock.advance(1);
    expect(eventsOf(heard, 'stalled').map(({ silentMs }) => silentMs)).toEqual([25_000]);
    stream.close();
  });

  it('takes no hold-up of the consumer for the silence of the peer', async () => {
    const source = scriptedSource<number>({ resume: 'live' });
    const options = { stallTimeoutMs: 'auto', highWaterMark: 1 } as const;
    const { stream, clock, heard } = onVirtualClock(source, options);
    const batches = stream.batches();
    const first = batches.next();
    await clock.settle();
    await pings(source, clock, { count: 5, everyMs: 10_000 });
    source.push([{ type: 'data', data: 1, bytes: 1 }]);
    source.push([{ type: 'data', data: 2, bytes: 1 }]);
    await first;
    await clock.advance(100_000);
    await batches.next();
    void batches.next();
    await clock.advance(25_000);
    expect(eventsOf(heard, 'stalled').map(({ silentMs }) => silentMs)).toEqual([25_000]);
    stream.close();
  });
});

describe('connections that are lost at the same age', () => {
  /** Loses one connection after the other, at these ages. */
  async function loseAt(ages: readonly number[], how: 'drop' | 'silence'): Promise<string[]> {
    const source = scriptedSource<number>({ resume: 'live' });
    const options = { stallTimeoutMs: 20_000, initialBackoffMs: 1000 };
    const { stream, clock, heard } = onVirtualClock(source, options);
    read(stream);
    await clock.settle();
    for (const [nth, age] of ages.entries()) {
      await pings(source, clock, { count: 10, everyMs: age / 10 });
      if (how === 'drop') source.push('drop');
      else await clock.advance(20_000);
      await clock.settle();
      // Until the next one is open.
      for (let ms = 0; source.openings.length < nth + 2 && ms < 60_000; ms += 100)
        await clock.advance(100);
    }
    stream.close();
    return eventsOf(heard, 'diagnostic').map(({ code, message }) => `${code}: ${message}`);
  }

  it.each(['drop', 'silence'] as const)('show a limit of something between, by %s', async (how) => {
    const told = await loseAt([60_000, 60_400, 59_600, 60_000, 60_000], how);
    expect(told).toEqual([expect.stringMatching(/^proxy-limit: .* 59\.6 s.*rotateAfterMs: 53000/)]);
  });

  it.each([
    ['two of them', [60_000, 60_000]],
    ['ages that differ', [60_000, 50_000, 60_000, 50_000, 60_000]],
    ['ages that drift', [60_000, 60_700, 61_400, 62_100]],
    ['short ones', [2000, 2000, 2000, 2000]],
  ])('but not %s', async (_, ages) => {
    expect(await loseAt(ages, 'drop')).toEqual([]);
  });

  it('nor our own stall of a connection that never gave a sign', async () => {
    const source = scriptedSource<number>({ resume: 'live' });
    const { stream, clock, heard } = onVirtualClock(source);
    read(stream);
    await clock.advance(600_000);
    expect(eventsOf(heard, 'stalled').length).toBeGreaterThan(5);
    expect(eventsOf(heard, 'diagnostic')).toEqual([]);
    stream.close();
  });
});
