/** Against the real server of Durable Streams, on loopback. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DurableStreamTestServer } from '@durable-streams/server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { reconnectStream } from '../../../src/index.js';
import type { ReconnectOptions } from '../../../src/index.js';
import { durableStream } from '../../../src/sources/index.js';
import type { DurableStreamOptions } from '../../../src/sources/index.js';
import { eventsOf, once, record } from '../../support/facts.js';
import { startCuttingProxy } from '../../support/cutting-proxy.js';
import type { CuttingProxy } from '../../support/cutting-proxy.js';
import { QUICK, readAll as readSource } from '../../support/read-all.js';
import type { ReadAll } from '../../support/read-all.js';
import { places } from '../../support/effort.js';

const WORDS = ['one', 'zwei ü', 'three 🌍', 'four', 'five'];

let server: DurableStreamTestServer;
let base: string;
let proxy: CuttingProxy;

beforeAll(async () => {
  server = new DurableStreamTestServer({ port: 0, host: '127.0.0.1', longPollTimeout: 300 });
  base = await server.start();
  proxy = await startCuttingProxy(base);
});
afterAll(async () => {
  await proxy.close();
  await server.stop();
});
afterEach(() => proxy.reset([]));

let streams = 0;

/** A new stream with these messages, each appended by itself. */
async function create(
  words: readonly string[],
  { isClosed = true, type = 'application/json' } = {},
): Promise<string> {
  const path = `/v1/stream/run-${streams++}`;
  await send(path, 'PUT', undefined, type);
  for (const word of words) await append(path, word, type);
  if (isClosed) await close(path);
  return path;
}

async function append(path: string, word: string, type = 'application/json'): Promise<void> {
  await send(path, 'POST', type === 'application/json' ? JSON.stringify(word) : word, type);
}

async function close(path: string): Promise<void> {
  const answer = await fetch(base + path, { method: 'POST', headers: { 'stream-closed': 'true' } });
  expect(answer.ok).toBe(true);
}

async function send(
  path: string,
  method: string,
  body: string | undefined,
  type: string,
): Promise<void> {
  const answer = await fetch(base + path, {
    method,
    headers: { 'content-type': type },
    ...(body === undefined ? {} : { body }),
  });
  expect(answer.ok).toBe(true);
}

function readAll(
  options: DurableStreamOptions,
  more?: ReconnectOptions,
): Promise<ReadAll<unknown>> {
  return readSource(durableStream(options), more);
}

describe.each(['sse', 'long-poll'] as const)('a durable stream read by %s', (live) => {
  it('arrives whole whatever byte it is cut at, and however', async () => {
    const path = await create(WORDS);
    proxy.reset([]);
    await readAll({ url: proxy.url + path, live });
    const size = proxy.passed;
    expect(size).toBeGreaterThan(40);
    for (const kind of ['rst', 'eof'] as const) {
      for (const at of places(size, 11, kind === 'rst' ? 0 : 5)) {
        proxy.reset([{ at, kind }]);
        const { items, error } = await readAll({ url: proxy.url + path, live });
        const label = `${kind} at ${at} of ${size}`;
        expect([label, error?.message ?? null, items]).toEqual([label, null, WORDS]);
      }
    }
  }, 300_000);

  it('so it does when it is delivered eagerly, after what is taken back', async () => {
    const path = await create(WORDS);
    await readAll({ url: proxy.url + path, live });
    const size = proxy.passed;
    for (const kind of ['rst', 'eof'] as const) {
      for (const at of places(size, 11, kind === 'rst' ? 0 : 5)) {
        proxy.reset([{ at, kind }]);
        const { items, error } = await readAll(
          { url: proxy.url + path, live },
          { delivery: 'eager' },
        );
        const label = `${kind} at ${at} of ${size}`;
        expect([label, error?.message ?? null, items]).toEqual([label, null, WORDS]);
      }
    }
  }, 300_000);

  it('survives a second cut before anything new came, and a server that answers 503', async () => {
    const path = await create(WORDS);
    proxy.reset([{ at: 60, kind: 'rst' }, { at: 0, kind: 'rst' }, 503, { at: 10, kind: 'eof' }]);
    const { items, error } = await readAll({ url: proxy.url + path, live });
    expect(error).toBe(null);
    expect(items).toEqual(WORDS);
  });

  it.each(['commit', 'eager'] as const)(
    'more messages than fit into anything come in order, %s',
    async (delivery) => {
      const path = await create([], { isClosed: false });
      const total = 120_000;
      for (let from = 0; from < total; from += 5000) {
        const body = JSON.stringify(Array.from({ length: 5000 }, (_, n) => from + n));
        await send(path, 'POST', body, 'application/json');
      }
      await close(path);
      const stream = reconnectStream(durableStream<number>({ url: base + path, live }), {
        delivery,
      });
      let count = 0;
      for await (const batch of stream.batches()) {
        expect(batch).toEqual(batch.map((_, n) => count + n));
        count += batch.length;
      }
      expect([count, (await stream.done).status]).toEqual([total, 'complete']);
    },
    300_000,
  );

  it.each([
    ['application/json', true],
    ['application/json', false],
    ['text/plain', true],
    ['text/plain', false],
    ['application/octet-stream', true],
    ['application/octet-stream', false],
  ])('an empty one of %s, closed %s: ends, or waits', async (type, isClosed) => {
    const path = await create([], { isClosed, type });
    const stream = reconnectStream(durableStream({ url: base + path, live }), QUICK);
    const heard = record(stream);
    const reading = stream[Symbol.asyncIterator]().next();
    if (!isClosed) {
      // Longer than a long poll of this server.
      await once(stream, 'connected');
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(stream.state).toBe('connected');
      await close(path);
    }
    expect(await reading).toEqual({ done: true, value: undefined });
    expect((await stream.done).status).toBe('complete');
    expect(eventsOf(heard, 'dropped')).toEqual([]);
  });

  it('goes on while it is written, and ends when it is closed', async () => {
    const path = await create([], { isClosed: false });
    const stream = reconnectStream(durableStream<string>({ url: base + path, live }), QUICK);
    const got: string[] = [];
    for await (const word of writing(path, stream)) got.push(word);
    expect(got).toEqual(WORDS);
    expect((await stream.done).status).toBe('complete');
  });

  it('says openly that it is gone, or never was', async () => {
    const missing = await readAll({ url: `${base}/v1/stream/none`, live });
    expect(missing.error).toMatchObject({ kind: 'http', status: 404 });
    const gone = await readAll({
      url: `${base}/v1/stream/none`,
      live,
      offset: '0000000000000000_0000000000000009',
    });
    expect(gone.error?.kind).toMatch(/http|not-resumable/);
  });

  it('starts at the tail, and misses nothing from there on', async () => {
    const path = await create(['old'], { isClosed: false });
    const stream = reconnectStream(
      durableStream<string>({ url: base + path, live, offset: 'now' }),
      QUICK,
    );
    const connected = new Promise<void>((resolve) => stream.on('connected', () => resolve()));
    const reading = (async () => {
      const got: string[] = [];
      for await (const word of stream) got.push(word);
      return got;
    })();
    await connected;
    await append(path, 'new');
    await close(path);
    expect(await reading).toEqual(['new']);
  });
});

/** Writes the next word when the last one was read. */
async function* writing(path: string, stream: AsyncIterable<string>): AsyncGenerator<string> {
  const [first = '', ...rest] = WORDS;
  await append(path, first);
  for await (const word of stream) {
    yield word;
    const next = rest.shift();
    if (next === undefined) await close(path);
    else await append(path, next);
  }
}

describe('a durable stream', () => {
  it.each([
    ['text', 'text/plain', 'sse'],
    ['text', 'text/plain', 'long-poll'],
    ['bytes', 'application/octet-stream', 'sse'],
    ['bytes', 'application/octet-stream', 'long-poll'],
  ] as const)('of %s (%s) comes by %s', async (format, type, live) => {
    const path = await create(['one ', 'two ü'], { type });
    const { items, error } = await readAll({ url: base + path, live, format });
    expect(error).toBe(null);
    const parts = items.map((item) =>
      typeof item === 'string' ? item : new TextDecoder().decode(item as Uint8Array),
    );
    expect(parts.join('')).toBe('one two ü');
  });

  it('that breaks by the faults of its own server arrives whole', async () => {
    for (const fault of [
      { status: 503, retryAfter: 0, count: 2 },
      { dropConnection: true, count: 2 },
      { truncateBodyBytes: 9, count: 1 },
      { status: 429, retryAfter: 0, count: 1 },
    ]) {
      const path = await create(WORDS);
      server.injectFault(path, { ...fault, method: 'GET' });
      for (const live of ['long-poll', 'sse'] as const) {
        const { items, error } = await readAll({ url: base + path, live });
        expect([fault, error?.message ?? null, items]).toEqual([fault, null, WORDS]);
      }
    }
  });

  it('goes on from a checkpoint in a new process, after its server was restarted', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'durable-'));
    const first = new DurableStreamTestServer({ port: 0, host: '127.0.0.1', dataDir });
    const url = `${await first.start()}/v1/stream/kept`;
    const port = Number(new URL(url).port);
    const post = (body?: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body }),
      });
    await fetch(url, { method: 'PUT', headers: { 'content-type': 'application/json' } });
    await post('"one"');
    await post('"two"');
    const stream = reconnectStream(durableStream<string>({ url }), QUICK);
    const reading = stream[Symbol.asyncIterator]();
    expect((await reading.next()).value).toBe('one');
    expect((await reading.next()).value).toBe('two');
    const checkpoint = JSON.stringify(stream.checkpoint());
    stream.close();
    await first.stop();
    const second = new DurableStreamTestServer({ port, host: '127.0.0.1', dataDir });
    try {
      await second.start();
      // Sockets to the server before it are still in the pool of fetch.
      await post('"three"').catch(() => post('"three"'));
      await post(undefined, { 'stream-closed': 'true' });
      const { items, error } = await readAll({ url }, { checkpoint });
      expect([error, items]).toEqual([null, ['three']]);
    } finally {
      await second.stop();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  it('takes the planned end of a live connection for no drop', async () => {
    const path = await create(['one'], { isClosed: false });
    // The first connection ends cleanly behind a control event, as the protocol plans it.
    let first = true;
    const rotating: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      if (!first || !answer.body) return answer;
      first = false;
      const [reader, timer] = [
        answer.body.getReader(),
        new Promise((resolve) => setTimeout(resolve, 1100)),
      ];
      const { value } = await reader.read();
      const body = new ReadableStream<Uint8Array>({
        async start(controller) {
          if (value) controller.enqueue(value);
          await timer;
          await reader.cancel();
          controller.close();
          await append(path, 'two');
          await close(path);
        },
      });
      return new Response(body, { headers: answer.headers });
    };
    const { items, heard, error } = await readAll({
      url: base + path,
      fetch: rotating,
    });
    expect([error, items]).toEqual([null, ['one', 'two']]);
    expect(heard.map(({ type }) => type)).not.toContain('dropped');
    expect(heard.filter(({ type }) => type === 'attemptStarted')).toHaveLength(1);
  });

  it('is no way to a storm: a server that closes at once sees growing waits', async () => {
    let asked = 0;
    const closing = (): Promise<Response> => {
      asked += 1;
      const body = 'event: control\ndata: {"streamNextOffset":"0_0","upToDate":true}\n\n';
      return Promise.resolve(
        new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
      );
    };
    const stream = reconnectStream(durableStream({ url: 'http://127.0.0.1/', fetch: closing }));
    stream.start();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(asked).toBeLessThanOrEqual(4);
    stream.close();
  });

  it.each([
    [{ live: 'websocket' }, /live to be one of/],
    [{ format: 'xml' }, /format to be one of/],
    [{ maxBodyBytes: 0 }, /maxBodyBytes/],
    [{ offset: 7 }, /offset to be a string/],
  ])('refuses %j', (options, message) => {
    expect(() => durableStream({ url: 'http://127.0.0.1/', ...(options as object) })).toThrow(
      message,
    );
  });
});
