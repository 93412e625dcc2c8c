/** How patient a stream is where its caller does not say: by what giving up would cost. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import type {
  ReconnectEvent,
  ReconnectOptions,
  SourceItem,
  StreamSource,
} from '../../src/index.js';
import { sse } from '../../src/sources/index.js';
import { scriptedSource } from '../../src/testing/index.js';
import { eventsOf, onVirtualClock, read } from '../support/facts.js';

type Kind = Pick<StreamSource<number>, 'resume' | 'reopen'>;

const SHORT = 10_000;
const STALL = 45_000;
const LONG = 600_000;

/** Time to a first connection, and silence before an item, after one without an id, after one with an id. */
const TABLE: readonly (readonly [Kind['resume'], Kind['reopen'], readonly number[]])[] = [
  ['cursor', 'safe', [SHORT, STALL, STALL, STALL]],
  ['cursor', 'restarts-work', [LONG, LONG, LONG, STALL]],
  ['count', 'safe', [SHORT, STALL, STALL, STALL]],
  ['count', 'restarts-work', [LONG, STALL, STALL, STALL]],
  ['replay', 'safe', [SHORT, STALL, STALL, STALL]],
  ['replay', 'restarts-work', [LONG, STALL, STALL, STALL]],
  ['continuation', 'safe', [LONG, LONG, LONG, LONG]],
  ['continuation', 'restarts-work', [LONG, LONG, LONG, LONG]],
  ['live', 'safe', [SHORT, STALL, STALL, STALL]],
  ['none', 'safe', [LONG, LONG, LONG, LONG]],
  ['none', 'restarts-work', [LONG, LONG, LONG, LONG]],
];

const bare: SourceItem<number> = { type: 'data', data: 1, bytes: 1 };
const withId: SourceItem<number> = { ...bare, id: 'a' };

describe('by default', () => {
  it.each(TABLE)('a stream that resumes by %s, %s, waits', async (resume, reopen, expected) => {
    const kind = { resume, reopen };
    expect([
      await connectWindow(kind),
      await stallWindow(kind, []),
      await stallWindow(kind, [[bare]]),
      await stallWindow(kind, [[withId]]),
    ]).toEqual(expected);
  });

  it('a request that goes on with work that was begun is as patient as any that resumes', async () => {
    const source = scriptedSource<number>({
      resume: 'cursor',
      reopen: 'restarts-work',
      script: [[[withId], 'drop'], 'no answer'],
    });
    expect(await timeToEvent(source, ['waiting'], 2)).toBe(1000 + SHORT);
  });

  it('a position that comes late shortens the wait that is going on', async () => {
    const source = scriptedSource<number>({ resume: 'cursor', reopen: 'restarts-work' });
    const { stream, clock, heard } = onVirtualClock(source);
    read(stream);
    await clock.advance(60_000);
    source.push([withId]);
    await clock.advance(STALL - 1);
    expect(eventsOf(heard, 'stalled')).toEqual([]);
    await clock.advance(1);
    expect(eventsOf(heard, 'stalled')).toHaveLength(1);
    stream.close();
  });
});

describe('what the caller says', () => {
  it.each(TABLE)('holds for a stream that resumes by %s, %s', async (resume, reopen) => {
    const kind = { resume, reopen };
    const options = { connectTimeoutMs: 3000, stallTimeoutMs: 7000 };
    expect(await connectWindow(kind, options)).toBe(3000);
    expect(await stallWindow(kind, [], options)).toBe(7000);
  });
});

/** Time after which a connection that is not made is given up, in ms. */
function connectWindow(kind: Kind, options: ReconnectOptions = {}): Promise<number> {
  const source = scriptedSource<number>({ ...kind, script: ['no answer'] });
  return timeToEvent(source, ['waiting', 'failed'], 1, options);
}

/** Silence after which a connection is given up, in ms. */
function stallWindow(
  kind: Kind,
  steps: readonly (readonly SourceItem<number>[])[],
  options: ReconnectOptions = {},
): Promise<number> {
  return timeToEvent(scriptedSource<number>({ ...kind, script: [steps] }), ['stalled'], 1, options);
}

/** Time to the nth event of these types, in ms. */
async function timeToEvent(
  source: StreamSource<number>,
  types: readonly ReconnectEvent['type'][],
  nth: number,
  { connectTimeoutMs, stallTimeoutMs }: ReconnectOptions = {},
): Promise<number> {
  const { stream, clock, heard } = onVirtualClock(source, { connectTimeoutMs, stallTimeoutMs });
  read(stream);
  await clock.settle();
  while (heard.filter(({ type }) => types.includes(type)).length < nth && clock.nextAt !== null)
    await clock.advance(clock.nextAt - clock.now());
  stream.close();
  return clock.now();
}

it('a busy process is not taken for a silent peer: many streams, opened at once', async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: 1\n\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const streams = Array.from({ length: 50 }, () =>
    reconnectStream(sse(`http://127.0.0.1:${port}/`, { terminal: 'eof' }), {
      connectTimeoutMs: 50,
      maxAttempts: 0,
    }),
  );
  for (const stream of streams) stream.start();
  blockFor(100);
  const outcomes = await Promise.all(streams.map(({ done }) => done));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(outcomes.filter(({ status }) => status !== 'complete')).toEqual([]);
});

it('a peer that does not answer is given up after the time that was set, in real time too', async () => {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stream = reconnectStream(sse(`http://127.0.0.1:${port}/`), {
    connectTimeoutMs: 50,
    maxAttempts: 0,
  });
  stream.start();
  const { error } = await stream.done;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(error?.message).toContain('no answer within 50 ms');
});

function blockFor(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
