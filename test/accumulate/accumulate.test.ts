/** `accumulate()`: the value is that of the log, whatever is cut, taken back, started over or restored. */

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { accumulate, reconnectStream } from '../../src/index.js';
import type { ReconnectOptions, SourceItem } from '../../src/index.js';
import { scriptedSource, virtualClock } from '../../src/testing/index.js';
import type { ScriptedOpening } from '../../src/testing/index.js';
import { onVirtualClock } from '../support/facts.js';
import { after, bare, END, item, items, range } from '../support/numbered-log.js';

const list = {
  initial: [] as readonly number[],
  reduce: (all: readonly number[], n: number) => [...all, n],
};

/** Items of the log from one on: every `stride`th has an id. */
function log(from: number, to: number, stride: number): SourceItem<number>[] {
  return range(from, to).map((n) => (n % stride === 0 ? item(n) : bare(n)));
}

describe('the value', () => {
  it('grows with each batch, and listeners see it', async () => {
    const source = scriptedSource({ script: [[items(1, 2)]] });
    const { stream, clock } = onVirtualClock(source);
    const value = accumulate(stream, list);
    const seen: unknown[] = [];
    const stop = value.subscribe(() => seen.push(value.getSnapshot()));
    await clock.settle();
    source.push([item(3)]);
    await clock.settle();
    stop();
    source.push([item(4), END]);
    await clock.settle();
    expect(seen).toEqual([
      [1, 2],
      [1, 2, 3],
    ]);
    expect(await value.done).toEqual([1, 2, 3, 4]);
    expect(value.getSnapshot()).toBe(value.getSnapshot());
  });

  it('is that of the log, wherever an eager stream is cut, and so is one that goes on in a new process', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 6 }),
        fc.integer({ min: 0, max: 8000 }),
        async (count, stride, cuts, savedAtMs) => {
          const script = (from: number, nth: number): ScriptedOpening<number> => {
            const cut = cuts[nth];
            return cut === undefined
              ? [[...log(from, count, stride), END]]
              : [log(from, Math.min(count, from + cut), stride), 'drop'];
          };
          const make = (options: Pick<ReconnectOptions, 'checkpoint'>, first: number) =>
            onVirtualClock(
              scriptedSource<number>({
                script: (at, nth) => script(after(at) + 1, nth + first),
              }),
              { maxAttempts: Infinity, ...options },
            );
          const { stream, clock } = make({}, 0);
          const whole = accumulate(stream, list);
          await clock.advance(savedAtMs);
          const saved = JSON.parse(JSON.stringify(whole.save())) as ReturnType<typeof whole.save>;
          await clock.advance(120_000);
          expect(await whole.done).toEqual(range(1, count));
          const next = make({ checkpoint: saved.checkpoint }, 3);
          const rest = accumulate(next.stream, { ...list, saved });
          await next.clock.advance(120_000);
          expect(await rest.done).toEqual(range(1, count));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('begins anew where the stream does, also behind a saved one', async () => {
    const source = scriptedSource<number>({
      resume: 'replay',
      script: [[[bare(1), bare(2)], 'drop'], [[bare(1), bare(2), bare(3), END]]],
    });
    const { stream, clock } = onVirtualClock(source);
    const value = accumulate(stream, {
      ...list,
      saved: { value: [9], checkpoint: stream.checkpoint() },
    });
    await clock.settle();
    expect(value.getSnapshot()).toEqual([9, 1, 2]);
    await clock.advance(2000);
    expect(await value.done).toEqual([1, 2, 3]);
  });

  it('goes on where a stream that failed is retried by hand, at once or later', async () => {
    for (const atOnce of [true, false]) {
      const source = scriptedSource<number>({ script: [[items(1, 2), 'drop'], [[item(3), END]]] });
      const { stream, clock } = onVirtualClock(source, { maxAttempts: 0 });
      const value = accumulate(stream, list);
      if (atOnce) stream.on('failed', () => queueMicrotask(() => stream.retryNow()));
      await clock.settle();
      if (!atOnce) {
        expect([stream.state, await value.done]).toEqual(['failed', [1, 2]]);
        stream.retryNow();
        await clock.settle();
      }
      expect(await value.done).toEqual([1, 2, 3]);
    }
  });

  it('stands where `reduce` throws: the stream is closed, and the error is there', async () => {
    const source = scriptedSource({ script: [[items(1, 3)]] });
    const { stream, clock } = onVirtualClock(source);
    const value = accumulate(stream, {
      initial: 0,
      reduce: (sum: number, n: number) => {
        if (n === 3) throw new Error('three');
        return sum + n;
      },
    });
    const listener = vi.fn();
    value.subscribe(listener);
    await clock.settle();
    expect(value.error).toMatchObject({ kind: 'callback', cause: { message: 'three' } });
    expect([await value.done, (await stream.done).status, source.live]).toEqual([3, 'closed', 0]);
    expect(listener).toHaveBeenCalled();
  });
});

describe('listeners', () => {
  it('are notified once in throttleMs: of the first change at once, of the last one in the end', async () => {
    const clock = virtualClock();
    const source = scriptedSource<number>({ script: [[]] });
    const stream = reconnectStream(source, { clock });
    const value = accumulate(stream, { ...list, throttleMs: 100, clock });
    const seen: number[] = [];
    value.subscribe(() => seen.push(value.getSnapshot().length));
    await clock.settle();
    for (const n of range(1, 50)) {
      source.push([item(n)]);
      await clock.advance(10);
    }
    expect(seen.length).toBeLessThanOrEqual(6);
    source.push([item(51), END]);
    await clock.settle();
    expect(seen.at(-1)).toBe(51);
  });

  it('that throw affect nobody else', async () => {
    const source = scriptedSource({ script: [[[item(1), END]]] });
    const { stream, clock } = onVirtualClock(source);
    const value = accumulate(stream, list);
    const other = vi.fn();
    value.subscribe(() => {
      throw new Error('a listener');
    });
    value.subscribe(other);
    await clock.settle();
    expect(other).toHaveBeenCalled();
    expect(await value.done).toEqual([1]);
  });

  it('leave nothing open when the store is disposed', async () => {
    const source = scriptedSource({ script: [[items(1, 2)]] });
    const { stream, clock } = onVirtualClock(source);
    const value = accumulate(stream, list);
    await clock.settle();
    await value[Symbol.asyncDispose]();
    expect([stream.state, source.live, clock.armed]).toEqual(['closed', 0, 0]);
  });
});

it('wrong options are refused with what to write', () => {
  const stream = reconnectStream(scriptedSource<number>());
  const wrongly = (options: object) => () => accumulate(stream, options as typeof list);
  expect(wrongly({ initial: 0 })).toThrow('reduce');
  expect(wrongly({ ...list, throttleMs: -1 })).toThrow('throttleMs');
});
