import { inspect } from 'node:util';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { sse } from '../../../src/sources/index.js';
import type { HeadersContext, SseEvent, SseOptions } from '../../../src/sources/index.js';
import { startServer } from '../../support/server.js';
import type { TestServer } from '../../support/server.js';
import { facts, openError, readAll, streamResponse } from '../drive.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

interface Echo {
  method: string;
  headers: Record<string, string>;
  body: string;
}
async function echo(options: Partial<SseOptions>, at = {}): Promise<Echo> {
  const { data, error } = await readAll(sse({ url: `${server.url}/echo`, ...options }), at);
  if (error) throw error;
  return JSON.parse(data[0]?.data ?? '') as Echo;
}

describe('what is sent', () => {
  it('asks for an event stream, uncached, without a cursor at first', async () => {
    const { method, headers } = await echo({});
    expect(method).toBe('GET');
    expect(headers).toMatchObject({ accept: 'text/event-stream', 'cache-control': 'no-cache' });
    expect(headers).not.toHaveProperty('last-event-id');
  });

  it('takes headers in any form, and lets them override Accept', async () => {
    for (const headers of [
      { Accept: 'a/b' },
      new Headers({ Accept: 'a/b' }),
      [['ACCEPT', 'a/b']],
    ]) {
      expect((await echo({ headers: headers as HeadersInit as Headers })).headers['accept']).toBe(
        'a/b',
      );
    }
  });

  it('sends the cursor once, as UTF-8, whatever the headers say', async () => {
    const headers = { 'LAST-event-id': 'old' };
    const sent = async (at: object): Promise<string | undefined> =>
      (await echo({ headers }, at)).headers['last-event-id'];
    expect(await sent({ cursor: 'new' })).toBe('new');
    expect(await sent({ cursor: '' })).toBeUndefined();
    expect(await sent({})).toBe('old');
    const received = (await sent({ cursor: 'ä…😀' })) ?? '';
    expect(Buffer.from(received, 'latin1').toString('utf8')).toBe('ä…😀');
  });

  it('starts from lastEventId, and forgets it once there is a cursor', async () => {
    const sent = async (at: object): Promise<string | undefined> =>
      (await echo({ lastEventId: '5' }, at)).headers['last-event-id'];
    expect(await sent({})).toBe('5');
    expect(await sent({ cursor: '6' })).toBe('6');
    expect(await sent({ cursor: '' })).toBeUndefined();
  });

  it('sends no cursor where the stream is not resumed by one', async () => {
    expect((await echo({ resume: 'count' }, { cursor: '6' })).headers).not.toHaveProperty(
      'last-event-id',
    );
  });

  it.each(['a\nb', 'a\0b', 'a\u0001b', 'x'.repeat(5000)])(
    'refuses the cursor %j',
    async (cursor) => {
      const error = await openError(sse({ url: `${server.url}/echo` }), { cursor });
      expect(facts(error)).toEqual({ kind: 'not-resumable', fatal: true });
    },
  );

  it('asks functions for URL, headers and body at each attempt', async () => {
    const url = vi.fn(() => `${server.url}/echo`);
    const body = vi.fn(({ items }: { items: number }) => `from ${items}`);
    const headers = vi.fn(async ({ attempt }: HeadersContext) => ({ 'x-attempt': `${attempt}` }));
    const options = { url, headers, body, method: 'post' };
    expect((await echo(options, { items: 4 })).body).toBe('from 4');
    expect(await echo(options, { items: 5, attempt: 2 })).toMatchObject({
      method: 'POST',
      body: 'from 5',
      headers: { 'x-attempt': '2' },
    });
    expect(url).toHaveBeenCalledWith(expect.objectContaining({ items: 5, refresh: false }));
    expect(Object.keys(headers.mock.lastCall?.[0] ?? {})).toEqual(['attempt', 'refresh', 'signal']);
  });
});

describe('a refused token', () => {
  it('is refreshed once within the attempt, with the same cursor', async () => {
    const seen = server.requests.length;
    const headers = vi.fn(({ refresh }: HeadersContext) => ({
      authorization: `Bearer ${refresh ? 'new' : 'old'}`,
    }));
    const source = sse({ url: `${server.url}/token?n=3`, headers });
    const { data } = await readAll(source, { cursor: '1' });
    expect(data.map((event) => event.data)).toEqual(['2', '3', '']);
    expect(headers).toHaveBeenCalledTimes(2);
    expect(server.requests.slice(seen).map((one) => one.headers['last-event-id'])).toEqual([
      '1',
      '1',
    ]);
  });

  it('is final when the new one is refused as well', async () => {
    const headers = vi.fn(() => ({ authorization: 'Bearer old' }));
    const error = await openError(sse({ url: `${server.url}/token`, headers }));
    expect(facts(error)).toEqual({ kind: 'http', fatal: true, status: 401 });
    expect(headers).toHaveBeenCalledTimes(2);
  });

  it('is refreshed once for streams that are refused together', async () => {
    let refreshes = 0;
    let release: () => void = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const headers = async ({ refresh }: HeadersContext): Promise<Record<string, string>> => {
      if (refresh) {
        refreshes++;
        await released;
      }
      return { authorization: `Bearer ${refresh ? 'new' : 'old'}` };
    };
    // The third is refused when the refresh is already done.
    let refuseLast: () => void = () => {};
    const refused = new Promise<void>((resolve) => (refuseLast = resolve));
    const fetchAs =
      (last: boolean): SseOptions['fetch'] =>
      async (_, init) => {
        const { authorization } = init.headers as Record<string, string>;
        if (authorization === 'Bearer new') return streamResponse(['data: x\n\n']);
        if (last) await refused;
        return new Response('', { status: 401 });
      };
    const url = 'http://test.invalid/';
    const reads = [false, false, true].map((last) =>
      readAll(sse({ url, headers, fetch: fetchAs(last) })),
    );
    release();
    await Promise.all(reads.slice(0, 2));
    refuseLast();
    for (const { error } of await Promise.all(reads)) expect(error).toBeUndefined();
    expect(refreshes).toBe(1);
  });
});

describe('a function of the user', () => {
  const boom = (): never => {
    throw new Error('SECRET');
  };
  const reject = async (): Promise<never> => boom();
  it.each(['url', 'headers', 'body'] as const)(
    'for %s that throws or rejects is a temporary fault',
    async (name) => {
      for (const part of [boom, reject]) {
        const options: SseOptions = { url: `${server.url}/echo`, method: 'POST', [name]: part };
        const error = await openError(sse(options));
        expect(facts(error)).toEqual({ kind: 'callback', fatal: false });
      }
    },
  );

  it.each([
    ['url', 'nowhere'],
    ['url', 7],
    ['headers', 'a: b'],
    ['headers', { a: undefined }],
    ['headers', { a: 'x\ny' }],
    ['body', {}],
    ['body', new ReadableStream()],
  ])('for %s that returns %o is a mistake', async (name, value) => {
    const options = { url: `${server.url}/echo`, method: 'POST', [name]: () => value };
    expect(facts(await openError(sse(options)))).toEqual({ kind: 'config', fatal: true });
  });
});

it.each([
  [undefined],
  [{}],
  [{ url: 'nowhere' }],
  [{ url: 'ftp://127.0.0.1/' }],
  [{ url: 'http://user:SECRET@127.0.0.1/' }],
  [{ url: 'http://127.0.0.1:25/' }],
  [{ method: 'TRACE' }],
  [{ method: 5 }],
  [{ headers: { a: 5 } }],
  [{ headers: { 'a b': 'SECRET' } }],
  [{ headers: { a: 'SECRET\n' + 'x' } }],
  [{ body: 'SECRET' }],
  [{ method: 'POST', body: { a: 'SECRET' } }],
  [{ method: 'POST', body: new ReadableStream() }],
  [{ isEnd: true }],
  [{ fetch: {} }],
  [{ terminal: 'SECRET' }],
  [{ resume: true }],
  [{ reopen: 'never' }],
  [{ lastEventId: 5 }],
  [{ lastEventId: 'a\nb' }],
  [{ maxLineBytes: 0 }],
  [{ maxEventBytes: Infinity }],
  [{ name: 5 }],
])('options %o are refused at once, with what to write instead', (wrong) => {
  const given = wrong && typeof wrong === 'object' && 'url' in wrong;
  const bare = typeof wrong !== 'object' || Object.keys(wrong).length === 0;
  const options = given || bare ? wrong : { url: 'http://127.0.0.1/', ...wrong };
  let error: unknown;
  try {
    sse(options as SseOptions);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ kind: 'config', name: 'ReconnectError' });
  expect((error as Error).message).toMatch(/^expected .+, got .+; write /);
  expect(String(error)).not.toContain('SECRET');
});

it('is safe to open again as a GET, and restarts work as a POST', () => {
  expect(sse({ url: 'http://127.0.0.1/' })).toMatchObject({
    name: 'sse',
    resume: 'cursor',
    terminal: 'explicit',
    reopen: 'safe',
  });
  expect(sse({ url: 'http://127.0.0.1/', method: 'POST' }).reopen).toBe('restarts-work');
});

it('shows no secret in the source, its messages or its plain errors', async () => {
  const canary = 'CANARY';
  const options: Omit<SseOptions, 'fetch'> = {
    url: `http://127.0.0.1/${canary}?key=${canary}`,
    method: 'POST',
    headers: { authorization: canary, [`x-${canary}`]: canary },
    body: canary,
  };
  const failing = [
    (): Promise<Response> => Promise.reject(new TypeError(canary, { cause: new Error(canary) })),
    (): Promise<Response> =>
      Promise.resolve(new Response(canary, { status: 500, statusText: canary })),
    (): Promise<Response> =>
      Promise.resolve(new Response(canary, { headers: { 'content-type': `${canary} ${canary}` } })),
    (): Promise<Response> => Promise.resolve(Response.redirect(`http://${canary}.test/`)),
    (): Promise<Response> => Promise.resolve(canary as unknown as Response),
    (): Promise<Response> => Promise.resolve(streamResponse([`{"${canary}": 1}`])),
  ];
  for (const fetch of failing) {
    const source = sse({ ...options, fetch });
    expect(inspect(source, { depth: 9, showHidden: true })).not.toContain(canary);
    const { error } = await readAll<SseEvent>(source);
    expect(error).toBeDefined();
    expect(JSON.stringify(error) + String(error) + error?.stack).not.toContain(canary);
    expect(JSON.stringify(Object.entries(error ?? {}))).not.toContain(canary);
  }
});
