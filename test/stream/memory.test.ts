/** One budget of bytes bounds what waits in a stream, whoever holds it; and no operation costs more the more waits. */

import { describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import { ByteBudget } from '../../src/buffers/byte-budget.js';
import type { DataItem, ReconnectError, SourceItem } from '../../src/index.js';
import { ReplayGuard } from '../../src/replay/replay-guard.js';
import { eventsOf, onVirtualClock, read } from '../support/facts.js';
import { scriptedSource } from '../../src/testing/index.js';
import { END, item, range } from '../support/numbered-log.js';

const KIB = 1024;
const MIB = KIB * KIB;

describe('maxBufferedBytes', () => {
  const sizes = [
    { what: 'empty', bytes: 0, most: (256 * KIB) / 256 },
    { what: 'small', bytes: 64, most: (256 * KIB) / 256 },
    { what: 'large', bytes: 64 * KIB, most: 4 },
    { what: 'larger than the budget', bytes: 4 * MIB, most: 1 },
  ];

  it.each(sizes)(
    'stops the reading of a slow loop: items that are $what',
    async ({ bytes, most }) => {
      const batches = range(1, 1500).map((n) => [{ ...item(n), bytes }]);
      const source = scriptedSource({ script: [[...batches, [END]]] });
      const limits = { highWaterMark: 1_000_000, maxBufferedBytes: 256 * KIB };
      const { stream, clock } = onVirtualClock(source, limits);
      const iterator = stream[Symbol.asyncIterator]();
      expect((await iterator.next()).value).toBe(1);
      await clock.settle();
      expect(source.taken).toBeLessThanOrEqual(most + 2);
      let count = 1;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
        expect(next.value).toBe((count += 1));
      expect(count).toBe(1500);
    },
  );

  it('counts a parsed object for more than its text', async () => {
    const batches = range(1, 100).map((n) => [{ ...item(n), data: { n }, bytes: 10 * KIB }]);
    const source = scriptedSource({ script: [[...batches, [END]]] as never });
    const { stream, clock } = onVirtualClock(source, { maxBufferedBytes: 512 * KIB });
    await stream[Symbol.asyncIterator]().next();
    await clock.settle();
    expect(source.taken).toBeLessThanOrEqual(8);
    stream.close();
  });

  it('bounds what waits for a checkpoint: one error of kind limit, and nothing more is asked for', async () => {
    const held = range(2, 2000).map((n) => ({ type: 'data' as const, data: n, bytes: 0 }));
    const source = scriptedSource({ script: () => [[item(1)], held] });
    const limits = { delivery: 'commit', maxBufferedBytes: 256 * KIB } as const;
    const { stream, clock, heard } = onVirtualClock(source, limits);
    const { items, ended } = read(stream);
    await clock.settle();
    const error = (await ended) as ReconnectError;
    expect(error.kind).toBe('limit');
    expect(error.message).toContain('262144 bytes (maxBufferedBytes)');
    await clock.advance(600_000);
    expect(source.openings).toHaveLength(1);
    expect(eventsOf(heard, 'failed')).toHaveLength(1);
    // What was held is delivered: nobody will bring it again.
    expect(items).toEqual(range(1, items.length));
    expect(items.length).toBeGreaterThan(900);
  });

  it.each([0, 100, 64 * KIB])(
    'bounds what waits for the proof of a replay: items of %i bytes',
    (bytes) => {
      const budget = new ByteBudget(64 * KIB);
      const guard = new ReplayGuard<DataItem<number>>(undefined, budget);
      const old = range(1, 200).map((n): DataItem<number> => ({
        type: 'data',
        data: n,
        bytes,
        id: `old ${n}`,
      }));
      guard.known.add(old, 0, 200, 0);
      guard.begin(true);
      let over = 0;
      const left = old.slice(0, -1).flatMap((unit) => {
        const accepted = guard.take(unit, { cursor: 'old 200', items: 200 });
        over += budget.hold(0) ? 0 : 1;
        return accepted;
      });
      expect(left).toEqual([]);
      // One is held in any case.
      expect(over).toBe(bytes < budget.maxBytes ? 0 : 100);
      guard.leave();
      expect([budget.free, guard.skipped]).toEqual([budget.maxBytes, 199]);
    },
  );

  it('holds one item in any case', async () => {
    const big = { type: 'data' as const, data: 2, bytes: 4 * MIB };
    const source = scriptedSource({ script: [[[item(1)], [big], [item(3), END]]] });
    const limits = { delivery: 'commit', maxBufferedBytes: KIB } as const;
    const { stream, clock } = onVirtualClock(source, limits);
    const { items, ended } = read(stream);
    await clock.settle();
    expect(await ended).toBe(null);
    expect(items).toEqual([1, 2, 3]);
  });

  it('does not take a slow loop for a peer that sends no checkpoint', async () => {
    const script: SourceItem<number>[][] = [[item(1)]];
    for (let n = 2; n < 400; n += 2)
      script.push([{ type: 'data', data: n, bytes: KIB }, item(n + 1)]);
    const source = scriptedSource({ script: [[...script, [END]]] });
    const limits = { delivery: 'commit', maxBufferedBytes: 16 * KIB } as const;
    const { stream, clock } = onVirtualClock(source, limits);
    const iterator = stream[Symbol.asyncIterator]();
    const got: unknown[] = [];
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      got.push(next.value);
      await clock.settle();
    }
    expect(got).toEqual(range(1, 399));
  });

  it('bounds the arguments of calls that are open', async () => {
    const args = 'x'.repeat(64 * KIB);
    const pieces = range(1, 100).map((n) => [
      { ...item(n), toolCall: [{ id: `call ${n}`, name: 'f', args }] },
    ]);
    const source = scriptedSource({ script: () => pieces });
    const { stream, clock } = onVirtualClock(source, { maxBufferedBytes: MIB });
    const { ended } = read(stream);
    await clock.settle();
    expect(((await ended) as ReconnectError).kind).toBe('limit');
    expect(source.openings).toHaveLength(1);
  });

  it('forgets the arguments of calls that were delivered', async () => {
    const finalArgs = JSON.stringify('x'.repeat(64 * KIB));
    const calls = range(1, 100).map((n) => [
      { ...item(n), toolCall: [{ id: `call ${n}`, name: 'f', finalArgs, done: true }] },
    ]);
    const source = scriptedSource({ script: [[...calls, [END]]] });
    const { stream, clock, heard } = onVirtualClock(source, { maxBufferedBytes: MIB });
    const { ended } = read(stream);
    await clock.settle();
    expect(await ended).toBe(null);
    expect(eventsOf(heard, 'toolCall')).toHaveLength(100);
  });

  it.each([0, -1, 0.5, NaN, Infinity, '1'])('is refused where it is %s', (maxBufferedBytes) => {
    expect(() =>
      reconnectStream(scriptedSource(), { maxBufferedBytes: maxBufferedBytes as number }),
    ).toThrow(/maxBufferedBytes: expected a whole number of bytes/);
  });
});

describe('checkpoint()', () => {
  it('looks at each item once, however often it is called', async () => {
    let reads = 0;
    const size = 1000;
    const counted = range(1, size).map((n) => ({
      ...item(n),
      get bytes() {
        reads += 1;
        return 1;
      },
    }));
    const source = scriptedSource({ script: [[counted, [END]]] });
    const { stream } = onVirtualClock(source, {});
    let count = 0;
    for await (const _ of stream) {
      count += 1;
      const { cursor, streamState } = stream.checkpoint();
      expect([cursor, streamState.chunksReceived]).toEqual([String(count), count]);
      expect(streamState.bytesReceived).toBe(count);
    }
    expect(count).toBe(size);
    expect(reads).toBeLessThan(10 * size);
  });
});
