/** The caller's code throws, rejects or never settles: an event reports it, and nothing else is affected. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import type { ReconnectEvent } from '../../src/index.js';
import { sse } from '../../src/sources/index.js';
import { EVENT_TYPES, eventsOf, inState, once, read, record } from '../support/facts.js';
import { scriptedSource, virtualClock } from '../../src/testing/index.js';
import { END, bare, item } from '../support/numbered-log.js';
import { END as END_TYPE, startServer } from '../support/server.js';
import type { TestServer } from '../support/server.js';

const uncaught: unknown[] = [];
const onUncaught = (error: unknown): void => void uncaught.push(error);

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
beforeEach(() => {
  process.on('uncaughtException', onUncaught).on('unhandledRejection', onUncaught);
});
afterEach(async () => {
  await new Promise((resolve) => void setImmediate(resolve));
  process.off('uncaughtException', onUncaught).off('unhandledRejection', onUncaught);
  expect(uncaught.splice(0)).toEqual([]);
});

describe('a listener that throws', () => {
  it('at every event stops neither the others nor the stream', async () => {
    const clock = virtualClock();
    const source = scriptedSource({
      script: [
        [[bare(1)], [item(2)], 'drop'],
        [[item(2)], [item(3)], [bare(4)], [END]],
      ],
    });
    const stream = reconnectStream(source, { clock, jitter: 'none' });
    const thrown = new Set<string>();
    for (const type of EVENT_TYPES) {
      stream.on(type, () => {
        thrown.add(type);
        throw new Error('the listener is broken');
      });
    }
    stream.subscribe(() => {
      throw new Error('the subscriber is broken');
    });
    const heard = record(stream);
    let snapshots = 0;
    stream.subscribe(() => (snapshots += 1));
    const { items, ended } = read(stream);
    await clock.advance(1000);
    expect(await ended).toBe(null);
    expect(items).toEqual([1, 2, 3, 4]);
    expect(snapshots).toBeGreaterThan(4);
    const others = heard.filter(({ type }) => type !== 'diagnostic').map(({ type }) => type);
    expect(others).toEqual([
      'attemptStarted',
      'connected',
      'progress',
      'dropped',
      'waiting',
      'attemptStarted',
      'connected',
      'replayed',
      'progress',
      'closed',
    ]);
    expect([...thrown].sort()).toEqual([...new Set(heard.map(({ type }) => type))].sort());
    const told = eventsOf(heard, 'diagnostic').map(({ message }) => message);
    // The stream takes no report after its end; all others are emitted.
    for (const type of new Set(others.slice(0, -1)))
      expect(told).toContain(`a listener of '${type}' threw`);
    expect(told).toContain("a listener of 'subscribe' threw");
  });

  it('later, as an async function, harms nobody either', async () => {
    const stream = reconnectStream(scriptedSource({ script: [[[item(1)]]] }));
    const told = once(stream, 'diagnostic');
    // oxlint-disable-next-line typescript/no-misused-promises -- that is what is tested
    stream.on('connected', () => Promise.reject(new Error('the listener is broken')));
    stream.start();
    expect((await told).message).toBe("a listener of 'connected' threw");
    stream.close();
  });
});

describe('a function of the caller', () => {
  const broken = {
    throws: () => {
      throw new Error('the callback is broken');
    },
    rejects: () => Promise.reject(new Error('the callback is broken')),
    'gives nonsense': () => 42,
  } as const;

  it.each(Object.keys(broken))(
    'for headers or url that %s is retried, then reported',
    async (how) => {
      const fn = broken[how as keyof typeof broken] as () => never;
      for (const part of ['headers', 'url'] as const) {
        const url = `${server.url}/ok`;
        const stream = reconnectStream(sse({ url, [part]: fn }), {
          maxAttempts: 2,
          initialBackoffMs: 1,
        });
        const heard = record(stream);
        const error = await read(stream).ended;
        expect(error?.name).toBe('ReconnectError');
        const isNonsense = how === 'gives nonsense';
        expect(eventsOf(heard, 'waiting')).toHaveLength(isNonsense ? 0 : 2);
        expect(eventsOf(heard, 'failed').map(({ kind }) => kind)).toEqual([
          isNonsense ? 'config' : 'exhausted',
        ]);
      }
    },
  );

  it('for headers that throws once is asked again', async () => {
    let calls = 0;
    const headers = (): Record<string, string> => {
      if (++calls === 1) throw new Error('the callback is broken');
      return {};
    };
    const isEnd = ({ type }: { type: string }): boolean => type === END_TYPE;
    const stream = reconnectStream(sse({ url: `${server.url}/ok`, headers, isEnd }), {
      initialBackoffMs: 1,
    });
    const heard = record(stream);
    expect(await read(stream).ended).toBe(null);
    expect(eventsOf(heard, 'waiting').map(({ reason }) => reason)).toEqual(['callback']);
  });

  it('for headers that never settles ends by the connect timeout', async () => {
    const clock = virtualClock();
    const headers = (): Promise<never> => new Promise(() => {});
    const stream = reconnectStream(sse({ url: `${server.url}/ok`, headers }), {
      clock,
      maxAttempts: 0,
      connectTimeoutMs: 300,
    });
    stream.start();
    await clock.advance(300);
    expect((await stream.done).error?.message).toContain('no answer within 300 ms');
  });

  it('isEnd that throws ends the stream as failed, with what came before', async () => {
    const isEnd = (event: { data: string }): boolean => {
      if (event.data === '2') throw new Error('isEnd is broken');
      return false;
    };
    const stream = reconnectStream(sse({ url: `${server.url}/ok`, isEnd }));
    const { items, ended } = read(stream);
    expect((await ended)?.kind).toBe('callback');
    expect(items.map(({ data }) => data).slice(0, 1)).toEqual(['1']);
    expect((await stream.done).status).toBe('failed');
  });

  it('classify that throws is reported, and the library decides by itself', async () => {
    const clock = virtualClock();
    const stream = reconnectStream(
      scriptedSource({
        script: [
          [[item(1)], 'drop'],
          [[item(2)], [END]],
        ],
      }),
      {
        clock,
        classify: () => {
          throw new Error('classify is broken');
        },
      },
    );
    const heard = record(stream);
    const { items, ended } = read(stream);
    await clock.advance(2000);
    expect(await ended).toBe(null);
    expect(items).toEqual([1, 2]);
    expect(eventsOf(heard, 'diagnostic').map(({ code }) => code)).toEqual(['classify']);
  });

  it('classify that rejects is reported, and the library decides by itself', async () => {
    const stream = reconnectStream(scriptedSource({ script: [['drop'], [[item(1)], [END]]] }), {
      initialBackoffMs: 1,
      classify: () => Promise.reject(new Error('classify is broken')) as never,
    });
    const told = once(stream, 'diagnostic');
    expect(await read(stream).ended).toBe(null);
    expect((await told).code).toBe('classify');
  });

  it.each([null, 42, 'text', { fatal: 'yes', retryAfterMs: -1 }, { retryAfterMs: NaN }])(
    'classify that gives %j changes nothing',
    async (answer) => {
      const clock = virtualClock();
      const stream = reconnectStream(scriptedSource({ script: [['drop'], [[item(1)]]] }), {
        clock,
        jitter: 'none',
        classify: () => answer as never,
      });
      const waits: ReconnectEvent[] = [];
      stream.on('waiting', (event) => waits.push(event));
      stream.start();
      await clock.settle();
      expect(waits).toMatchObject([{ delayMs: 1000, attempt: 1 }]);
      stream.close();
    },
  );

  it('inspect that throws is reported once and not called again', async () => {
    let calls = 0;
    const inspect = (): void => {
      calls += 1;
      throw new Error('the inspector is broken');
    };
    const stream = reconnectStream(scriptedSource({ script: [[[item(1)], [END]]] }), { inspect });
    const heard = record(stream);
    const { items: got, ended } = read(stream);
    expect(await ended).toBe(null);
    expect(got).toEqual([1]);
    expect(calls).toBe(1);
    expect(eventsOf(heard, 'diagnostic').map(({ code }) => code)).toEqual(['inspect']);
  });

  it('random that gives nonsense or throws does not wedge the stream', async () => {
    const throws = (): never => {
      throw new Error('no chance');
    };
    for (const random of [() => NaN, () => Infinity, () => -1, () => 'x' as never, throws]) {
      const clock = virtualClock();
      const stream = reconnectStream(scriptedSource({ script: [['drop'], [[item(1)]]] }), {
        clock,
        random,
      });
      const waited = once(stream, 'waiting');
      stream.start();
      await clock.settle();
      const { delayMs } = await waited;
      expect(Number.isSafeInteger(delayMs) && delayMs >= 0 && delayMs <= 1000).toBe(true);
      await clock.advance(1000);
      await inState(stream, 'connected');
      stream.close();
    }
  });

  it('a clock that throws inside the machine ends the stream, and says so', async () => {
    const clock = virtualClock();
    const broken = {
      ...clock,
      now: () => clock.now(),
      clearTimeout: (id: unknown) => clock.clearTimeout(id),
      setTimeout(fn: () => void, ms: number): unknown {
        if (ms <= 1000) throw new Error('no timer');
        return clock.setTimeout(fn, ms);
      },
    };
    const stream = reconnectStream(scriptedSource({ script: [['drop']] }), {
      clock: broken,
    });
    const { ended } = read(stream);
    expect(await ended).toMatchObject({ kind: 'usage' });
    expect(await stream.done).toMatchObject({ status: 'failed', drops: 1 });
  });
});
