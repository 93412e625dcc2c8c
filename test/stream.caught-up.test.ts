/** A replay and its end: `upToDate` from the source, `caughtUp` and `isCatchingUp` for whoever shows it. */

import { DurableStreamTestServer } from '@durable-streams/server';
import { afterEach, describe, expect, it } from 'vitest';
import { reconnectStream } from '../src/index.js';
import type { SourceItem } from '../src/index.js';
import { durableStream } from '../src/sources/index.js';
import { scriptedSource } from '../src/testing/index.js';
import type { ScriptedOpening, ScriptedSource } from '../src/testing/index.js';
import { eventsOf, once, onVirtualClock, read, record } from './support/facts.js';
import { item, items as numbered, range } from './support/numbered-log.js';

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
});
