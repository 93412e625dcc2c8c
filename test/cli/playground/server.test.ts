/** The two servers of the playground, asked by those who may and by those who may not. */

import { request } from 'node:http';
import { connect } from 'node:net';

import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { answerOf } from '../../../src/cli/playground/answer.js';
import { startPlayground } from '../../../src/cli/playground/page-server.js';
import type { Playground } from '../../../src/cli/playground/page-server.js';
import { ensureBuilt } from '../../support/built.js';
import { PAGE_FOLDER } from '../../support/playground.js';

let playground: Playground;

beforeAll(ensureBuilt, 120_000);
beforeEach(async () => {
  playground = await startPlayground({ folder: PAGE_FOLDER });
});
afterEach(() => playground.close());

describe('the page server', () => {
  it('serves the page with a policy that lets in no script but its own', async () => {
    const { status, headers, body } = await ask(playground.url);
    expect(status).toBe(200);
    const policy = headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('unsafe');
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(body).not.toMatch(/<script(?![^>]*\bsrc=)/u);
    expect(body).not.toMatch(/\b(src|href)="(https?:)?\/\//u);
    expect(body).toContain(playground.token);
  });

  it.each([
    ['another name', 'evil.example'],
    ['another name with our port', 'evil.example:PORT'],
    ['our name with another port', '127.0.0.1:1'],
    ['a name that begins like ours', '127.0.0.1.evil.example:PORT'],
    ['all interfaces', '0.0.0.0:PORT'],
    ['the other loopback, where nothing listens', '[::1]:PORT'],
  ])('answers 421 to a Host that is none of ours: %s', async (_, host) => {
    for (const url of [playground.url, `${playground.answerUrl}/answers/x`]) {
      const headers = { host: host.replace('PORT', new URL(url).port) };
      expect((await ask(url, { headers })).status).toBe(421);
    }
  });

  it.each(['null', 'https://evil.example', 'http://127.0.0.1:1', 'http://127.0.0.1', 'file://'])(
    'answers 403 to the Origin %s, whatever it asks for and whatever it knows',
    async (origin) => {
      const headers = { origin, 'x-playground-token': playground.token };
      expect((await ask(playground.url, { headers })).status).toBe(403);
      expect((await command('kill', {}, headers)).status).toBe(403);
      const { status, headers: given } = await ask(`${playground.answerUrl}/answers/x`, {
        headers,
      });
      expect(status).toBe(403);
      expect(given['access-control-allow-origin']).toBeUndefined();
    },
  );

  it.each([
    ['cross-site', 'no-cors', 'GET', 403],
    ['same-site', 'no-cors', 'GET', 403],
    ['cross-site', 'navigate', 'POST', 403],
    ['cross-site', 'navigate', 'GET', 200],
    ['same-origin', 'cors', 'GET', 200],
    ['none', 'navigate', 'GET', 200],
  ])('recognises a foreign page without an Origin by Sec-Fetch: %s %s %s', async (...given) => {
    const [site, mode, method, status] = given;
    const run = await startCancelled();
    const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': mode };
    for (const url of [playground.url, `${playground.answerUrl}/answers/${run}`])
      expect((await ask(url, { method, headers })).status).toBe(status);
  });

  it('lets its page read the answers from another port, which is the same site', async () => {
    const run = await startCancelled();
    const origin = new URL(playground.url).origin;
    const headers = { origin, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' };
    for (const method of ['OPTIONS', 'GET']) {
      const { status } = await ask(`${playground.answerUrl}/answers/${run}`, { method, headers });
      expect(status).toBe(method === 'GET' ? 200 : 204);
    }
  });

  it.each([
    ['start', { sample: 'prose', paceMs: 10 }],
    ['fault', { run: 'x', fault: 'cut' }],
    ['pace', { run: 'x', paceMs: 1 }],
    ['cancel', { run: 'x' }],
    ['log', { run: 'x', after: 0 }],
    ['kill', {}],
    ['restart', {}],
  ])('refuses %s without the token, and with a wrong one', async (name, body) => {
    for (const token of [undefined, '', 'x', playground.token.slice(1), `${playground.token}x`]) {
      const answer = await command(name, body, { 'x-playground-token': token });
      expect([answer.status, answer.json]).toEqual([
        403,
        { error: 'a command needs the token that is in the page' },
      ]);
    }
    // It is still up.
    expect((await ask(`${playground.answerUrl}/answers/x`)).status).toBe(404);
  });

  it.each([
    '/../package.json',
    '/assets/../../../../package.json',
    '/%2e%2e/%2e%2e/package.json',
    '/..%2f..%2fpackage.json',
    '/assets/..\\..\\package.json',
    '//etc/passwd',
    '/etc/passwd',
    '/assets/',
    '/assets/%00',
    '/constructor',
    '/__proto__',
  ])('serves its own files only: %s', async (path) => {
    // Raw: a client of a better make would tidy the path up.
    const answer = await raw(playground.url, `GET ${path} HTTP/1.1`);
    expect(answer).toMatch(/^HTTP\/1\.1 404 /u);
    expect(answer).not.toContain('stream-reconnect"');
  });

  it.each([
    [400, 'start', '{"sample":'],
    [400, 'start', '[]'],
    [400, 'start', 'null'],
    [400, 'start', '{"sample":"poem","paceMs":10}'],
    [400, 'start', '{"sample":"prose","paceMs":0}'],
    [400, 'start', '{"sample":"prose","paceMs":1e9}'],
    [400, 'start', '{"sample":"prose","paceMs":"10"}'],
    [404, 'log', '{"run":"__proto__","after":0}'],
    [404, 'cancel', '{"run":7}'],
    [404, 'explode', '{}'],
    [413, 'start', `{"sample":"${'x'.repeat(5000)}"}`],
  ])('answers %i, with a reason, to %s %s', async (status, name, body) => {
    const answer = await command(name, body);
    expect(answer.status).toBe(status);
    expect((answer.json as { error: string }).error).toMatch(/\w+ \w+/u);
  });

  it('takes commands as JSON by POST only', async () => {
    const headers = { 'x-playground-token': playground.token };
    expect((await ask(`${playground.url}api/kill`, { headers })).status).toBe(405);
    const form = { ...headers, 'content-type': 'text/plain' };
    const given = { method: 'POST', headers: form, body: '{}' };
    expect((await ask(`${playground.url}api/kill`, given)).status).toBe(415);
    expect((await ask(playground.url, { method: 'DELETE' })).status).toBe(405);
  });

  it('survives requests that break off', async () => {
    for (let n = 0; n < 20; n++) {
      const { port } = new URL(playground.url);
      await new Promise<void>((done) => {
        const socket = connect(Number(port), '127.0.0.1', () => {
          socket.write('POST /api/start HTTP/1.1\r\nContent-Length: 9999\r\n\r\n{');
          socket.destroy();
        });
        socket.once('close', () => done());
      });
    }
    expect((await ask(playground.url)).status).toBe(200);
  });

  it('leaves no port open when it is closed', async () => {
    const { url, answerUrl } = playground;
    await start();
    await playground.close();
    await expect(ask(url)).rejects.toThrow('ECONNREFUSED');
    await expect(ask(answerUrl)).rejects.toThrow('ECONNREFUSED');
  });
});

describe('the answer server', () => {
  it('permits the page, and shows it what it needs', async () => {
    const run = await start();
    const origin = new URL(playground.url).origin;
    const url = `${playground.answerUrl}/answers/${run}`;
    const asked = await ask(url, { method: 'OPTIONS', headers: { origin } });
    expect([asked.status, asked.headers['access-control-allow-headers']]).toEqual([
      204,
      'last-event-id',
    ]);
    expect(asked.headers['access-control-allow-origin']).toBe(origin);
    const { headers, body } = await ask(url, { headers: { origin, 'last-event-id': '0' } });
    expect(headers['access-control-allow-origin']).toBe(origin);
    expect(headers['access-control-expose-headers']).toBe('retry-after');
    expect(body.match(/^id: /gmu)).toHaveLength(answerOf('prose').records.length);
    expect(body.trimEnd()).toMatch(/event: done\ndata: \{"finish":"complete"\}$/u);
  });

  it.each(['x', '-1', '1.5', '999999', '1 2'])('refuses the cursor %s', async (cursor) => {
    const run = await start(50);
    const url = `${playground.answerUrl}/answers/${run}`;
    const { status, json } = await ask(url, { headers: { 'last-event-id': cursor } });
    expect([status, json]).toEqual([
      400,
      { error: 'Last-Event-ID must be the number of an event that was sent' },
    ]);
  });

  it('is killed with its socket, and restarted on its port', async () => {
    const run = await start();
    const url = `${playground.answerUrl}/answers/${run}`;
    expect((await command('kill', {})).json).toEqual({ up: false });
    expect((await command('kill', {})).json).toEqual({ up: false });
    await expect(ask(url)).rejects.toThrow('ECONNREFUSED');
    expect((await command('restart', {})).json).toEqual({ up: true });
    expect((await command('restart', {})).json).toEqual({ up: true });
    expect((await ask(url)).status).toBe(200);
  });

  it('keeps sixteen answers, and forgets the oldest', async () => {
    const first = await start(1000);
    for (let n = 1; n <= 16; n++) await start(1000);
    expect((await command('log', { run: first, after: 0 })).status).toBe(404);
  });
});

async function start(paceMs = 1): Promise<string> {
  const { json } = await command('start', { sample: 'prose', paceMs });
  return (json as { run: string }).run;
}

/** What can be read of it is read at once. */
async function startCancelled(): Promise<string> {
  const run = await start(1000);
  await command('cancel', { run });
  return run;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly json: unknown;
}

interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
}

function command(
  name: string,
  body: object | string,
  headers: Question['headers'] = {},
): Promise<Answer> {
  return ask(`${playground.url}api/${name}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-playground-token': playground.token,
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** Not `fetch`: that one sets Host and Origin by itself. */
function ask(url: string, { method = 'GET', headers = {}, body }: Question = {}): Promise<Answer> {
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  return new Promise((resolve, reject) => {
    const question = request(
      url,
      { method, headers: Object.fromEntries(given), agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.once('error', reject).once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers as Answer['headers'],
            body: text,
            json: text.startsWith('{') ? JSON.parse(text) : null,
          }),
        );
      },
    );
    question.once('error', reject).end(body);
  });
}

function raw(url: string, line: string): Promise<string> {
  const { port, host } = new URL(url);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), '127.0.0.1', () =>
      socket.write(`${line}\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    );
    socket.setEncoding('utf8').on('data', (part: string) => (text += part));
    socket.once('error', reject).once('close', () => resolve(text));
  });
}
