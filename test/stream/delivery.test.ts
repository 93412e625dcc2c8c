/** One consumer, a bounded queue, and every way in which reading ends. */

import { describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import type { ReconnectError, SourceItem } from '../../src/index.js';
import { eventsOf, inState, once, onVirtualClock, read } from '../support/facts.js';
import { scriptedSource } from '../../src/testing/index.js';
import { END, item, items, range } from '../support/numbered-log.js';

describe('a slow consumer', () => {
  it.each([1, 10, 64])('slows the source: not read beyond %i and one batch', async (mark) => {
    const size = 5;
    const batches = range(0, 99).map((n) => items(n * size + 1, (n + 1) * size));
    const source = scriptedSource({ script: [[...batches, [END]]] });
    const { stream, clock } = onVirtualClock(source, { highWaterMark: mark });
    let handedOut = 0;
    for await (const n of stream) {
      expect(n).toBe((handedOut += 1));
      await clock.settle();
      expect(source.taken - handedOut).toBeLessThanOrEqual(mark - 1 + size);
    }
    expect(handedOut).toBe(500);
  });

  it('is not taken for a stall, and the stall timeout counts again from when it reads', async () => {
    const source = scriptedSource({ script: [[items(1, 4)]] });
    const { stream, clock, heard } = onVirtualClock(source, {
      highWaterMark: 2,
      stallTimeoutMs: 1000,
      progressTimeoutMs: 1500,
    });
    const iterator = stream[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    await clock.advance(60_000);
    expect(stream.state).toBe('connected');
    for (const value of [2, 3, 4]) expect(await iterator.next()).toEqual({ done: false, value });
    await clock.advance(999);
    expect(eventsOf(heard, 'stalled')).toEqual([]);
    await clock.advance(2);
    expect(eventsOf(heard, 'stalled')).toHaveLength(1);
    stream.close();
  });
});

describe('reading', () => {
  it('gives the batches of the wire by batches(), and single items by for await', async () => {
    const script = () => [items(1, 3), [], items(4, 5), [item(6), END]] as const;
    const batches: (readonly number[])[] = [];
    for await (const batch of reconnectStream(scriptedSource({ script })).batches())
      batches.push(batch);
    expect(batches.flat()).toEqual(range(1, 6));
    expect(batches.length).toBeLessThanOrEqual(4);
    expect(batches.every((batch) => batch.length > 0)).toBe(true);
    expect(await all(scriptedSource({ script }))).toEqual(range(1, 6));
  });

  it.each(['break', 'throw', 'return()'])('that ends by %s closes the stream', async (how) => {
    const source = scriptedSource({ script: [[items(1, 3)]] });
    const stream = reconnectStream(source);
    const loop = async (): Promise<void> => {
      for await (const one of stream) {
        if (how === 'break') break;
        if (how === 'throw') throw new Error(`at ${one}`);
      }
    };
    if (how === 'throw') await expect(loop()).rejects.toThrow('at 1');
    else if (how === 'break') await loop();
    else {
      const iterator = stream[Symbol.asyncIterator]();
      await iterator.next();
      expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
    }
    expect((await stream.done).status).toBe('closed');
    expect(source.live).toBe(0);
  });

  it('by two consumers is a typed error for the second, and the first goes on', async () => {
    const stream = reconnectStream(scriptedSource({ script: [[items(1, 3), [END]]] }));
    const first = stream[Symbol.asyncIterator]();
    expect(await first.next()).toEqual({ done: false, value: 1 });
    for (const second of [() => stream[Symbol.asyncIterator](), () => stream.batches()])
      expect(kindThrown(second)).toBe('usage');
    expect(await first.next()).toEqual({ done: false, value: 2 });
    stream.close();
  });

  it('by two next() at a time is a typed error for the second', async () => {
    const source = scriptedSource();
    const stream = reconnectStream(source);
    const iterator = stream[Symbol.asyncIterator]();
    const first = iterator.next();
    await expect(iterator.next()).rejects.toMatchObject({ kind: 'usage' });
    await inState(stream, 'connected');
    source.push([item(1)]);
    expect(await first).toEqual({ done: false, value: 1 });
    stream.close();
  });

  it.each(['close', 'end', 'failure'])('after a %s gives what was still queued', async (how) => {
    const last = how === 'end' ? [[END]] : how === 'failure' ? (['drop'] as const) : [];
    const source = scriptedSource({ script: [[items(1, 5), ...last]] });
    const { stream, clock } = onVirtualClock(source, { maxAttempts: 0 });
    stream.start();
    await clock.settle();
    if (how === 'close') stream.close();
    const { items: got, ended } = read(stream);
    expect((await ended)?.kind).toBe(how === 'failure' ? 'exhausted' : undefined);
    expect(got).toEqual(range(1, 5));
  });

  it('a failed stream throws, and throws again when it is iterated again; done never rejects', async () => {
    const refuses = Object.assign(new TypeError('refused'), { code: 'ECONNREFUSED' });
    const stream = reconnectStream(scriptedSource({ script: () => ({ refuses }) }), {
      maxAttempts: 1,
      initialBackoffMs: 1,
    });
    const first = await read(stream).ended;
    const again = await read(stream).ended;
    expect(first).toMatchObject({
      name: 'ReconnectError',
      kind: 'exhausted',
      code: 'ECONNREFUSED',
    });
    expect(again).toBe(first);
    expect((await stream.done).error).toBe(first);
    // The cause is kept where nobody prints it by accident.
    const { cause } = first as ReconnectError;
    expect((cause as Error).cause).toBe(refuses);
  });

  it('goes on after retryNow() on a failed stream', async () => {
    const script = [{ refuses: new TypeError('refused') }, [items(1, 2), [END]]] as const;
    const stream = reconnectStream(scriptedSource({ script }), { maxAttempts: 0 });
    expect((await read(stream).ended)?.kind).toBe('exhausted');
    stream.retryNow();
    const { items: got, ended } = read(stream);
    expect(await ended).toBe(null);
    expect(got).toEqual([1, 2]);
  });

  it.each(['incomplete', 'cancelled', 'complete', 'failed'] as const)(
    'ends as the peer says: %s',
    async (outcome) => {
      const source = scriptedSource({ script: [[[item(1), { type: 'end', outcome }, item(2)]]] });
      const stream = reconnectStream(source);
      const { items: got, ended } = read(stream);
      expect((await ended)?.kind).toBe(outcome === 'failed' ? 'source' : undefined);
      expect(got).toEqual([1]);
      expect((await stream.done).status).toBe(outcome);
    },
  );

  it.each(['pause', 'close', 'retryNow'] as const)(
    'stops where a listener says %s() in the middle of a batch',
    async (command) => {
      const call = (n: number, delta: object): SourceItem<number> => ({
        type: 'data',
        data: n,
        bytes: 1,
        id: String(n),
        toolCall: [
          { id: `a${n}`, ...delta },
          { id: `b${n}`, ...delta },
        ],
      });
      const whole = [call(1, { args: '{}', done: true }), item(2), item(3), END];
      const source = scriptedSource({ script: (at) => [whole.slice(Number(at.cursor ?? 0))] });
      const stream = reconnectStream(source, { initialBackoffMs: 1 });
      const { items: got, ended } = read(stream);
      const heard: string[] = [];
      stream.on('toolCall', ({ id }) => {
        heard.push(id);
        if (heard.length === 1) stream[command]();
      });
      if (command === 'pause') {
        await once(stream, 'paused');
        expect(stream.snapshot.streamState.chunksReceived).toBe(1);
        expect(stream.checkpoint().cursor).toBe('1');
        expect(Object.keys(stream.snapshot.streamState.toolCalls)).toEqual(['a1', 'b1']);
        stream.resume();
      }
      expect(await ended).toBe(null);
      expect(got).toEqual(command === 'close' ? [1] : [1, 2, 3]);
      expect((await stream.done).streamState.chunksReceived).toBe(got.length);
    },
  );

  const data = { type: 'data', data: 1, bytes: 1 };
  it.each([
    [42],
    [null],
    [new Map()],
    [[null]],
    [[42]],
    [[{ type: 'what' }]],
    [[{ ...data, bytes: NaN }]],
    [[{ ...data, bytes: -1 }]],
    [[{ ...data, bytes: '1' }]],
    [[{ ...data, chars: Infinity }]],
    [[{ ...data, id: 5 }]],
    [[{ ...data, id: null }]],
    [[{ ...data, toolCall: [{ id: 7, args: '{}' }] }]],
    [[{ ...data, toolCall: [{ id: 'call', args: {} }] }]],
    [[{ ...data, toolCall: 'call' }]],
    [[{ type: 'checkpoint', cursor: {} }]],
    [[{ type: 'retry', ms: '5' }]],
    [[{ type: 'reset', scope: 'some', why: '' }]],
    [[{ type: 'end', outcome: 'done' }]],
  ])('ends at once where a source gives %j', async (batch) => {
    const source = scriptedSource({ script: () => [items(1, 2), batch as never] });
    const stream = reconnectStream(source, { initialBackoffMs: 1 });
    const { items: got, ended } = read(stream);
    const error = await ended;
    expect(error?.kind).toBe('protocol');
    expect(error?.message).toMatch(/^the source gave /);
    expect(got).toEqual([1, 2]);
    expect(source.openings.length).toBe(1);
    const checkpoint = JSON.stringify(stream.checkpoint());
    expect(() => reconnectStream(source, { checkpoint })).not.toThrow();
  });
});

async function all<T>(source: Parameters<typeof reconnectStream<T>>[0]): Promise<T[]> {
  const found: T[] = [];
  for await (const one of reconnectStream(source)) found.push(one);
  return found;
}

function kindThrown(run: () => unknown): string {
  try {
    run();
    return 'nothing';
  } catch (error) {
    return (error as ReconnectError).kind;
  }
}
