/** The flaky server does what its script says, and lets nobody else in. */

import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { flakyServer } from '../../src/testing/index.js';
import type { FlakyResponse, FlakyServer, FlakyServerOptions } from '../../src/testing/index.js';

/** What undici makes of it depends on whether it has read the end before the reset. */
const BROKEN: unknown = expect.stringMatching(/^(ECONNRESET|UND_ERR_)/);

let server: FlakyServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(paths: FlakyServerOptions['paths'], origins?: string[]): Promise<FlakyServer> {
  server = await flakyServer({ paths, origins });
  return server;
}

/** What came, and how it ended: as fetch sees it. */
async function got(url: string): Promise<[number, string, string]> {
  const response = await fetch(url);
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const bytes of response.body ?? []) text += decoder.decode(bytes, { stream: true });
    return [response.status, text, 'end'];
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    return [response.status, text, cause?.code ?? 'error'];
  }
}

/** By Node's own client, which sends any header. */
function asked(url: string, headers: Record<string, string>, method = 'GET') {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]> }>(
    (resolve, reject) => {
      const req = request(url, { method, headers, agent: false }, (res) => {
        res
          .resume()
          .on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers }));
      });
      req.once('error', reject).end();
    },
  );
}

describe('an answer', () => {
  const body = 'data: äöü\n\n';

  it.each([
    ['whole', {}, [200, body, 'end']],
    ['with its length', { framing: 'length' }, [200, body, 'end']],
    ['until the connection ends', { framing: 'close' }, [200, body, 'end']],
    ['packed', { encoding: 'gzip' }, [200, body, 'end']],
    ['with another status', { status: 503 }, [503, body, 'end']],
    ['without a body', { status: 204, body: undefined }, [204, '', 'end']],
    ['reset after 8 bytes', { fault: { kind: 'rst', at: 8 } }, [200, 'data: ä', BROKEN]],
    ['ended in a chunk', { fault: { kind: 'fin', at: 8 } }, [200, 'data: ä', BROKEN]],
    ['that looks whole', { fault: { kind: 'eof', at: 8 } }, [200, 'data: ä', 'end']],
    [
      'that looks whole, without chunks',
      { framing: 'close', fault: { kind: 'fin', at: 8 } },
      [200, 'data: ä', 'end'],
    ],
    [
      'shorter than its length',
      { framing: 'length', fault: { kind: 'eof', at: 8 } },
      [200, 'data: ä', BROKEN],
    ],
    ['that ends before its fault', { fault: { kind: 'rst', at: 99 } }, [200, body, 'end']],
    ['reset after its last byte', { fault: { kind: 'rst', at: 14 } }, [200, body, BROKEN]],
  ] satisfies [string, FlakyResponse, unknown][])('%s', async (_, answer, expected) => {
    const { url } = await start({ '/': { body, ...answer } });
    expect(Buffer.byteLength(body)).toBe(14);
    expect(await got(url)).toEqual(expected);
    await server?.idle();
  });

  it.each(['rst', 'fin'] as const)('can break before its head: %s', async (kind) => {
    const { url } = await start({ '/': { fault: { kind, at: 'head' } } });
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  it('can stay open without another byte, until the client leaves', async () => {
    const on = await start({ '/': { body, fault: { kind: 'stall', at: 6 } } });
    const leave = new AbortController();
    const response = await fetch(on.url, { signal: leave.signal });
    const reader = response.body?.getReader();
    expect((await reader?.read())?.value).toHaveLength(6);
    expect(on.connections).toBe(1);
    const more = reader?.read();
    leave.abort();
    await expect(more).rejects.toThrow('aborted');
    await on.idle();
  });

  it('comes no faster than it is read', async () => {
    let pieces = 0;
    const endless = function* (): Generator<string> {
      for (;;) {
        pieces += 1;
        yield 'x'.repeat(65_536);
      }
    };
    const on = await start({ '/': () => ({ body: endless() }) });
    const leave = new AbortController();
    const response = await fetch(on.url, { signal: leave.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    // What the system buffers for a socket is a few MB.
    expect(pieces).toBeLessThan(1_000);
    leave.abort();
    await on.idle();
  });

  it('that cannot be sent breaks the connection, is reported, and nothing else', async () => {
    const pieces = async function* (): AsyncGenerator<string> {
      yield 'data';
      throw new Error('no more');
    };
    const on = await start({
      '/': () => {
        throw new Error('no answer');
      },
      '*': () => undefined as never,
      '/length': () => ({ body: pieces(), framing: 'length' }),
      '/pieces': () => ({ body: pieces() }),
      '/ok': { body },
    });
    for (const path of ['/', '/none', '/length'])
      await expect(fetch(on.url + path)).rejects.toThrow('fetch failed');
    expect((await got(`${on.url}/pieces`))[1]).toBe('data');
    expect(await got(`${on.url}/ok`)).toEqual([200, body, 'end']);
    expect(on.errors.map((error) => (error as Error).message)).toEqual([
      'no answer',
      'the answer: expected an answer, such as { status: 503 } or { body }, got undefined.',
      'body: expected a string or bytes where encoding or framing needs all of it, got a value of type object.',
      'no more',
    ]);
  });

  it('says of itself what the script says, in any case', async () => {
    const on = await start({
      '/type': { body: '{}', headers: { 'Content-Type': 'application/json' } },
      '/length': { body, headers: { 'Content-Length': '5' }, framing: 'close' },
    });
    const { headers } = await fetch(`${on.url}/type`);
    expect(headers.get('content-type')).toBe('application/json');
    expect((await fetch(`${on.url}/length`)).headers.get('content-length')).toBe('5');
  });

  it('to HEAD has no body', async () => {
    const { url } = await start({ '/': { body, framing: 'length' } });
    const answer = await asked(url, {}, 'HEAD');
    expect([answer.status, answer.headers['content-length']]).toEqual([200, '14']);
  });
});

describe('a path', () => {
  it('with a script answers one after the other; the last one stays', async () => {
    const { url } = await start({ '/': [{ status: 503 }, { body: '1' }, { body: '2' }] });
    const all = [];
    for (let n = 0; n < 4; n++) all.push((await got(url)).slice(0, 2));
    expect(all).toEqual([
      [503, ''],
      [200, '1'],
      [200, '2'],
      [200, '2'],
    ]);
  });

  it('sees the request: method, URL, headers, body, and the how manieth it is', async () => {
    const on = await start({ '*': ({ url, nth }) => ({ body: `${url.search} ${nth}` }) });
    expect((await got(`${on.url}/a?x=1`))[1]).toBe('?x=1 1');
    expect((await got(`${on.url}/a?x=2`))[1]).toBe('?x=2 2');
    await fetch(`${on.url}/b`, { method: 'POST', body: 'ö', headers: { 'last-event-id': '7' } });
    await on.requested(3);
    const { method, url, headers, body, nth } = on.requests[2] ?? {};
    expect([method, url?.pathname, headers?.['last-event-id'], body, nth]).toEqual([
      'POST',
      '/b',
      '7',
      'ö',
      1,
    ]);
  });

  it('that nobody named is 404', async () => {
    expect((await got((await start({})).url))[0]).toBe(404);
  });

  it.each([
    ['no object', null, 'paths: expected an object of paths and answers'],
    ['a name without a slash', { answer: {} }, "paths: expected names that begin with '/'"],
    ['no answer', { '/': 200 }, "paths['/']: expected an answer, a list of answers or a function"],
    ['a list without answers', { '/': [200] }, "paths['/']: expected an answer"],
    [
      'a status',
      { '/': { status: 'abc' } },
      "paths['/'].status: expected a status from 200 to 999",
    ],
    ['a framing', { '/': { framing: 'x' } }, "paths['/'].framing: expected 'chunked'"],
    [
      'a fault',
      { '/': [{}, { fault: { kind: 'reset', at: 1 } }] },
      "paths['/'].fault.kind: expected one of 'fin', 'rst', 'eof', 'stall'",
    ],
    [
      'where it breaks',
      { '/': { fault: { kind: 'rst', at: '5' } } },
      "paths['/'].fault.at: expected 'head' or a number of bytes, 0 or more",
    ],
    [
      'a body that is there once',
      { '/': { body: ['a'].values() } },
      "paths['/'].body: expected what can be sent again, got a value of type object. Write () =>",
    ],
  ])('is refused: %s', async (_, paths, message) => {
    await expect(start(paths as never)).rejects.toThrow(message);
  });
});

describe('the server', () => {
  it.each(['fin', 'rst'] as const)('cuts all that is open: %s', async (kind) => {
    const on = await start({ '/': { body: 'data', fault: { kind: 'stall', at: 4 } } });
    const both = await Promise.all([fetch(on.url), fetch(on.url)]);
    expect(on.connections).toBe(2);
    on.cut(kind);
    for (const response of both) await expect(response.text()).rejects.toThrow('terminated');
    await on.idle();
  });

  it.each([
    ['a foreign host', { host: 'evil.example' }, 421],
    ['a host that only begins like ours', { host: '127.0.0.1.evil.example' }, 421],
    ['a foreign page', { origin: 'http://evil.example' }, 403],
    ['a page without an origin', { origin: 'null' }, 403],
  ])('turns away %s', async (_, headers, status) => {
    const on = await start({ '/': { body: '1' } });
    expect((await asked(on.url, headers)).status).toBe(status);
    expect(on.requests).toEqual([]);
  });

  it('lets a page in that is named in origins', async () => {
    const origin = 'http://localhost:5173';
    const { url } = await start({ '/': { body: '1' } }, [origin]);
    const answer = await asked(url, { origin });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, origin]);
    const preflight = await asked(url, { origin }, 'OPTIONS');
    expect([preflight.status, preflight.headers['access-control-allow-methods']]).toEqual([
      204,
      '*',
    ]);
  });
});
