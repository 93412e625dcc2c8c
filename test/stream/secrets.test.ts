/** A secret that goes out with a request appears in nothing that the library shows. */

import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ReconnectError, reconnectStream } from '../../src/index.js';
import type { ReconnectingStream, ReconnectOptions, StreamSource } from '../../src/index.js';
import { sse } from '../../src/sources/index.js';
import { scriptedSource } from '../../src/testing/index.js';
import { WebSocket as WebSocketOfWs } from 'ws';
import type { SseOptions } from '../../src/sources/index.js';
import { inState, once, read, record } from '../support/facts.js';
import { END as END_TYPE, startServer } from '../support/server.js';
import type { TestServer } from '../support/server.js';

const SECRET = 'canary-5f1d';

/** The whole machine is looked through at every event: seconds where others need the processor too. */
vi.setConfig({ testTimeout: 60_000 });

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** Where the secret is, and what happens to the request. */
const CASES: Record<string, () => SseOptions> = {
  'in every part of a request that works': () => ({
    url: `${server.url}/ok?key=${SECRET}`,
    method: 'POST',
    headers: { authorization: `Bearer ${SECRET}` },
    body: SECRET,
    isEnd: ({ type }) => type === END_TYPE,
  }),
  'in what providers give, and the stream is cut': () => ({
    url: () => `${server.url}/resume?bytes=30&key=${SECRET}`,
    headers: () => ({ authorization: `Bearer ${SECRET}` }),
    isEnd: ({ type }) => type === END_TYPE,
  }),
  'in a request that is refused': () => ({
    url: `${server.url}/status?code=403&key=${SECRET}`,
    headers: () => ({ authorization: SECRET }),
  }),
  'in a request that gets no stream': () => ({
    url: `${server.url}/html?key=${SECRET}`,
    headers: { cookie: SECRET },
  }),
  'in a redirect': () => ({
    url: `${server.url}/redirect?to=${encodeURIComponent(`http://${SECRET}.invalid/`)}`,
  }),
  'in the URL of a port where nobody listens': () => ({ url: `http://127.0.0.1:2/${SECRET}` }),
  'in the error of a fetch': () => ({
    url: `${server.url}/ok?key=${SECRET}`,
    fetch: (url) =>
      Promise.reject(
        Object.assign(new TypeError(`cannot fetch ${url}`), { cause: new Error(SECRET), url }),
      ),
  }),
  'in the error of a fetch that throws': () => ({
    url: `${server.url}/ok`,
    fetch: () => {
      throw new Error(SECRET);
    },
  }),
  'in a body that breaks': () => ({
    url: `${server.url}/ok`,
    fetch: () =>
      Promise.resolve(
        new Response(new ReadableStream({ pull: (body) => body.error(new Error(SECRET)) }), {
          headers: { 'content-type': 'text/event-stream' },
        }),
      ),
  }),
  'in a content type': () => ({
    url: `${server.url}/type?type=${SECRET}`,
  }),
  'in a URL that a provider gives and that is none': () => ({ url: () => `not a url ${SECRET}` }),
  'in userinfo that a provider gives': () => ({ url: () => `http://user:${SECRET}@127.0.0.1/` }),
  'in a header that HTTP forbids': () => ({
    url: `${server.url}/ok`,
    headers: () => ({ authorization: `${SECRET}\nx` }),
  }),
  'in the error of a provider of headers': () => ({
    url: `${server.url}/ok`,
    headers: () => {
      throw new Error(SECRET);
    },
  }),
  'in the rejection of a provider of URLs': () => ({
    url: () => Promise.reject(new Error(SECRET)),
  }),
  'in the error of isEnd': () => ({
    url: `${server.url}/ok`,
    isEnd: () => {
      throw new Error(SECRET);
    },
  }),
  'in a provider that is refused twice': () => ({
    url: `${server.url}/token?token=other`,
    headers: () => ({ authorization: SECRET }),
  }),
};

describe('a secret', () => {
  it.each(Object.keys(CASES))('%s is nowhere to be seen', async (name) => {
    const shown = new Shown();
    const source = sse((CASES[name] as () => SseOptions)());
    const stream = shown.watch(source, { maxAttempts: 1, initialBackoffMs: 1 });
    shown.add('idle', stream.checkpoint());
    for (const state of ['connecting', 'connected', 'waiting', 'failed', 'closed'] as const) {
      void inState(stream, state).then(() =>
        shown.add(state, stream.checkpoint(), stream.snapshot),
      );
    }
    const error = await read(stream).ended;
    shown.add('error', error, error?.message, error?.stack, String(error));
    shown.add('done', await stream.done, source, stream.actor, stream.checkpoint());
    shown.add('persisted', stream.actor.getPersistedSnapshot(), stream.snapshot);
    expect(shown.leaks).toEqual([]);
    // The search must be able to find something: all of it names the states.
    expect(shown.size).toBeGreaterThan(20);
  });

  it.each([
    { url: `http://user:${SECRET}@127.0.0.1/` },
    { url: `not a url ${SECRET}` },
    { url: `ftp://127.0.0.1/${SECRET}` },
    { url: 'http://127.0.0.1/', headers: { authorization: `${SECRET}\nx` } },
    { url: 'http://127.0.0.1/', body: SECRET },
    { url: 'http://127.0.0.1/', lastEventId: `${SECRET}\n` },
  ])('in options that cannot work is not in the error that is thrown: %#', (options) => {
    let thrown: unknown;
    try {
      sse(options);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ReconnectError);
    const shown = new Shown();
    shown.add('thrown', thrown, (thrown as Error).message, (thrown as Error).stack);
    expect(shown.leaks).toEqual([]);
  });

  it.each([
    ['a URL that is none', () => fetch(`not a url ${SECRET}`)],
    ['a URL of no known scheme', () => fetch(`x:${SECRET}`)],
    ['the user of a URL', () => fetch(`http://user:${SECRET}@127.0.0.1/`)],
    ['a query', () => fetch(`http://127.0.0.1:2/?key=${SECRET}`)],
    ['a path', () => fetch(`http://127.0.0.1:2/${SECRET}`)],
    ['a header', () => fetch(server.url, { headers: { authorization: `${SECRET}\nx` } })],
    [
      'a header beyond Latin-1',
      () => fetch(server.url, { headers: { authorization: `${SECRET}€` } }),
    ],
    ['the URL of a WebSocket', () => new WebSocketOfWs(`http://x:${SECRET}@[/?k=${SECRET}`)],
  ] as const)(
    'in %s is in no text of the error that a source of one’s own lets through',
    async (_, run) => {
      const shown = new Shown();
      const source = scriptedSource<never>();
      const open = (): Promise<never> => Promise.resolve(null).then<unknown>(run) as Promise<never>;
      const stream = shown.watch({ ...source, open }, { maxAttempts: 1, initialBackoffMs: 1 });
      const error = await read(stream).ended;
      expect(error?.kind).toBe('exhausted');
      shown.add('error', error, error?.message, error?.stack, String(error));
      shown.add('done', await stream.done, stream.actor, stream.checkpoint(), stream.snapshot);
      expect(shown.leaks).toEqual([]);
    },
  );

  it('in a reason of cancel() or of the signal reaches no listener', async () => {
    const shown = new Shown();
    const controller = new AbortController();
    const source = sse({ url: `${server.url}/stalled?n=1`, headers: { authorization: SECRET } });
    const stream = shown.watch(source, { signal: controller.signal });
    stream.start();
    await once(stream, 'progress');
    controller.abort(new Error(SECRET));
    shown.add('done', await stream.done, stream, stream.actor, stream.checkpoint());
    expect(shown.leaks).toEqual([]);
  });
});

/** Looks through everything that a user, a log or an inspector can see. */
class Shown {
  readonly leaks: string[] = [];
  /** How many texts were looked through. */
  size = 0;

  watch<T>(source: StreamSource<T>, options: ReconnectOptions): ReconnectingStream<T> {
    let last: unknown = null;
    const stream = reconnectStream(source, {
      ...options,
      inspect: (event) => {
        last = event;
        // The rest of an inspection is the whole machine: 5 MB of text, looked through at the end.
        const { event: sent, snapshot } = event as { event?: unknown; snapshot?: Told };
        this.add(event.type, sent, snapshot?.context, snapshot?.output, snapshot?.error);
        this.#search(event.type, json(event));
      },
    });
    const heard = record(stream);
    void stream.done.then(() => this.add('what it knows', heard, stream, last));
    stream.subscribe((snapshot) => this.add('snapshot', snapshot));
    return stream;
  }

  add(what: string, ...values: unknown[]): void {
    for (const value of values) {
      this.#search(what, inspect(value, { depth: 10, showHidden: true }));
      this.#search(what, json(value));
    }
  }

  #search(what: string, text: string): void {
    this.size += 1;
    if (text.includes(SECRET)) this.leaks.push(what);
  }
}

interface Told {
  readonly context?: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
}

function json(value: unknown): string {
  const seen = new Set<unknown>();
  const once_ = (_: string, part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    if (seen.has(part)) return '[seen]';
    seen.add(part);
    return part;
  };
  return JSON.stringify(value, once_) ?? '';
}
