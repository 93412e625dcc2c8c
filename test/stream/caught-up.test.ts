/** A replay and its end: `upToDate` from the source, `caughtUp` and `isCatchingUp` for whoever shows it. */

import { DurableStreamTestServer } from '@durable-streams/server';
import { afterEach, describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import type { ReconnectingStream, SourceItem } from '../../src/index.js';
import { durableStream } from '../../src/sources/index.js';
import { scriptedSource } from '../../src/testing/index.js';
import type { ScriptedOpening, ScriptedSource } from '../../src/testing/index.js';
import { eventsOf, once, onVirtualClock, read, record } from '../support/facts.js';
import { END, item, items as numbered, range } from '../support/numbered-log.js';

const UP_TO_DATE: SourceItem<never> = { type: 'upToDate' };

function log(...script: readonly ScriptedOpening<number>[]): ScriptedSource<number> {
  return Object.assign(scriptedSource<number>({ script }), { reportsUpToDate: true });
}

describe('a source that says when the replay is over', () => {
  it('leads to one caughtUp a connection, with its items and its time', async () => {
    const source = log([numbered(1, 3)], [numbered(4, 5), [UP_TO_DATE]]);
    const { stream, clock, heard } = onVirtualClock(source);
    read(stream);
    await clock.advance(250);
    source.push([item(4), UP_TO_DATE, item(5), UP_TO_DATE]);
    await clock.settle();
    expect(eventsOf(heard, 'caughtUp')).toEqual([{ type: 'caughtUp', items: 4, ms: 250 }]);
    source.push('drop');
    await clock.advance(1000);
    expect(eventsOf(heard, 'caughtUp')).toHaveLength(2);
    stream.close();
  });

  it('is catching up from each connection on until then', async () => {
    const source = log([numbered(1, 3)]);
    const { stream, clock } = onVirtualClock(source);
    const seen: [string, boolean][] = [];
    stream.subscribe(({ state, isCatchingUp }) => {
      if (seen.at(-1)?.join() !== [state, isCatchingUp].join()) seen.push([state, isCatchingUp]);
    });
    read(stream);
    await clock.settle();
    source.push([UP_TO_DATE]);
    source.push('drop');
    await clock.advance(1000);
    source.push([UP_TO_DATE]);
    await clock.settle();
    stream.close();
    expect(seen).toEqual([
      ['connecting', false],
      ['connected', true],
      ['connected', false],
      ['waiting', false],
      ['connecting', false],
      ['connected', true],
      ['connected', false],
      ['closed', false],
    ]);
  });

  it('is heard in its place among the items', async () => {
    const source = log([[...numbered(1, 3), UP_TO_DATE, item(4)]]);
    const { stream, clock } = onVirtualClock(source);
    const log_: (number | string)[] = [];
    stream.on('caughtUp', () => log_.push('caught up'));
    void (async () => {
      for await (const one of stream) log_.push(one);
    })();
    await clock.settle();
    expect(log_).toEqual([1, 2, 3, 'caught up', 4]);
    stream.close();
  });

  it('counts from 0 where the stream starts over', async () => {
    const source = Object.assign(
      scriptedSource<number>({
        resume: 'replay',
        script: (_, nth) => (nth === 0 ? [numbered(1, 5), 'drop'] : [[item(1), UP_TO_DATE]]),
      }),
      { reportsUpToDate: true },
    );
    const { stream, clock, heard } = onVirtualClock(source);
    read(stream);
    await clock.advance(1000);
    expect(eventsOf(heard, 'caughtUp').map(({ items }) => items)).toEqual([1]);
    stream.close();
  });
});

describe('a loop over batches', () => {
  /** Items 1 to `count`, `size` in each batch of the wire. */
  function wire(count: number, size: number): SourceItem<number>[][] {
    return range(0, Math.ceil(count / size) - 1).map((n) =>
      numbered(n * size + 1, Math.min(count, (n + 1) * size)),
    );
  }

  function readBatches(stream: ReconnectingStream<number>): (readonly number[])[] {
    const batches: (readonly number[])[] = [];
    void (async () => {
      for await (const batch of stream.batches()) batches.push(batch);
    })();
    return batches;
  }

  it('gets a replay of 5,000 items in as few as the queue can hold, and caughtUp behind them', async () => {
    const source = log([...wire(5000, 25), [UP_TO_DATE, item(5001)]]);
    const { stream, clock } = onVirtualClock(source);
    const batches = readBatches(stream);
    let atCaughtUp = 0;
    stream.on('caughtUp', ({ items }) => {
      expect(items).toBe(5000);
      atCaughtUp = batches.flat().length;
    });
    await clock.settle();
    expect(batches.map(({ length }) => length)).toEqual([1025, 1025, 1025, 1025, 900, 1]);
    expect(batches.flat()).toEqual(range(1, 5001));
    expect(atCaughtUp).toBe(5000);
    stream.close();
  });

  it('waits no longer than 50 ms for more of it', async () => {
    const source = log([numbered(1, 2)]);
    const { stream, clock } = onVirtualClock(source);
    const batches = readBatches(stream);
    await clock.advance(30);
    source.push([item(3)]);
    await clock.advance(19);
    expect(batches).toEqual([]);
    await clock.advance(1);
    expect(batches).toEqual([[1, 2, 3]]);
    await clock.advance(1000);
    source.push([item(4)]);
    await clock.advance(49);
    expect(batches).toHaveLength(1);
    source.push([UP_TO_DATE]);
    await clock.settle();
    source.push([item(5)]);
    await clock.settle();
    expect(batches.slice(1)).toEqual([[4], [5]]);
    stream.close();
    expect(clock.armed).toBe(0);
  });

  it('that was busy meanwhile gets it, too', async () => {
    const source = log([[item(1)]]);
    const { stream, clock } = onVirtualClock(source);
    const iterator = stream.batches();
    const first = iterator.next();
    await clock.advance(50);
    expect((await first).value).toEqual([1]);
    source.push([item(2)]);
    // Nobody waits when the time is up.
    await clock.advance(60);
    const second = iterator.next();
    await clock.advance(50);
    expect((await second).value).toEqual([2]);
    stream.close();
  });

  it.each(['drop', 'end'] as const)('gets what was collected at once at a %s', async (how) => {
    const source = log([numbered(1, 2)], []);
    const { stream, clock } = onVirtualClock(source);
    const batches = readBatches(stream);
    await clock.settle();
    source.push(how === 'drop' ? 'drop' : [{ type: 'end', outcome: 'complete' }]);
    await clock.settle();
    expect(batches).toEqual([[1, 2]]);
    stream.close();
  });

  it('receives what happened between items in its place', async () => {
    const source = log([numbered(1, 2), [{ type: 'gap', from: '2', to: '9' }, item(10)]]);
    const { stream, clock } = onVirtualClock(source);
    const heard: unknown[] = [];
    stream.on('gap', () => heard.push('gap'));
    void (async () => {
      for await (const batch of stream.batches()) heard.push(batch);
    })();
    await clock.advance(200);
    expect(heard).toEqual([[1, 2], 'gap', [10]]);
    stream.close();
  });

  it('of a source that does not report a replay gets all that waits', async () => {
    const source = scriptedSource<number>({ script: [[...wire(100, 10), [END]]] });
    const stream = reconnectStream(source);
    const batches: (readonly number[])[] = [];
    for await (const batch of stream.batches()) {
      batches.push(batch);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(batches.map(({ length }) => length)).toEqual([10, 90]);
  });
});

it('a source that does not is never catching up', async () => {
  const source = scriptedSource<number>({ script: () => [numbered(1, 3)] });
  const { stream, clock } = onVirtualClock(source);
  read(stream);
  await clock.settle();
  expect(stream.snapshot).toMatchObject({ state: 'connected', isCatchingUp: false });
  stream.close();
});

describe('durableStream()', () => {
  let server: DurableStreamTestServer | undefined;
  afterEach(() => server?.stop());

  it.each(['sse', 'long-poll'] as const)(
    'is caught up at the tail of the log, by %s',
    async (live) => {
      server = new DurableStreamTestServer({ port: 0, host: '127.0.0.1' });
      const url = `${await server.start()}/v1/stream/log`;
      const headers = { 'content-type': 'application/json' };
      await fetch(url, { method: 'PUT', headers });
      const body = JSON.stringify(range(1, 20));
      await fetch(url, { method: 'POST', headers, body });
      const stream = reconnectStream(durableStream<number>({ url, live }));
      const heard = record(stream);
      const caughtUp = once(stream, 'caughtUp');
      const { items } = read(stream);
      expect(await caughtUp).toMatchObject({ items: 20 });
      expect(items).toEqual(range(1, 20));
      expect(stream.snapshot.isCatchingUp).toBe(false);
      stream.close();
      expect(eventsOf(heard, 'caughtUp')).toHaveLength(1);
    },
  );

  it('gives 5,000 events of a replay in a few batches', async () => {
    server = new DurableStreamTestServer({ port: 0, host: '127.0.0.1' });
    const url = `${await server.start()}/v1/stream/log`;
    const headers = { 'content-type': 'application/json' };
    await fetch(url, { method: 'PUT', headers });
    for (let n = 0; n < 5000; n += 50) {
      const body = JSON.stringify(range(n + 1, n + 50));
      await fetch(url, { method: 'POST', headers, body });
    }
    const stream = reconnectStream(durableStream<number>({ url, live: 'sse' }));
    const batches: (readonly number[])[] = [];
    for await (const batch of stream.batches()) {
      batches.push(batch);
      if (batches.flat().length === 5000) break;
    }
    expect(batches.flat()).toEqual(range(1, 5000));
    expect(batches.length).toBeLessThanOrEqual(8);
  });
});
