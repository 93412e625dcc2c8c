/** Items without a checkpoint: held in commit mode, delivered and taken back in eager mode. */

import { describe, expect, it } from 'vitest';
import { eventsOf, onVirtualClock, read } from '../support/facts.js';
import { scriptedSource } from '../../src/testing/index.js';
import type { ScriptedOpening } from '../../src/testing/index.js';
import { END, bare, checkpointAt, item, items, range } from '../support/numbered-log.js';

const commit = { delivery: 'commit' } as const;

describe('items without an id, after one that has one, by delivery commit', () => {
  it('are held until their checkpoint comes', async () => {
    const source = scriptedSource({ script: [[[item(1), bare(2), bare(3)]]] });
    const { stream, clock } = onVirtualClock(source, commit);
    const { items: got } = read(stream);
    await clock.settle();
    expect(got).toEqual([1]);
    source.push([bare(4), checkpointAt(4), bare(5)]);
    await clock.settle();
    expect(got).toEqual([1, 2, 3, 4]);
    source.push([item(6), bare(7)]);
    await clock.settle();
    expect(got).toEqual([1, 2, 3, 4, 5, 6]);
    source.push([END]);
    await clock.settle();
    expect(got).toEqual(range(1, 7));
    expect((await stream.done).streamState.chunksReceived).toBe(7);
  });

  it('are thrown away on a drop, for the server gives them again', async () => {
    const script = [
      [[item(1), bare(2), bare(3)], 'drop'],
      [[bare(2), bare(3), item(4), END]],
    ] as const;
    const source = scriptedSource({ script });
    const { stream, clock, heard } = onVirtualClock(source, commit);
    const { items: got, ended } = read(stream);
    await clock.advance(1000);
    expect(await ended).toBe(null);
    expect(got).toEqual([1, 2, 3, 4]);
    expect(source.openings.map(({ cursor, items: count }) => [cursor, count])).toEqual([
      [undefined, 0],
      ['1', 1],
    ]);
    expect(eventsOf(heard, 'reset')).toEqual([]);
  });

  it('are delivered on final failure, since nobody will send them again', async () => {
    const source = scriptedSource({ script: [[[item(1), bare(2), bare(3)], 'drop']] });
    const { stream, clock } = onVirtualClock(source, { ...commit, maxAttempts: 0 });
    const { items: got, ended } = read(stream);
    await clock.settle();
    expect((await ended)?.kind).toBe('exhausted');
    expect(got).toEqual([1, 2, 3]);
    // The account and the cursor claim only what was committed.
    expect(stream.checkpoint()).toMatchObject({ cursor: '1', streamState: { chunksReceived: 1 } });
  });

  it('that were queued on failure, and not read yet, stand before the reset that takes them back', async () => {
    const script = [
      [[item(1), bare(2), bare(3)], 'drop'],
      [[bare(2), bare(3), item(4), END]],
    ] as const;
    const { stream, clock } = onVirtualClock(scriptedSource({ script }), {
      ...commit,
      maxAttempts: 0,
    });
    const log: unknown[] = [];
    stream.on('reset', ({ scope, items }) => log.push(`reset ${scope} ${items}`));
    const iterator = stream[Symbol.asyncIterator]();
    log.push((await iterator.next()).value);
    await clock.settle();
    expect(stream.state).toBe('failed');
    stream.retryNow();
    await clock.settle();
    for await (const one of { [Symbol.asyncIterator]: () => iterator }) log.push(one);
    expect(log).toEqual([1, 2, 3, 'reset pending 2', 2, 3, 4]);
  });

  it('that were delivered on failure are taken back by reset when the stream goes on', async () => {
    const script = [[[item(1), bare(2)], 'drop'], [[bare(2), item(3), END]]] as const;
    const { stream, clock, heard } = onVirtualClock(scriptedSource({ script }), {
      ...commit,
      maxAttempts: 0,
    });
    const first = read(stream);
    await clock.settle();
    expect((await first.ended)?.kind).toBe('exhausted');
    stream.retryNow();
    const second = read(stream);
    await clock.settle();
    expect([first.items, second.items]).toEqual([
      [1, 2],
      [2, 3],
    ]);
    expect(eventsOf(heard, 'reset').map(({ items }) => items)).toEqual([1]);
  });

  it.each(['204', 'eof'])('are delivered where the stream ends instead: %s', async (how) => {
    const script = [
      [[item(1), bare(2), bare(3)], 'drop'],
      how === '204' ? [[END]] : ['eof'],
    ] as const;
    const terminal = how === 'eof' ? 'eof' : 'explicit';
    const source = scriptedSource({ script: script as never, terminal });
    const { stream, clock, heard } = onVirtualClock(source, commit);
    const { items: got, ended } = read(stream);
    await clock.advance(1000);
    expect(await ended).toBe(null);
    expect(got).toEqual([1, 2, 3]);
    expect((await stream.done).streamState.chunksReceived).toBe(3);
    expect(eventsOf(heard, 'reset')).toEqual([]);
  });

  it('may be more than 100,000: bytes are the limit', async () => {
    const many = range(2, 150_000).map((n) => ({ ...bare(n), bytes: 10 }));
    const source = scriptedSource({ script: [[[item(1)], many, [checkpointAt(150_000), END]]] });
    const { stream, clock } = onVirtualClock(source, { ...commit, highWaterMark: 1_000_000 });
    const batches = stream.batches();
    let count = 0;
    const reading = (async () => {
      for await (const batch of batches) count += batch.length;
    })();
    await clock.settle();
    await reading;
    expect(count).toBe(150_000);
  });

  it('may not be more than 64 MiB', async () => {
    const big = { ...bare(2), bytes: 17 * 1024 * 1024 };
    const source = scriptedSource({ script: [[[item(1)], [big, big, big], [big]]] });
    const { stream, clock } = onVirtualClock(source, commit);
    const { items: got, ended } = read(stream);
    await clock.settle();
    expect((await ended)?.message).toContain('more than 67108864 bytes');
    // What was held is not lost with it.
    expect(got).toEqual([1, 2, 2, 2]);
  });
});

describe('eager delivery', () => {
  it('hands out at once, and takes back by reset what a drop made uncertain', async () => {
    const source = scriptedSource({
      script: [[[item(1), bare(2), bare(3)]], [[bare(2), bare(3), item(4)], [END]]],
    });
    const { stream, clock, heard } = onVirtualClock(source, { delivery: 'eager' });
    const kept: number[] = [];
    let committed = 0;
    stream.on('reset', ({ scope }) => {
      expect(scope).toBe('pending');
      kept.length = committed;
    });
    const reading = (async () => {
      for await (const one of stream) {
        kept.push(one);
        if (one === 1) committed = 1;
      }
    })();
    await clock.settle();
    expect(kept).toEqual([1, 2, 3]);
    source.push('drop');
    await clock.advance(1000);
    await reading;
    expect(kept).toEqual([1, 2, 3, 4]);
    expect(eventsOf(heard, 'reset')).toHaveLength(1);
    expect((await stream.done).streamState.chunksReceived).toBe(4);
  });

  it('is the default, and takes back nothing where the stream ends instead', async () => {
    const script = [[[item(1), bare(2), bare(3)], 'drop'], [[END]]] as const;
    const { stream, clock, heard } = onVirtualClock(scriptedSource({ script }));
    const { items: got, ended } = read(stream);
    await clock.advance(1000);
    expect(await ended).toBe(null);
    expect(got).toEqual([1, 2, 3]);
    expect((await stream.done).streamState.chunksReceived).toBe(3);
    expect(eventsOf(heard, 'reset')).toEqual([]);
  });

  it('keeps what nobody has read yet, and emits where to take it back', async () => {
    const script = [[[item(1), bare(2), bare(3)], 'drop'], [[bare(2), item(3), END]]] as const;
    const { stream, clock } = onVirtualClock(scriptedSource({ script }), { delivery: 'eager' });
    const log: unknown[] = [];
    stream.on('reset', ({ scope, items }) => log.push(`reset ${scope} ${items}`));
    stream.start();
    await clock.advance(1000);
    for await (const one of stream) log.push(one);
    expect(log).toEqual([1, 2, 3, 'reset pending 2', 2, 3]);
  });

  it('takes back only what is not committed by now', async () => {
    const source = scriptedSource({ script: [[[item(1), bare(2)]], [[bare(4), item(5), END]]] });
    const { stream, clock } = onVirtualClock(source, { delivery: 'eager' });
    const log: unknown[] = [];
    stream.on('reset', ({ scope, items }) => log.push(`reset ${scope} ${items}`));
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    source.push([item(3), bare(4)]);
    source.push('drop');
    await clock.advance(1000);
    for await (const one of iterator) log.push(one);
    expect(log).toEqual([3, 4, 'reset pending 1', 4, 5]);
  });

  it('goes on for ever without a checkpoint', async () => {
    const source = scriptedSource({ script: [[[item(1)]], [[END]]] });
    const { stream, clock } = onVirtualClock(source, { delivery: 'eager' });
    let count = 0;
    const reading = (async () => {
      for await (const batch of stream.batches()) count += batch.length;
    })();
    await clock.settle();
    const kibibyte = { ...bare(2), bytes: 1024 };
    const batch = range(1, 1_000).map(() => kibibyte);
    for (let n = 0; n < 100; n++) {
      source.push(batch);
      await clock.settle();
    }
    source.push('drop');
    await clock.advance(1000);
    await reading;
    expect(count).toBe(100_001);
    expect((await stream.done).streamState.chunksReceived).toBe(100_001);
  });

  it.each(['pause', 'retryNow'] as const)('takes back what %s() made uncertain', async (how) => {
    const source = scriptedSource({
      script: [[[item(1), bare(2), bare(3)]], [[bare(2), bare(3), item(4), END]]],
    });
    const { stream, clock, heard } = onVirtualClock(source, { delivery: 'eager' });
    const { items: got, ended } = read(stream);
    stream.on('reset', () => (got.length = 1));
    await clock.settle();
    expect(got).toEqual([1, 2, 3]);
    stream[how]();
    stream.resume();
    await clock.settle();
    expect(await ended).toBe(null);
    expect(got).toEqual([1, 2, 3, 4]);
    expect(eventsOf(heard, 'reset').map(({ scope }) => scope)).toEqual(['pending']);
  });

  it('never claims what is not committed: neither less nor more', async () => {
    const source = scriptedSource({ script: [[[item(1), bare(2), bare(3)]]] });
    const { stream, clock } = onVirtualClock(source, { delivery: 'eager' });
    stream.start();
    await clock.settle();
    const iterator = stream[Symbol.asyncIterator]();
    const claims: [string | null, number][] = [];
    const claim = (): void => {
      const { cursor, streamState } = stream.checkpoint();
      claims.push([cursor, streamState.chunksReceived]);
    };
    claim();
    for (const _ of [1, 2, 3]) {
      await iterator.next();
      claim();
    }
    expect(claims).toEqual([
      [null, 0],
      ['1', 1],
      ['1', 1],
      ['1', 1],
    ]);
    stream.close();
  });
});

describe('a server that sends again', () => {
  const again: Record<string, ScriptedOpening<number>> = {
    'the last two': [[...items(2, 6), END]],
    'the last one': [[...items(3, 6), END]],
    everything: [[...items(1, 6), END]],
    'one by one': [...items(1, 6).map((one) => [one]), [END]],
  };

  it.each(Object.keys(again))('%s is read once, and the replay is reported', async (what) => {
    const script = [[items(1, 3), 'eof'], again[what] ?? []] as ScriptedOpening<number>[];
    const { stream, clock, heard } = onVirtualClock(scriptedSource({ script }));
    const { items: got, ended } = read(stream);
    await clock.advance(1000);
    expect(await ended).toBe(null);
    expect(got).toEqual(range(1, 6));
    const told = { 'the last two': 2, 'the last one': 1, everything: 3, 'one by one': 3 }[what];
    expect(eventsOf(heard, 'replayed').map(({ items: count }) => count)).toEqual([told]);
  });

  it('starts over by reset: the progress starts over too, and an event reports it', async () => {
    const source = scriptedSource({ script: [[items(1, 3)]] });
    const { stream, clock, heard } = onVirtualClock(source);
    const { items: got, ended } = read(stream);
    stream.on('reset', () => (got.length = 0));
    await clock.settle();
    expect(got).toEqual([1, 2, 3]);
    source.push([{ type: 'reset', scope: 'all', why: 'new run' }, ...items(11, 12)]);
    await clock.settle();
    expect(stream.checkpoint()).toMatchObject({ cursor: '12', streamState: { chunksReceived: 2 } });
    source.push([END]);
    expect(await ended).toBe(null);
    expect(got).toEqual([11, 12]);
    expect(eventsOf(heard, 'reset')).toEqual([
      { type: 'reset', scope: 'all', why: 'new run', items: 3 },
    ]);
  });
});
