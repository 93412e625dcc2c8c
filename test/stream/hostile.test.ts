/** No script of a server makes a stream with default options ask in a hot loop. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import type { ReconnectEvent, ReconnectingStream } from '../../src/index.js';
import { sse } from '../../src/sources/index.js';
import { eventsOf, onVirtualClock, read, record } from '../support/facts.js';
import { scriptedSource } from '../../src/testing/index.js';
import { bare, item } from '../support/numbered-log.js';
import { startServer } from '../support/server.js';
import type { TestServer } from '../support/server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const HOSTILE: readonly string[] = [
  '/accept-then-close',
  '/replay-one-then-eof',
  '/bare-one-then-eof',
  '/retry?ms=0',
  '/retry?ms=1',
  '/retry?ms=2147483648',
  '/retry-overflow',
  '/empty-200',
  '/status?value=-1',
  '/status?value=0',
  '/status?value=1e3',
  '/status?value=soon',
  '/status?value=Thu, 01 Jan 1970 00:00:00 GMT',
  '/status?code=429&value=99999999999999999999',
  '/reset',
  '/html-as-sse',
];

describe('a hostile server', () => {
  it.each(['read', 'merely started'] as const)(
    'is asked at most 6 times in 3 s by a stream that is %s, whatever it does',
    async (how) => {
      const runs = HOSTILE.map((path) => run(path, how));
      await new Promise((resolve) => void setTimeout(resolve, 3000));
      for (const { stream } of runs) stream.close();
      await Promise.all(runs.map(({ stream }) => stream.done));
      const asked = runs.map(({ path, tag }) => ({ path, count: countOf(tag) }));
      expect(asked.filter(({ count }) => count < 1 || count > 6)).toEqual([]);
    },
    10_000,
  );

  it.each(['read', 'merely started'] as const)(
    'that says 204 is asked once by a stream that is %s',
    async (how) => {
      const { stream, tag } = run('/204', how);
      expect((await stream.done).status).toBe('complete');
      expect(countOf(tag)).toBe(1);
    },
  );
});

describe('the delays', () => {
  const openings = {
    'accepts and hangs up': () => ['eof'] as const,
    'gives nothing but a comment': () => [[{ type: 'alive' }], 'eof'] as const,
    'replays one event': () => [[item(1)], 'eof'] as const,
    'gives one event without an id': () => [[bare(1)], 'eof'] as const,
    'asks to come back at once': () => [[{ type: 'retry', ms: 0 }], 'eof'] as const,
  };
  const cases = Object.keys(openings).flatMap((name) =>
    (['read', 'merely started'] as const).map((how) => ({ name, how })),
  );

  it.each(cases)('grow for a peer that $name, where it is $how', async ({ name, how }) => {
    const script = openings[name as keyof typeof openings];
    const { stream, clock, heard } = onVirtualClock(scriptedSource({ script }), { maxAttempts: 4 });
    const reading = how === 'read' ? read(stream) : null;
    if (reading === null) stream.start();
    await clock.advance(60_000);
    expect(eventsOf(heard, 'waiting').map(({ delayMs }) => delayMs)).toEqual(
      // The first event of all is new: it gives the count back once, and that is 0 anyhow.
      [1000, 2000, 4000, 8000],
    );
    expect(eventsOf(heard, 'failed').map(({ kind }) => kind)).toEqual(['exhausted']);
    expect((await reading?.ended)?.kind).toBe(reading === null ? undefined : 'exhausted');
  });

  it('are at least what the server asked for, and above maxServerDelayMs the stream gives up', async () => {
    const ask = (ms: number) =>
      onVirtualClock(
        scriptedSource({ script: [[[{ type: 'retry', ms }], 'eof'], [[item(1)]]] }),
        {},
      );
    const long = ask(70_000);
    long.stream.start();
    await long.clock.advance(69_999);
    expect(long.stream.state).toBe('waiting');
    await long.clock.advance(1);
    expect(long.stream.state).toBe('connected');
    const tooLong = ask(2 ** 31);
    tooLong.stream.start();
    expect((await tooLong.stream.done).error?.kind).toBe('server-delay');
  });
});

interface Run {
  readonly path: string;
  readonly tag: string;
  readonly stream: ReconnectingStream<unknown>;
  readonly heard: readonly ReconnectEvent[];
}

let runs = 0;

function run(path: string, how: 'read' | 'merely started'): Run {
  const tag = `run=${++runs}.`;
  const url = `${server.url}${path}${path.includes('?') ? '&' : '?'}${tag}`;
  const stream = reconnectStream(sse({ url }));
  const heard = record(stream);
  if (how === 'read') read(stream);
  else stream.start();
  return { path, tag, stream, heard };
}

function countOf(tag: string): number {
  return server.requests.filter(({ url }) => url.search.includes(tag)).length;
}
