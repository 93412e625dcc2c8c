import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { sse } from '../../../src/sources/index.js';
import type { SseOptions } from '../../../src/sources/index.js';
import { END, startServer } from '../../support/server.js';
import type { TestServer } from '../../support/server.js';
import { facts, openError, readAll, streamResponse } from '../drive.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
let seen = 0;
beforeEach(() => {
  seen = server.requests.length;
});

const isEnd: SseOptions['isEnd'] = (event) => event.type === END;
const requested = (): string[] => server.requests.slice(seen).map(({ url }) => url.pathname);
const from = (path: string, options: Partial<SseOptions> = {}): ReturnType<typeof sse> =>
  sse({ url: server.url + path, isEnd, ...options });

describe('status', () => {
  it.each([500, 502, 503, 504, 599, 408, 425, 429])('%d can be tried again', async (status) => {
    const error = await openError(from(`/status?code=${status}`));
    expect(facts(error)).toEqual({ kind: 'http', fatal: false, status });
  });

  it.each([201, 205, 300, 304, 400, 401, 403, 404, 409, 410, 418])(
    '%d is final',
    async (status) => {
      const error = await openError(from(`/status?code=${status}`));
      expect(facts(error)).toEqual({ kind: 'http', fatal: true, status });
      await server.idle();
    },
  );

  it('410 for a cursor says that the position is no longer known', async () => {
    const error = await openError(from('/status?code=410'), { cursor: '5' });
    expect(facts(error)).toEqual({ kind: 'cursor-rejected', fatal: false, status: 410 });
  });

  it.each([
    ['3', 3000],
    ['0', 0],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
    ['99999999999999999999', Number.MAX_SAFE_INTEGER],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
  ])('Retry-After: %s is read as %s ms', async (value, retryAfterMs) => {
    const error = await openError(from(`/503-retry-after?value=${encodeURIComponent(value)}`));
    expect(error.retryAfterMs).toBe(retryAfterMs);
  });

  it('reads a date in Retry-After against the clock of the server', async () => {
    const fetch = (): Promise<Response> => {
      const headers = {
        date: 'Wed, 21 Oct 2015 07:28:00 GMT',
        'retry-after': 'Wed, 21 Oct 2015 07:28:09 GMT',
      };
      return Promise.resolve(new Response('', { status: 503, headers }));
    };
    expect((await openError(from('/', { fetch }))).retryAfterMs).toBe(9000);
  });

  it('204 ends a stream that has nothing, and leaves a resumed one incomplete', async () => {
    const end = async (at: object): Promise<unknown> => (await readAll(from('/204'), at)).items;
    const detail = { status: 204 };
    expect(await end({})).toEqual([{ type: 'end', outcome: 'complete', detail }]);
    expect(await end({ cursor: '' })).toEqual([{ type: 'end', outcome: 'complete', detail }]);
    expect(await end({ cursor: '3' })).toEqual([{ type: 'end', outcome: 'incomplete', detail }]);
    expect(await end({ items: 3 })).toEqual([{ type: 'end', outcome: 'incomplete', detail }]);
  });
});

describe('content type', () => {
  const type = (value: string): string => `/type?type=${encodeURIComponent(value)}`;

  it.each(['text/event-stream', 'text/event-stream;', 'Text/Event-Stream ; charset=windows-1252'])(
    '%s is a stream, in UTF-8',
    async (value) => {
      expect((await readAll(from(type(value)))).data).toHaveLength(2);
    },
  );

  it.each(['', 'text/html', 'application/json', 'x bogus', 'text/event-streams', 'text/plain'])(
    '%s is none, and its body is cancelled',
    async (value) => {
      const error = await openError(from(type(value)));
      expect(facts(error)).toEqual({ kind: 'protocol', fatal: true, status: 200 });
      await server.idle();
    },
  );

  it('finds out HTML that is labelled as a stream', async () => {
    const { items, error } = await readAll(from('/html-as-sse'));
    expect(items).toEqual([]);
    expect(facts(error)).toEqual({ kind: 'protocol', fatal: true });
  });

  it('takes an empty body for an ordinary end of the bytes', async () => {
    expect(await readAll(from('/empty-200'))).toEqual({ items: [], data: [], error: undefined });
  });
});

describe('redirects', () => {
  const redirect = (code: number, to: string): string =>
    `/redirect?code=${code}&to=${encodeURIComponent(to)}`;

  it.each([301, 302, 303, 307, 308])('%d is followed within the origin', async (code) => {
    const source = from(redirect(code, '/ok?n=1'), { headers: { 'x-api-key': 'k' } });
    expect((await readAll(source, { cursor: '9' })).error).toBeUndefined();
    await readAll(source);
    expect(requested()).toEqual(['/redirect', '/ok', '/redirect', '/ok']);
    const { headers } = server.requests[seen + 1] ?? {};
    expect(headers).toMatchObject({ 'x-api-key': 'k', 'last-event-id': '9' });
  });

  it.each([307, 308])('%d keeps method and body', async (code) => {
    const source = from(redirect(code, '/echo'), { method: 'POST', body: 'text' });
    const { data } = await readAll(source);
    expect(JSON.parse(data[0]?.data ?? '')).toMatchObject({ method: 'POST', body: 'text' });
  });

  it.each([301, 302, 303])('%d of a POST is refused', async (code) => {
    const error = await openError(from(redirect(code, '/ok'), { method: 'POST', body: 'text' }));
    expect(facts(error)).toEqual({ kind: 'protocol', fatal: true, status: code });
    expect(requested()).toEqual(['/redirect']);
  });

  it.each(['', 'javascript:alert(1)', 'http://[', 'https://127.0.0.1/ok', 'http://localhost/ok'])(
    'to "%s" is refused after one request',
    async (to) => {
      const error = await openError(from(redirect(307, to)));
      expect(facts(error)).toEqual({ kind: 'protocol', fatal: true, status: 307 });
      expect(requested()).toEqual(['/redirect']);
      await server.idle();
    },
  );

  it('without a Location, in a circle or without end are refused', async () => {
    const circle = `/redirect?code=307&to=`;
    for (const path of ['/redirect-nowhere', '/redirect-endless']) {
      expect((await openError(from(path))).kind).toBe('protocol');
    }
    expect(requested()).toHaveLength(7);
    const self = `${server.url}${circle}`;
    const fetch: SseOptions['fetch'] = (url) => {
      seen++;
      return Promise.resolve(new Response('', { status: 307, headers: { location: url } }));
    };
    const before = seen;
    expect((await openError(sse({ url: self, fetch }))).message).toContain('circle');
    expect(seen - before).toBe(1);
  });

  it('that a browser hides are named as such', async () => {
    const hidden = { type: 'opaqueredirect', status: 0, headers: new Headers(), body: null };
    const fetch = (): Promise<Response> => Promise.resolve(hidden as unknown as Response);
    expect(facts(await openError(from('/', { fetch })))).toEqual({ kind: 'protocol', fatal: true });
  });
});

describe('the network', () => {
  it('that refuses, resets or breaks in the body can be tried again', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const refused = await openError(sse({ url: `http://127.0.0.1:${port}/` }));
    expect(facts(refused)).toEqual({ kind: 'network', fatal: false, code: 'ECONNREFUSED' });
    const tls = await openError(sse({ url: server.url.replace('http:', 'https:') }));
    expect(facts(tls)).toEqual({ kind: 'tls', fatal: true, code: 'ERR_SSL_WRONG_VERSION_NUMBER' });
    const reset = await openError(from('/reset'));
    expect(facts(reset)).toEqual({ kind: 'network', fatal: false, code: 'ECONNRESET' });
    const { data, error } = await readAll(from('/cut-mid-event?n=3'));
    expect(data.map((event) => event.data)).toEqual(['1', '2']);
    expect(facts(error)).toEqual({ kind: 'network', fatal: false, code: 'UND_ERR_SOCKET' });
  });

  it.each(['kind=fin&framing=close', 'kind=rst&framing=close', 'kind=rst', 'kind=fin'])(
    'that cuts by %s at any byte never makes an end item or half an event',
    async (how) => {
      for (let bytes = 0; bytes < 40; bytes++) {
        const { items } = await readAll(from(`/resume?n=2&bytes=${bytes}&${how}`));
        expect(items.map((item) => item.type === 'data' && item.data.data)).toEqual(
          ['1', '2'].slice(0, items.length),
        );
      }
    },
  );

  it.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls', true],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls', true],
    ['CERT_HAS_EXPIRED', 'tls', true],
    ['ERR_TLS_HANDSHAKE_TIMEOUT', 'network', false],
    ['ENOTFOUND', 'network', false],
    ['UND_ERR_CONNECT_TIMEOUT', 'network', false],
    ['UND_ERR_INVALID_ARG', 'config', true],
  ])('code %s is %s', async (code, kind, fatal) => {
    const cause = Object.assign(new Error('x'), { code });
    const fetch = (): Promise<Response> => Promise.reject(new TypeError('fetch failed', { cause }));
    expect(facts(await openError(from('/', { fetch })))).toEqual({ kind, fatal, code });
  });
});

describe('a fetch of your own', () => {
  const used = streamResponse(['data: a\n\n']);
  void used.text();
  const nodeStream = { status: 200, headers: streamResponse([]).headers, body: Readable.from([]) };
  const cases: [string, unknown, string][] = [
    ['undefined', undefined, 'config'],
    ['a text', 'data: x', 'config'],
    ['no body', new Response(null, { headers: used.headers }), 'protocol'],
    ['a used body', used, 'config'],
    ['a Node stream', nodeStream, 'config'],
  ];
  it.each(cases)('that returns %s gives a typed error', async (_, answer, kind) => {
    const fetch = (): Promise<Response> => Promise.resolve(answer as Response);
    expect(await openError(from('/', { fetch }))).toMatchObject({ kind, fatal: true });
  });

  it('that gives texts instead of bytes, or throws at once, gives a typed error', async () => {
    const body = new ReadableStream({ start: (controller) => controller.enqueue('data: a\n\n') });
    const { headers } = streamResponse([]);
    const texts = (): Promise<Response> => Promise.resolve(new Response(body, { headers }));
    const { error } = await readAll(from('/', { fetch: texts }));
    expect(facts(error)).toEqual({ kind: 'protocol', fatal: true });
    const throws = (): Promise<Response> => {
      throw new Error('x');
    };
    expect((await openError(from('/', { fetch: throws }))).kind).toBe('network');
  });
});

describe('abort', () => {
  it('before the start asks nobody', async () => {
    const url = (): string => {
      throw new Error('asked');
    };
    const error = await openError(sse({ url }), {}, AbortSignal.abort());
    expect(facts(error)).toEqual({ kind: 'network', fatal: false, code: 'ABORT_ERR' });
    expect(requested()).toEqual([]);
  });

  it('while a function for headers hangs ends the attempt', async () => {
    const controller = new AbortController();
    const headers = (): Promise<undefined> => {
      controller.abort();
      return new Promise(() => {});
    };
    expect((await openError(from('/ok', { headers }), {}, controller.signal)).code).toBe(
      'ABORT_ERR',
    );
    expect(requested()).toEqual([]);
  });

  it('while the head is awaited leaves no socket', async () => {
    const controller = new AbortController();
    const error = openError(from('/no-answer'), {}, controller.signal);
    await server.requested(seen + 1);
    controller.abort();
    expect((await error).code).toBe('ABORT_ERR');
    await server.idle();
  });

  it.each(['abort', 'close'])('by %s while the body is read leaves no socket', async (how) => {
    const controller = new AbortController();
    const at = { items: 0, bytes: 0, chars: 0, attempt: 0 };
    const connection = await from('/stalled?n=1').open(at, controller.signal);
    const iterator = connection.batches[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toHaveLength(1);
    const next = iterator.next();
    if (how === 'abort') {
      controller.abort();
      await expect(next).rejects.toMatchObject({ kind: 'network' });
    } else {
      await connection.close();
      expect(await next).toEqual({ done: true, value: undefined });
    }
    await connection.close();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    await server.idle();
  });

  it('cancels a response that a fetch without signal brings too late', async () => {
    const controller = new AbortController();
    let cancelled: () => void = () => {};
    const gone = new Promise<void>((resolve) => (cancelled = resolve));
    let answer: (response: Response) => void = () => {};
    const fetch = (): Promise<Response> => new Promise((resolve) => (answer = resolve));
    const error = openError(from('/', { fetch }), {}, controller.signal);
    await Promise.resolve();
    await Promise.resolve().then(() => new Promise(setImmediate));
    controller.abort();
    await error;
    answer(new Response(new ReadableStream({ cancel: cancelled })));
    await gone;
  });
});
