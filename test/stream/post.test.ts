/** A request that costs money is never sent again by surprise. */

import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReconnectError, reconnectStream } from '../../src/index.js';
import type { Classification, ClassifyContext, ReconnectOptions } from '../../src/index.js';
import { sse } from '../../src/sources/index.js';
import { eventsOf, inState, onVirtualClock, read, record } from '../support/facts.js';
import { scriptedSource } from '../../src/testing/index.js';
import { END, bare } from '../support/numbered-log.js';
import { END as END_TYPE, startServer } from '../support/server.js';
import type { TestServer } from '../support/server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** Where the first answer breaks; a second one would be whole. */
const CUTS: Record<string, string> = {
  'before the headers': '/bare-cut?at=-1',
  'before the first byte of the body': '/bare-cut?at=0',
  'after the first byte': '/bare-cut?at=1',
  'after the first event': '/bare-cut?at=9',
  'in the middle, by a reset': '/bare-cut?at=20&kind=rst',
  'by a 500': '/status-then-ok?first=500&n=2',
  'by a 504 with Retry-After': '/status-then-ok?first=504&value=0&n=2',
};

describe('a POST without a way to resume', () => {
  it.each(Object.keys(CUTS))(
    'cut %s is sent once, and the stream fails and says why',
    async (cut) => {
      const { stream, heard, sent } = post(cut);
      const error = await read(stream).ended;
      expect(error?.kind).toBe('not-resumable');
      expect(error?.message).toContain('allowRestart');
      expect(error?.message).toMatch(/run, and bill, the work again/);
      expect((await stream.done).status).toBe('failed');
      expect(eventsOf(heard, 'failed').map(({ kind }) => kind)).toEqual(['not-resumable']);
      expect(eventsOf(heard, 'waiting')).toEqual([]);
      expect(sent()).toBe(1);
    },
  );

  it.each(Object.keys(CUTS))('cut %s is sent again where the caller allows it', async (cut) => {
    const { stream, heard, sent } = post(cut, { allowRestart: true });
    const items: string[] = [];
    stream.on('restarted', () => (items.length = 0));
    for await (const { data } of stream) items.push(data);
    expect(items).toEqual(['1', '2', '']);
    expect(sent()).toBe(2);
    const hadItems = ['after the first event', 'in the middle, by a reset'].includes(cut);
    expect(eventsOf(heard, 'restarted')).toHaveLength(hadItems ? 1 : 0);
    expect(eventsOf(heard, 'connected').at(-1)?.resumed).toBe(false);
    expect((await stream.done).streamState.chunksReceived).toBe(3);
  });

  it('whose connection is refused is sent again: nothing has reached the server', async () => {
    const port = await freePort();
    const stream = reconnectStream(sse({ url: `http://127.0.0.1:${port}/`, method: 'POST' }), {
      initialBackoffMs: 1,
      maxAttempts: 3,
    });
    const heard = record(stream);
    const error = await read(stream).ended;
    expect({ kind: error?.kind, code: error?.code }).toEqual({
      kind: 'exhausted',
      code: 'ECONNREFUSED',
    });
    expect(eventsOf(heard, 'waiting')).toHaveLength(3);
  });

  it('is sent again by retryNow(), which is no surprise, and starts the stream over', async () => {
    const { stream, heard, sent } = post('after the first event');
    stream.start();
    await inState(stream, 'failed');
    const { done } = stream;
    expect((await done).status).toBe('failed');
    stream.retryNow();
    expect(stream.done).not.toBe(done);
    expect((await stream.done).status).toBe('complete');
    expect(sent()).toBe(2);
    expect(eventsOf(heard, 'restarted')).toHaveLength(1);
  });
});

describe('work that would run again', () => {
  const options = { resume: 'none', reopen: 'restarts-work' } as const;

  it('is not opened again by resume() after a pause in mid-stream', async () => {
    const source = scriptedSource({ ...options, script: () => [[bare(1)]] });
    const { stream, clock } = onVirtualClock(source);
    stream.start();
    await clock.settle();
    stream.pause();
    stream.resume();
    expect(stream.state).toBe('failed');
    expect((await stream.done).error?.kind).toBe('not-resumable');
    expect(source.openings).toHaveLength(1);
  });

  it('is not opened again by retryNow() on a paused stream either', async () => {
    const source = scriptedSource({ ...options, script: () => [[bare(1)]] });
    const { stream, clock } = onVirtualClock(source);
    stream.start();
    await clock.settle();
    stream.pause();
    stream.retryNow();
    expect(stream.state).toBe('failed');
    expect(source.openings).toHaveLength(1);
  });

  it('is opened by resume() after a pause while it waits for a server that refused it', async () => {
    const stream = reconnectStream(
      sse({ url: `http://127.0.0.1:${await freePort()}/`, method: 'POST' }),
      { initialBackoffMs: 60_000, jitter: 'none' },
    );
    stream.start();
    await inState(stream, 'waiting');
    stream.pause();
    stream.resume();
    expect(stream.state).toBe('connecting');
    await inState(stream, 'waiting');
    stream.close();
  });

  it('is opened once by resume() where it was paused before it was opened', async () => {
    const source = scriptedSource({ ...options, script: () => [[bare(1), END]] });
    const { stream, clock } = onVirtualClock(source);
    stream.pause();
    stream.resume();
    await clock.settle();
    expect((await stream.done).status).toBe('complete');
    expect(source.openings).toHaveLength(1);
  });

  it('is not opened again by retryNow() on a live stream', async () => {
    const source = scriptedSource({ ...options, script: () => [[bare(1)]] });
    const { stream, clock } = onVirtualClock(source);
    stream.start();
    await clock.settle();
    stream.retryNow();
    await clock.settle();
    expect({ state: stream.state, opened: source.openings.length }).toEqual({
      state: 'connected',
      opened: 1,
    });
    stream.close();
  });

  it('is not opened again by the checkpoint of a stream that was restored and never started', () => {
    const source = scriptedSource(options);
    const first = reconnectStream(source);
    first.start();
    expect(source.openings).toHaveLength(1);
    const restored = reconnectStream(source, { checkpoint: first.checkpoint() });
    const again = reconnectStream(source, { checkpoint: restored.checkpoint() });
    again.start();
    expect(again.state).toBe('failed');
    expect(source.openings).toHaveLength(1);
    first.close();
  });

  it('is opened from the checkpoint of a stream that was paused before it was opened', () => {
    const first = reconnectStream(scriptedSource(options));
    first.pause();
    const source = scriptedSource(options);
    const stream = reconnectStream(source, { checkpoint: first.checkpoint() });
    stream.start();
    expect(source.openings).toHaveLength(1);
    stream.close();
  });

  it('is not opened again by a checkpoint of its middle', async () => {
    const first = onVirtualClock(scriptedSource({ ...options, script: () => [[bare(1)]] }));
    read(first.stream);
    await first.clock.settle();
    const checkpoint = first.stream.checkpoint();
    first.stream.close();
    const source = scriptedSource({ ...options, script: () => [[bare(1)]] });
    const { stream, clock } = onVirtualClock(source, { checkpoint });
    stream.start();
    await clock.settle();
    expect({ state: stream.state, opened: source.openings.length }).toEqual({
      state: 'failed',
      opened: 0,
    });
  });
});

/** Answers that refuse a request before any work. */
const REFUSALS: Record<string, string> = {
  'a 425': '/status-then-ok?first=425&n=2',
  'a 429': '/status-then-ok?first=429&n=2',
  'a 429 with Retry-After': '/status-then-ok?first=429&value=0&n=2',
  'a 503': '/status-then-ok?first=503&n=2',
  'a 529': '/status-then-ok?first=529&n=2',
};

describe('a POST that was refused before any work', () => {
  it.each(Object.keys(REFUSALS))('by %s is sent again: nothing is repeated', async (by) => {
    for (const classify of [undefined, () => undefined]) {
      const { stream, heard, sent } = post(by, { classify });
      expect(await read(stream).ended).toBeNull();
      expect(await stream.done).toMatchObject({ status: 'complete' });
      expect(sent()).toBe(2);
      expect(eventsOf(heard, 'waiting')).toHaveLength(1);
      expect(eventsOf(heard, 'restarted')).toEqual([]);
    }
  });

  it('waits as long as the server asks, and no shorter than the backoff', async () => {
    const asked = [5000, 100];
    const source = scriptedSource<number>({
      resume: 'none',
      reopen: 'restarts-work',
      script: (_, nth) => (nth < 2 ? { refuses: refusal(asked[nth]) } : [[bare(1), END]]),
    });
    const { stream, clock, heard } = onVirtualClock(source);
    const { ended } = read(stream);
    await clock.advance(7000);
    expect(await ended).toBeNull();
    expect(eventsOf(heard, 'waiting').map(({ delayMs }) => delayMs)).toEqual([5000, 2000]);
  });

  it('says so when the server asks for too long a wait, and may be sent by hand', async () => {
    const source = scriptedSource<number>({
      resume: 'none',
      reopen: 'restarts-work',
      script: (_, nth) => (nth === 0 ? { refuses: refusal(1e6) } : [[bare(1), END]]),
    });
    const { stream } = onVirtualClock(source);
    expect((await read(stream).ended)?.kind).toBe('server-delay');
    stream.retryNow();
    expect((await stream.done).status).toBe('complete');
    expect(source.openings.map(({ fresh }) => fresh)).toEqual([true, true]);
  });

  it('is sent again where the error, or classify, says that it was refused', async () => {
    const busy = new ReconnectError('source', 'the model is loading');
    const classify = ({ error, refused }: ClassifyContext): Classification | undefined =>
      error === busy && !refused ? { refused: true } : undefined;
    expect(await attemptsAfter(busy)).toBe(1);
    expect(await attemptsAfter(busy, { classify })).toBe(2);
    expect(await attemptsAfter(Object.assign(busy, { refused: true }))).toBe(2);
    const says = new ReconnectError('http', 'busy', { status: 503 });
    expect(await attemptsAfter(says)).toBe(2);
    expect(await attemptsAfter(says, { classify: () => ({ refused: false }) })).toBe(1);
    expect(await attemptsAfter(Object.assign(says, { refused: false }))).toBe(1);
  });

  it('goes on with the answer so far where it is a continuation', async () => {
    const source = scriptedSource<number>({
      resume: 'continuation',
      reopen: 'restarts-work',
      script: (_, nth) =>
        nth === 0 ? [[bare(1)], 'drop'] : nth < 4 ? { refuses: refusal(0) } : [[bare(2), END]],
    });
    const { stream, clock, heard } = onVirtualClock(source);
    const { items, ended } = read(stream);
    await clock.advance(60_000);
    expect(await ended).toBeNull();
    expect(items).toEqual([1, 2]);
    expect(source.openings.map(({ items: at }) => at)).toEqual([0, 1, 1, 1, 1]);
    expect(eventsOf(heard, 'restarted')).toEqual([]);
  });
});

describe('a request that began work', () => {
  it.each(['is refused', 'never reaches the server'])(
    'is remembered when a later one %s: only that one may be sent again',
    async (fate) => {
      const refuses =
        fate === 'is refused'
          ? refusal(0)
          : Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
      // As a run that is kept: a POST begins it, a GET goes on with it.
      const source = scriptedSource<number>({
        resume: 'cursor',
        reopen: 'restarts-work',
        script: (_, nth) =>
          nth === 0
            ? [[{ type: 'checkpoint', cursor: 'a' }], 'drop']
            : nth < 3
              ? { refuses }
              : { refuses: new ReconnectError('cursor-rejected', 'gone') },
      });
      const { stream, clock } = onVirtualClock(source);
      const { ended } = read(stream);
      await clock.advance(60_000);
      expect((await ended)?.kind).toBe('not-resumable');
      expect(source.openings.map(({ fresh }) => fresh)).toEqual([true, false, false, false]);
    },
  );

  it('is remembered by a checkpoint that is saved after a refusal', async () => {
    const source = scriptedSource<number>({
      resume: 'none',
      reopen: 'restarts-work',
      script: [['drop'], { refuses: refusal(0) }],
    });
    const { stream, clock } = onVirtualClock(source, { allowRestart: true });
    stream.start();
    await clock.advance(1000);
    expect(stream.checkpoint()).toMatchObject({ state: 'waiting', sent: true });
    const first = scriptedSource<number>({ ...source, script: [{ refuses: refusal(0) }] });
    const other = onVirtualClock(first);
    other.stream.start();
    await other.clock.settle();
    expect(other.stream.checkpoint()).toMatchObject({ state: 'waiting', sent: false });
  });
});

/** An answer that refuses the request, as sources report it. */
function refusal(retryAfterMs = 0): ReconnectError {
  const facts = { fatal: false, refused: true, retryAfterMs };
  return Object.assign(new ReconnectError('http', 'too many', { status: 429 }), facts);
}

/** How often a POST is sent whose first answer is this error. */
async function attemptsAfter(
  refuses: Error,
  options: Pick<ReconnectOptions, 'classify'> = {},
): Promise<number> {
  const source = scriptedSource<number>({
    resume: 'none',
    reopen: 'restarts-work',
    script: (_, nth) => (nth === 0 ? { refuses } : [[bare(1), END]]),
  });
  const { stream, clock } = onVirtualClock(source, options);
  read(stream);
  await clock.advance(1000);
  await stream.done;
  return source.openings.length;
}

let runs = 0;

function post(cut: string, options: ReconnectOptions = {}) {
  const tag = `post=${++runs}.`;
  const path = CUTS[cut] ?? REFUSALS[cut] ?? '';
  const url = `${server.url}${path}&${tag}`;
  const source = sse({
    url,
    method: 'POST',
    body: '{"prompt":"…"}',
    resume: 'none',
    isEnd: ({ type }) => type === END_TYPE,
  });
  const stream = reconnectStream(source, { initialBackoffMs: 1, ...options });
  const sent = (): number =>
    server.requests.filter(({ method, url }) => method === 'POST' && url.search.includes(tag))
      .length;
  return { stream, heard: record(stream), sent };
}

/** A port at which nobody listens. */
async function freePort(): Promise<number> {
  const server_ = createServer();
  await new Promise<void>((resolve) => server_.listen(0, '127.0.0.1', resolve));
  const { port } = server_.address() as AddressInfo;
  await new Promise((resolve) => void server_.close(resolve));
  return port;
}
