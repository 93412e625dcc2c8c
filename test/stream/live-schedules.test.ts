/** Random schedules of a feed: what came while it was away is missing, and a gap stands in its place; nothing else is. */

import { expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import { scriptedSource, seededRandom, virtualClock } from '../../src/testing/index.js';
import { runs } from '../support/effort.js';
import { bare, item } from '../support/numbered-log.js';

const SCHEDULES = runs(60, 10_000);

it(
  'miss nothing without a gap, and double nothing, in any of them',
  { timeout: runs(240_000, 1_800_000) },
  async () => {
    const seen = { gaps: 0, missed: 0, rotated: 0 };
    for (let seed = 1; seed <= SCHEDULES; seed++) {
      const random = seededRandom(seed);
      const clock = virtualClock();
      const withIds = random() < 0.5;
      const source = scriptedSource<number>({ resume: 'live' });
      const reportsUpToDate = random() < 0.5;
      const stream = reconnectStream(Object.assign(source, { reportsUpToDate }), {
        clock,
        random,
        delivery: random() < 0.5 ? 'commit' : 'eager',
        maxAttempts: 1000,
        initialBackoffMs: 50,
        maxBackoffMs: 200,
        stallTimeoutMs: 2000,
      });
      const log: (number | 'gap')[] = [];
      const others: string[] = [];
      stream.on('gap', ({ from, to }) => {
        expect([from, to]).toEqual([null, null]);
        log.push('gap');
      });
      stream.on('rotated', () => void (seen.rotated += 1));
      for (const type of ['restarted', 'reset', 'replayed', 'failed'] as const)
        stream.on(type, () => others.push(type));
      const isByBatches = random() < 0.5;
      const reading = (async () => {
        if (isByBatches) for await (const batch of stream.batches()) log.push(...batch);
        else for await (const n of stream) log.push(n);
      })();
      await clock.settle();
      let said = 0;
      for (let step = 0; step < 60; step++) {
        const dice = random();
        const isOpen = source.live > 0 && stream.state === 'connected';
        if (dice < 0.6) {
          said += 1;
          if (isOpen) source.push([withIds ? item(said) : bare(said)]);
        } else if (dice < 0.68 && isOpen) source.push('drop');
        else if (dice < 0.74 && isOpen) source.push([{ type: 'rotate' }]);
        else if (dice < 0.78 && isOpen) source.push([{ type: 'rotate', afterMs: 100 }]);
        else if (dice < 0.8 && isOpen) source.push([{ type: 'upToDate' }]);
        else if (dice < 0.82) stream.pause();
        else if (dice < 0.9) stream.resume();
        else if (dice < 0.92) stream.retryNow();
        await clock.advance(dice < 0.95 ? Math.floor(random() * 60) : 3000);
      }
      stream.resume();
      for (let n = 0; n < 400 && stream.state !== 'connected'; n++) await clock.advance(50);
      source.push([withIds ? item(++said) : bare(++said)]);
      await clock.settle();
      stream.close();
      await reading;

      let last = 0;
      let hasGap = false;
      for (const entry of log) {
        if (entry === 'gap') {
          hasGap = true;
          seen.gaps += 1;
          continue;
        }
        expect([seed, entry]).toEqual([seed, hasGap ? expect.any(Number) : last + 1]);
        expect(entry).toBeGreaterThan(last);
        seen.missed += entry - last - 1;
        last = entry;
        hasGap = false;
      }
      expect([seed, last, others, clock.armed]).toEqual([seed, said, [], 0]);
    }
    // There was enough of each for this to mean something.
    expect(seen.gaps).toBeGreaterThan(SCHEDULES);
    expect(seen.missed).toBeGreaterThan(SCHEDULES);
    expect(seen.rotated).toBeGreaterThan(SCHEDULES);
  },
);
