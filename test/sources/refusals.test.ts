/** What each refusal means to a request that runs a model: whether it may be sent again, and what goes out then. */

import { afterEach, describe, expect, it } from 'vitest';

import type { StreamSource } from '../../src/index.js';
import { openaiChat, sse } from '../../src/sources/index.js';
import type { HttpOptions } from '../../src/sources/index.js';
import { flakyServer } from '../../src/testing/index.js';
import type { FlakyResponse, FlakyServer } from '../../src/testing/index.js';
import { readAll } from '../support/read-all.js';
import { facts, openError } from './drive.js';
import { POSTS } from './posts.js';
import type { Post } from './posts.js';

let server: FlakyServer | undefined;
afterEach(() => server?.close());

const refusal = (status: number, headers: Record<string, string> = {}): FlakyResponse => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: '{}',
});

/** Sends the POST, which is answered by `first` and then as it should be; of what was not begun nothing can be read. */
async function run(
  { make, whole }: Post,
  first: FlakyResponse,
  options: Partial<HttpOptions> = {},
): Promise<{ status: string; sent: string[] }> {
  server = await flakyServer({
    paths: {
      '*': ({ method, nth }) => (method === 'GET' ? { status: 404 } : nth === 1 ? first : whole),
    },
  });
  const { status } = await readAll(make(`${server.url}/x`, options) as StreamSource<never>);
  const sent = server.requests.map(({ method }) => method);
  await server.close();
  return { status, sent };
}

const twice = { status: 'complete', sent: ['POST', 'POST'] };
/** The AI SDK's source asks by GET for the answer, whatever became of the POST. */
const postsOf = (sent: readonly string[]): number =>
  sent.filter((method) => method === 'POST').length;

describe.each(POSTS.map((post) => [post.name, post] as const))('a POST by %s', (_, post) => {
  it.each<[string, FlakyResponse]>([
    ['429', refusal(429)],
    ['429 with Retry-After', refusal(429, { 'retry-after': '0' })],
    ['425', refusal(425)],
    ['503', refusal(503)],
    ['529', refusal(529)],
    ['500 with x-should-retry: true', refusal(500, { 'x-should-retry': 'true' })],
    ['409 with x-should-retry: true', refusal(409, { 'x-should-retry': 'true' })],
  ])('that is refused by %s goes out again', async (_name, first) => {
    expect(await run(post, first)).toEqual(twice);
  });

  it.each<[string, FlakyResponse]>([
    ['429 with x-should-retry: false', refusal(429, { 'x-should-retry': 'false' })],
    ['500', refusal(500)],
    ['502', refusal(502)],
    ['408', refusal(408)],
    ['400', refusal(400)],
  ])('that is answered by %s goes out once', async (_name, first) => {
    const { status, sent } = await run(post, first);
    expect([status, postsOf(sent)]).toEqual(['failed', 1]);
  });

  it.each<[string, FlakyResponse]>([
    ['500', refusal(500)],
    ['a reset before any answer', { fault: { kind: 'rst', at: 'head' } }],
    ['a body that is cut before its first item', { ...post.whole, fault: { kind: 'rst', at: 0 } }],
  ])('with an idempotency key goes out again after %s', async (_name, first) => {
    expect(await run(post, first, { idempotencyKey: true })).toEqual(twice);
    const keys = server?.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys?.[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(keys).toEqual([keys?.[0], keys?.[0]]);
  });

  it('that is reset before any answer goes out once', async () => {
    const { status, sent } = await run(post, { fault: { kind: 'rst', at: 'head' } });
    expect([status, postsOf(sent)]).toEqual(['failed', 1]);
  });
});

describe('a refusal', () => {
  const response =
    (status: number, headers: Record<string, string>): HttpOptions['fetch'] =>
    () =>
      Promise.resolve(new Response(null, { status, headers }));
  const errorOf = (status: number, headers: Record<string, string> = {}, more = {}) =>
    openError(sse({ url: 'http://test.invalid/', fetch: response(status, headers), ...more }));

  it.each([425, 429, 503, 529])('%d says that nothing was begun', async (status) => {
    expect(await errorOf(status)).toMatchObject({ fatal: false, refused: true });
  });

  it.each([408, 500, 502, 504])('%d does not', async (status) => {
    const error = await errorOf(status);
    expect([error.fatal, 'refused' in error && error.refused === true]).toEqual([false, false]);
  });

  it('is what the server says of it', async () => {
    const yes = { 'x-should-retry': ' TRUE ' };
    const no = { 'x-should-retry': 'false' };
    expect(await errorOf(400, yes)).toMatchObject({ fatal: false, refused: true });
    expect(facts(await errorOf(503, no))).toEqual({ kind: 'http', fatal: true, status: 503 });
    expect(await errorOf(503, yes, { httpPolicy: 'spec' })).toMatchObject({ fatal: true });
    expect((await errorOf(503, { 'x-should-retry': 'maybe' })).fatal).toBe(false);
  });

  it.each<[Record<string, string>, number | undefined]>([
    [{ 'retry-after-ms': '1500' }, 1500],
    [{ 'retry-after-ms': '20.4', 'retry-after': '9' }, 21],
    [{ 'x-ms-retry-after-ms': '700' }, 700],
    [{ 'retry-after-ms': 'soon', 'retry-after': '2' }, 2000],
    [{ 'retry-after-ms': '-1' }, undefined],
  ])('with %j asks to wait %s ms', async (headers, ms) => {
    expect((await errorOf(429, headers)).retryAfterMs).toBe(ms);
  });

  it('may say in its body how long to wait', async () => {
    const body = '{"error":{"code":429,"details":[{"retryDelay":"2.5s"}]}}';
    const fetch = (): Promise<Response> => Promise.resolve(new Response(body, { status: 429 }));
    const error = await openError(sse({ url: 'http://test.invalid/', fetch }));
    expect(error.retryAfterMs).toBe(2500);
  });
});

describe('an idempotency key', () => {
  const url = 'http://127.0.0.1/';
  const keysOf = async (options: Partial<HttpOptions>, times = 2): Promise<unknown[]> => {
    const keys: unknown[] = [];
    const fetch: HttpOptions['fetch'] = (_url, { headers }) => {
      keys.push((headers as Record<string, string>)['idempotency-key']);
      return Promise.resolve(new Response(null, { status: 500 }));
    };
    const source = sse({ url, method: 'POST', fetch, ...options });
    for (let n = 0; n < times; n++) await openError(source);
    return keys;
  };

  it('is the one that is given, or a random one for each source', async () => {
    expect(await keysOf({ idempotencyKey: 'k-1' })).toEqual(['k-1', 'k-1']);
    const [a, b] = [await keysOf({ idempotencyKey: true }), await keysOf({ idempotencyKey: true })];
    expect(a[0]).toBe(a[1]);
    expect(a[0]).not.toBe(b[0]);
    expect(await keysOf({})).toEqual([undefined, undefined]);
    expect(await keysOf({ idempotencyKey: false })).toEqual([undefined, undefined]);
  });

  it('is the header of the caller where there is one, and never two', async () => {
    const headers = { 'Idempotency-Key': 'own' };
    expect(await keysOf({ idempotencyKey: true, headers })).toEqual(['own', 'own']);
    expect(await keysOf({ idempotencyKey: 'own', headers })).toEqual(['own', 'own']);
    const source = sse({ url, method: 'POST', idempotencyKey: 'other', headers });
    expect(facts(await openError(source))).toEqual({ kind: 'config', fatal: true });
    let n = 0;
    const changing = sse({
      url,
      method: 'POST',
      idempotencyKey: true,
      headers: () => ({ 'idempotency-key': `k${n++}` }),
      fetch: () => Promise.resolve(new Response(null, { status: 500 })),
    });
    expect((await openError(changing)).kind).toBe('http');
    expect((await openError(changing)).kind).toBe('config');
  });

  it('does not go out with a request that reads', async () => {
    expect(await keysOf({ method: 'GET', idempotencyKey: 'k' }, 1)).toEqual([undefined]);
  });

  it('makes a POST safe to send again, and no more: its answer is not resumed', () => {
    const source = sse({ url, method: 'POST', idempotencyKey: true });
    expect(source).toMatchObject({ reopen: 'safe', resume: 'none' });
  });

  it.each(['', 'a b', 'ä', 'x'.repeat(256), 5, null, {}])('%j is refused', (idempotencyKey) => {
    expect(() => sse({ url, method: 'POST', idempotencyKey } as never)).toThrow(/idempotencyKey/);
  });

  it('is another one for the request that continues a cut answer', async () => {
    const part = 'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n';
    const end =
      'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
    server = await flakyServer({
      paths: {
        '*': [
          { body: part + end, fault: { kind: 'rst', at: part.length } },
          { status: 503 },
          { body: end },
        ],
      },
    });
    const source = openaiChat({
      url: server.url,
      body: { stream: true },
      idempotencyKey: 'k',
      continueWith: ({ text }) => ({ stream: true, text }),
    });
    expect((await readAll(source as StreamSource<never>)).status).toBe('complete');
    const keys = server.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual(['k', 'k-2', 'k-2']);
  });
});
