/** What a peer says of its error reaches the caller: in the message, the code and the body, and no secret with it. */

import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';

import { reconnectStream } from '../../src/index.js';
import type { ReconnectError, StreamSource } from '../../src/index.js';
import {
  aiSdkUi,
  anthropicMessages,
  geminiInteractions,
  openaiChat,
  openaiResponses,
  sse,
  webSocket,
} from '../../src/sources/index.js';
import type { HttpOptions, SseOptions } from '../../src/sources/index.js';
import { flakyServer } from '../../src/testing/index.js';
import type { FlakyResponse, FlakyPath, FlakyServer } from '../../src/testing/index.js';
import { QUICK, readAll } from '../support/read-all.js';
import { openError } from './drive.js';
import type { Failure } from './drive.js';
import { POSTS } from './posts.js';

let server: FlakyServer | undefined;
afterEach(() => server?.close());

const json = (body: unknown, status = 400): FlakyResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

const TOO_LONG = {
  error: { message: 'maximum context length is 8192\ntokens', code: 'context_length_exceeded' },
};

async function errorFrom(
  answer: FlakyPath,
  make: (url: string) => StreamSource<unknown> = (url) => sse({ url }),
): Promise<Failure> {
  server = await flakyServer({ paths: { '*': answer } });
  const error = await openError(make(`${server.url}/x`));
  await server.idle();
  return error;
}

describe.each(POSTS.map((post) => [post.name, post] as const))('%s', (_, { make }) => {
  it('says what the peer says of a request that it refuses', async () => {
    server = await flakyServer({ paths: { '*': json(TOO_LONG) } });
    const { error, heard } = await readAll(make(`${server.url}/x`) as StreamSource<never>);
    expect(error).toMatchObject({ kind: 'http', status: 400, code: 'context_length_exceeded' });
    expect(error?.message).toBe(
      'The server answered with status 400: maximum context length is 8192\\ntokens (context_length_exceeded)',
    );
    expect(error?.body).toBe(JSON.stringify(TOO_LONG));
    expect(JSON.stringify([error, heard])).not.toContain('{\\"error\\"');
    await server.idle();
  });
});

const streams = POSTS.filter(({ name }) => !['text', 'bytes'].includes(name));

it.each(streams.map((post) => [post.name, post] as const))(
  '%s says what came in place of a stream',
  async (_, { make }) => {
    const error = await errorFrom(json(TOO_LONG, 200), make);
    expect(error).toMatchObject({ kind: 'protocol', fatal: true, code: 'context_length_exceeded' });
    expect(error.message).toContain('got application/json: maximum context length');
    expect(error.body).toBe(JSON.stringify(TOO_LONG));
    const page = { headers: { 'content-type': 'text/html' }, body: '<title>Sign in</title>' };
    expect((await errorFrom(page, make)).message).toContain('got text/html: Sign in');
  },
);

const STARTS = ['', ': ping\n\n', '\n', 'id: 0\n', 'retry: 1\n\n'];

it.each(POSTS.filter(({ isModel }) => isModel).map((post) => [post.name, post] as const))(
  '%s reads a stream whatever it is labelled as',
  { timeout: 300_000 },
  async (_, { make, whole }) => {
    const isLines = whole.headers !== undefined;
    for (const type of [
      'text/plain; charset=utf-8',
      'Text/Event-Stream;charset=UTF-8',
      'text/event-stream, text/event-stream; charset=utf-8',
      'application/json',
      undefined,
    ]) {
      for (const start of isLines ? ['', '\n'] : STARTS) {
        const body = start + whole.body;
        server = await flakyServer({ paths: { '*': { body, headers: { 'content-type': type } } } });
        const { status } = await readAll(make(`${server.url}/x`) as StreamSource<never>);
        expect([type, start, status]).toEqual([type, start, 'complete']);
        await server.close();
      }
    }
  },
);

describe('a request for a model that asks for no stream', () => {
  const makers = { openaiChat, openaiResponses, anthropicMessages, geminiInteractions };

  it.each(Object.entries(makers))('of %s is refused at once', async (_name, make) => {
    for (const body of [{}, { stream: false }, { stream: 'true' }])
      expect(() => make({ url: 'http://127.0.0.1/', body })).toThrow(/stream: true/);
    const late = make({ url: 'http://127.0.0.1/', body: () => ({ model: 'm' }) });
    expect(await openError(late)).toMatchObject({ kind: 'config', fatal: true });
    make({ url: 'http://127.0.0.1/', body: { stream: true } });
  });

  it.each(Object.entries(makers))('of %s is named when the whole answer came', async (_, make) => {
    const whole = json({ id: 'c', object: 'chat.completion', choices: [{ message: {} }] }, 200);
    const error = await errorFrom(whole, (url) => make({ url, body: '{"model":"m"}' }));
    expect(error.message).toContain('the body of the request lacks stream: true');
    const sent = await errorFrom(whole, (url) => make({ url, body: '{"stream":true}' }));
    expect(sent.message).not.toContain('lacks');
  });
});

describe('an error event inside a stream', () => {
  const failing = (...events: object[]): FlakyResponse => ({
    body: events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''),
  });
  const body = { stream: true };
  const cases: [string, (url: string) => StreamSource<unknown>, FlakyResponse, string, string?][] =
    [
      [
        'openaiChat',
        (url) => openaiChat({ url, body }),
        failing({ error: { message: 'No credit', code: 'E1' } }),
        'No credit',
        'E1',
      ],
      [
        'openaiResponses',
        (url) => openaiResponses({ url, body }),
        failing({ type: 'error', message: 'No credit', code: 'E1' }),
        'No credit',
        'E1',
      ],
      [
        'anthropicMessages',
        (url) => anthropicMessages({ url, body }),
        failing({ type: 'error', error: { type: 'E1', message: 'No credit' } }),
        'No credit',
        'E1',
      ],
      [
        'geminiInteractions',
        (url) => geminiInteractions({ url, body }),
        failing({ event_type: 'error', error: { code: 'E1', message: 'No credit' } }),
        'No credit',
        'E1',
      ],
      [
        'aiSdkUi',
        (url) => aiSdkUi({ url, chatId: 'c', body: {} }),
        failing({ type: 'error', errorText: 'No credit' }),
        'No credit',
      ],
    ];

  it.each(cases)('of %s is reported with its text', async (_, make, answer, message, code) => {
    server = await flakyServer({ paths: { '*': answer } });
    const { error } = await readAll(make(`${server.url}/x`) as StreamSource<never>, {
      maxAttempts: 1,
    });
    expect(error?.message).toContain(message);
    if (code !== undefined) expect(error?.code).toBe(code);
  });

  it('is reported when it is the whole body of an event stream', async () => {
    server = await flakyServer({
      paths: { '*': { body: '{"error":{"message":"No credit","code":"E1"}}' } },
    });
    const { error } = await readAll(sse({ url: server.url, isEnd: () => false }));
    expect(error).toMatchObject({ kind: 'protocol', code: 'E1' });
    expect(error?.message).toContain('No credit');
  });
});

describe('the body of a refusal', () => {
  it('is kept up to 16 KiB, and its socket is released', async () => {
    const error = await errorFrom({
      status: 400,
      headers: { 'content-type': 'text/plain' },
      body: 'é'.repeat(100_000),
    });
    expect(error.body).toHaveLength(16_384);
    expect(error.message).toHaveLength('The server answered with status 400: '.length + 501);
  });

  it.each(['stall', 'rst', 'fin'] as const)('that breaks by %s says what it said', async (kind) => {
    const began = performance.now();
    const body = '{"error":{"message":"no"}}';
    const error = await errorFrom({ status: 500, body, fault: { kind, at: 10 } });
    expect(error).toMatchObject({ kind: 'http', status: 500 });
    expect(body).toContain(error.body);
    expect(performance.now() - began).toBeLessThan(9000);
  });

  it('that never ends holds up nothing for long', async () => {
    async function* drip(): AsyncGenerator<string> {
      for (;;) {
        yield 'x';
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    const error = await errorFrom(() => ({
      status: 500,
      headers: { 'content-type': 'text/plain' },
      body: drip(),
    }));
    expect(error.message).toMatch(/^The server answered with status 500: x+$/);
  });

  it('that is no text is left unread', async () => {
    const answer = { status: 500, headers: { 'content-type': 'image/png' }, body: 'PNG' };
    const error = await errorFrom(answer);
    expect([error.message, error.body]).toEqual(['The server answered with status 500', undefined]);
  });

  it('is read from whatever fetch gives', async () => {
    const bodies: unknown[] = [
      null,
      {},
      {
        getReader: () => {
          throw new Error('locked');
        },
        cancel: () => Promise.reject(new Error('x')),
      },
      {
        getReader: () => ({
          read: () => Promise.reject(new Error('x')),
          cancel: () => {
            throw new Error('y');
          },
        }),
      },
      {
        getReader: () => ({
          read: () => Promise.resolve({ done: false, value: 'text' }),
          cancel: () => {},
        }),
      },
      { getReader: () => ({ read: () => null, cancel: () => {} }) },
      { destroy: () => {} },
    ];
    for (const body of bodies) {
      const response = { status: 400, type: 'basic', headers: new Headers(), body };
      const fetch = (): Promise<Response> => Promise.resolve(response as unknown as Response);
      expect(await openError(sse({ url: 'http://test.invalid/', fetch }))).toMatchObject({
        status: 400,
      });
    }
  });
});

describe('a secret that the peer repeats', () => {
  const SECRET = 'canary-5f1d';
  const said = `bad key: ${SECRET} of ${SECRET}`;
  const requests: Record<string, Partial<HttpOptions> & { path?: string }> = {
    'of a header': { headers: { authorization: `Bearer ${SECRET}` } },
    'of a header with another name': { headers: { 'x-trace': SECRET } },
    'of a cookie': { headers: { cookie: `a=b; session=${SECRET}; c=d` } },
    'of Basic credentials': { headers: { authorization: `Basic ${btoa(`user:${SECRET}`)}` } },
    'of the query': { path: `/x?key=${SECRET}` },
    'of the query, encoded': { path: `/x?q=${encodeURIComponent(SECRET)}&b=c` },
    'of the path': { path: `/bot/${SECRET}/x` },
    'of the body': { method: 'POST', body: SECRET },
    'of a form': { method: 'POST', body: new URLSearchParams({ q: SECRET }) },
    'of JSON in the body': { method: 'POST', body: JSON.stringify({ a: [{ b: `x ${SECRET}` }] }) },
    'of bytes in the body': { method: 'POST', body: new TextEncoder().encode(`{"a":"${SECRET}"}`) },
    'of what functions give': {
      headers: () => ({ 'x-api-key': SECRET }),
      method: 'POST',
      body: () => `{"token":"${SECRET}"}`,
    },
  };

  it.each(Object.keys(requests))('%s is in no message, code, event or JSON', async (name) => {
    const { path = '/x', ...options } = requests[name]!;
    const answers: FlakyResponse[] = [
      json({ error: { message: said, code: SECRET } }, 400),
      json({ error: { message: said, code: SECRET } }, 200),
      { status: 500, headers: { 'content-type': 'text/plain' }, body: said },
      { status: 500, headers: { 'content-type': 'text/html' }, body: `<title>${said}</title>` },
    ];
    for (const answer of answers) {
      server = await flakyServer({ paths: { '*': answer } });
      const source = sse({ url: server.url + path, ...options } as SseOptions);
      const { error, heard } = await readAll(source, { maxAttempts: 1 });
      const shown = JSON.stringify([error, error?.message, error?.code, String(error), heard]);
      expect(shown).toContain('[redacted]');
      expect(shown).not.toContain(SECRET);
      await server.close();
    }
  });

  it('is left out of an error event, and of a passage of the prompt', async () => {
    const prompt = 'My diary of the second of May says that nobody came to see me.';
    const event = { error: { message: `bad input: ${prompt} (${SECRET})` } };
    server = await flakyServer({ paths: { '*': { body: `data: ${JSON.stringify(event)}\n\n` } } });
    const source = openaiChat({
      url: server.url,
      headers: { authorization: `Bearer ${SECRET}` },
      body: { stream: true, model: 'gpt-4o-2024', messages: [{ role: 'user', content: prompt }] },
    });
    const { error } = await readAll(source as StreamSource<never>, { maxAttempts: 1 });
    expect(error?.message).toContain('bad input');
    expect(error?.message).not.toContain('diary');
    expect(error?.message).not.toContain(SECRET);
  });

  it('is left out; names of models, fields and functions stay', async () => {
    const message =
      "The model 'gpt-4o-2024-08' rejects max_completion_tokens of get_weather_for_a_city_and_day at messages.0.content";
    const error = await errorFrom(json({ error: { message } }), (url) =>
      openaiChat({
        url,
        headers: { authorization: 'Bearer sk-1234567890' },
        body: {
          stream: true,
          model: 'gpt-4o-2024-08',
          max_completion_tokens: 5,
          messages: [{ role: 'user', content: 'Which model? The model that rejects messages.' }],
          tools: [{ type: 'function', function: { name: 'get_weather_for_a_city_and_day' } }],
        },
      }),
    );
    expect(error.message).toContain(message);
  });
});

describe('a WebSocket', () => {
  const peers: WebSocketServer[] = [];
  afterEach(() => {
    for (const peer of peers.splice(0)) {
      for (const client of peer.clients) client.terminate();
      peer.close();
    }
  });
  const endOf = async (options: Parameters<typeof webSocket>[0]): Promise<ReconnectError> => {
    const stream = reconnectStream(webSocket(options as never), { ...QUICK, maxAttempts: 1 });
    stream.start();
    return (await stream.done).error as ReconnectError;
  };
  const listening = async (peer: WebSocketServer): Promise<string> => {
    peers.push(peer);
    await new Promise((resolve) => peer.on('listening', resolve));
    return `ws://127.0.0.1:${(peer.address() as { port: number }).port}`;
  };

  it('says the reason of a close, and asks closeCode with it', async () => {
    const peer = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    peer.on('connection', (socket) => socket.close(4410, 'room 7 was\ndeleted'));
    const url = await listening(peer);
    const asked: unknown[] = [];
    const error = await endOf({
      url,
      WebSocket,
      closeCode: (code, reason) => void asked.push(code, reason),
    });
    expect(asked).toEqual([4410, 'room 7 was\ndeleted']);
    expect(error.code).toBe('WS_CLOSE_4410');
    expect(error.message).toContain('code 4410: room 7 was\\ndeleted');
  });

  it('says what the peer says of a handshake that it refuses', async () => {
    server = await flakyServer({
      paths: { '*': json({ error: { message: 'Unknown room', code: 'no_room' } }, 404) },
    });
    const url = server.url.replace('http', 'ws');
    const error = await endOf({ url, WebSocket });
    expect(error).toMatchObject({ kind: 'http', status: 404, code: 'no_room' });
    expect(error.message).toContain('status 404: Unknown room (no_room)');
    await server.idle();
  });

  it('does not repeat a token of its URL or headers', async () => {
    const peer = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    peer.on('connection', (socket) => socket.close(4400, 'bad canary-5f1d, canary-6f1d'));
    const url = await listening(peer);
    const error = await endOf({
      url: `${url}/?token=canary-5f1d`,
      WebSocket,
      headers: { authorization: 'Bearer canary-6f1d' },
    });
    expect(error.message).toContain('bad [redacted], [redacted]');
  });

  it('says what the class says of a fault', async () => {
    class Failing extends EventTarget {
      binaryType = '';
      readyState = 0;
      bufferedAmount = 0;
      constructor() {
        super();
        queueMicrotask(() => {
          this.dispatchEvent(Object.assign(new Event('error'), { message: 'non-101 status code' }));
          this.dispatchEvent(Object.assign(new Event('close'), { code: 1006, reason: '' }));
        });
      }
      send(): void {}
      close(): void {}
    }
    const error = await endOf({ url: 'ws://127.0.0.1/', WebSocket: Failing });
    expect(error.message).toContain('The connection broke: non-101 status code');
  });
});
