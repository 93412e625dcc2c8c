/** Closed or aborted in any state: nothing is left open, armed or listening. */

import { getEventListeners } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import type { ReconnectingStream } from '../../src/index.js';
import { sse } from '../../src/sources/index.js';
import { eventsOf, inState, once, onVirtualClock, read, record } from '../support/facts.js';
import { scriptedSource } from '../../src/testing/index.js';
import type { ScriptedOpening } from '../../src/testing/index.js';
import { items } from '../support/numbered-log.js';
import { startServer } from '../support/server.js';
import type { TestServer } from '../support/server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** A real answer that keeps the stream in a phase, and how to know that it is there. */
const PHASES: readonly {
  phase: string;
  path: string;
  reached: (stream: ReconnectingStream<unknown>) => Promise<unknown>;
}[] = [
  { phase: 'connecting', path: '/no-answer', reached: async () => {} },
  {
    phase: 'reading the headers',
    path: '/no-answer',
    reached: () => server.requested(server.requests.length + 1),
  },
  {
    phase: 'reading the body',
    path: '/stalled?n=2',
    reached: (stream) => once(stream, 'progress'),
  },
  { phase: 'waiting', path: '/status?code=503', reached: (stream) => once(stream, 'waiting') },
];

const LEAVE: Record<string, (stream: ReconnectingStream<unknown>, abort: () => void) => void> = {
  'the signal is aborted': (_, abort) => abort(),
  'close() is called': (stream) => stream.close(),
  'cancel() is called': (stream) => void stream.cancel(),
};

describe('a stream over a socket', () => {
  const cases = PHASES.flatMap((one) => Object.keys(LEAVE).map((how) => ({ ...one, how })));

  it.each(cases)('that is $phase when $how closes everything', async (one) => {
    const { path, reached, how } = one;
    const controller = new AbortController();
    const stream = reconnectStream(sse({ url: server.url + path }), { signal: controller.signal });
    const heard = record(stream);
    const isReached = reached(stream);
    const { ended } = read(stream);
    await isReached;
    LEAVE[how]?.(stream, () => controller.abort());
    expect(stream.state).toBe('closed');
    const seen = server.requests.length;
    expect((await stream.done).status).toBe(how.startsWith('cancel') ? 'cancelled' : 'closed');
    expect(await ended).toBe(null);
    await server.idle();
    expect(eventsOf(heard, 'closed')).toHaveLength(1);
    expect(heard.at(-1)?.type).toBe('closed');
    expect(server.requests.length).toBe(seen);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('makes no request where the signal is aborted beforehand', async () => {
    const seen = server.requests.length;
    const stream = reconnectStream(sse({ url: `${server.url}/ok` }), {
      signal: AbortSignal.abort(),
    });
    expect(await read(stream).ended).toBe(null);
    expect((await stream.done).status).toBe('closed');
    expect(server.requests.length).toBe(seen);
  });
});

describe('a stream on a virtual clock', () => {
  const openings: Record<string, { opening: ScriptedOpening<number>; live: number }> = {
    idle: { opening: [], live: 0 },
    connecting: { opening: 'no answer', live: 1 },
    connected: { opening: [items(1, 3)], live: 1 },
    waiting: { opening: { refuses: new TypeError('refused') }, live: 0 },
    paused: { opening: [items(1, 3)], live: 0 },
  };
  const cases = Object.keys(openings).flatMap((state) =>
    Object.keys(LEAVE).map((how) => ({ state, how })),
  );

  it.each(cases)(
    'has no timer and no connection left when, $state, $how',
    async ({ state, how }) => {
      const { opening = [], live } = openings[state] ?? {};
      const controller = new AbortController();
      const source = scriptedSource({ script: () => opening });
      const { signal } = controller;
      const { stream, clock, heard } = onVirtualClock(source, { signal });
      if (state !== 'idle') stream.start();
      await clock.settle();
      if (state === 'paused') stream.pause();
      expect({ state: stream.state, live: source.live }).toEqual({ state, live });
      LEAVE[how]?.(stream, () => controller.abort());
      const openings_ = source.openings.length;
      await clock.advance(100_000);
      expect({ state: stream.state, live: source.live, timers: clock.armed }).toEqual({
        state: 'closed',
        live: 0,
        timers: 0,
      });
      expect(source.openings).toHaveLength(openings_);
      expect(eventsOf(heard, 'closed')).toHaveLength(1);
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    },
  );

  it('leaves no listener on the signal after its own end, and after it has failed', async () => {
    const { signal } = new AbortController();
    const ended = reconnectStream(
      scriptedSource({ script: [[[{ type: 'end', outcome: 'complete' }]]] }),
      { signal },
    );
    ended.start();
    await ended.done;
    const failed = reconnectStream(
      scriptedSource({ script: () => ({ refuses: new TypeError('refused') }) }),
      { signal, maxAttempts: 0 },
    );
    failed.start();
    await inState(failed, 'failed');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('closes a connection that opens after the attempt was left', async () => {
    let settle: (connection: object) => void = () => {};
    let isClosed = false;
    const stream = reconnectStream({
      ...scriptedSource(),
      open: () => new Promise<never>((resolve) => (settle = resolve as typeof settle)),
    });
    stream.start();
    stream.close();
    const batches = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
    settle({ batches, close: () => (isClosed = true) });
    await new Promise((resolve) => void setImmediate(resolve));
    expect({ isClosed, state: stream.state }).toEqual({ isClosed: true, state: 'closed' });
  });
});
