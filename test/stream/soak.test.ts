/** Hours of drops (a day with `LONG_TESTS=1`), one a second, under a virtual clock: nothing piles up. */

import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import { scriptedSource, virtualClock } from '../../src/testing/index.js';
import type { ScriptedSource } from '../../src/testing/index.js';
import { after, items } from '../support/numbered-log.js';
import { runs } from '../support/effort.js';

const HOURS = runs(2, 24);
const DROPS = HOURS * 3600;
const A_SECOND = 1_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

it(
  `${DROPS} reconnects leave one timer, one listener, and the heap as it was`,
  { timeout: 300_000 },
  async () => {
    const clock = virtualClock();
    const controller = new AbortController();
    const source: ScriptedSource<number> = scriptedSource({
      script: (at) => [items(after(at) + 1, after(at) + 1), 'drop'],
    });
    const stream = reconnectStream(source, {
      clock,
      signal: controller.signal,
      initialBackoffMs: A_SECOND,
      // Else a server that ends at once is asked every 2.5 s.
      maxBackoffMs: A_SECOND,
      jitter: 'none',
    });
    let [last, drops, waits] = [0, 0, 0];
    stream.on('dropped', () => void drops++);
    stream.on('waiting', ({ delayMs }) => {
      expect(delayMs).toBe(A_SECOND);
      waits++;
    });
    void (async () => {
      for await (const n of stream) {
        if (n !== last + 1) throw new Error(`expected ${last + 1}, got ${n}`);
        last = n;
      }
    })();
    let before = 0;
    for (let hour = 0; hour < HOURS; hour++) {
      await clock.advance((DROPS / HOURS) * A_SECOND);
      // Openings are kept by the test, not by the stream.
      (source.openings as unknown[]).length = 0;
      expect(clock.armed).toBeLessThanOrEqual(1);
      expect(getEventListeners(controller.signal, 'abort').length).toBeLessThanOrEqual(1);
      expect(source.live).toBeLessThanOrEqual(1);
      // The first hour is for the compiler.
      if (hour === 0) before = heapBytes();
    }
    expect(heapBytes() - before).toBeLessThan(1_000_000);
    expect(drops).toBeGreaterThanOrEqual(DROPS);
    expect([last - drops, waits - drops]).toEqual([expect.closeTo(0, 0), expect.closeTo(0, 0)]);
    expect(stream.snapshot.streamState.chunksReceived).toBe(last);
    stream.close();
    await clock.settle();
    expect([clock.armed, getEventListeners(controller.signal, 'abort').length]).toEqual([0, 0]);
  },
);
