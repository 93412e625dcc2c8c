/** `mcpRequest()` and what servers answer besides the result: statuses, errors, other messages, planned closes. */

import { describe, expect, it } from 'vitest';
import type { ReconnectError } from '../../../src/index.js';
import { mcpRequest } from '../../../src/sources/index.js';
import type { JsonRpcMessage, McpRequestOptions } from '../../../src/sources/index.js';
import { onVirtualClock, read } from '../../support/facts.js';

interface Asked {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly atMs: number;
}

/** One answer of the server. */
interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | null;
  /** The connection breaks behind the body. */
  readonly isCut?: boolean;
}

interface Result {
  readonly items: readonly JsonRpcMessage[];
  readonly asked: readonly Asked[];
  readonly error: ReconnectError | null;
  readonly status: string;
  readonly dropped: number;
}

const SECRET = 'canary-7b21';
const ID = 'request-1';
const RESULT = { jsonrpc: '2.0', id: ID, result: { content: [] } };
const FIRST = 'id: e1\nretry: 50\ndata: \n\n';

function event(message: unknown, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: message\ndata: ${JSON.stringify(message)}\n\n`;
}

/** Reads the answer on a virtual clock; the last answer is given again and again. */
async function ask(
  answers: readonly Answer[],
  options: Partial<McpRequestOptions> = {},
  ms = 3_600_000,
): Promise<Result> {
  const asked: Asked[] = [];
  const { stream, clock, heard } = onVirtualClock(
    mcpRequest({
      url: `https://mcp.test/mcp?key=${SECRET}`,
      sessionId: 'session-1',
      protocolVersion: '2025-11-25',
      headers: { authorization: `Bearer ${SECRET}` },
      message: {
        id: ID,
        method: 'tools/call',
        params: { name: 'pay', arguments: { pin: SECRET } },
      },
      fetch: (_, { method = '', headers, body }) => {
        const answer = answers[Math.min(asked.length, answers.length - 1)] ?? {};
        asked.push({
          method,
          headers: headers as Record<string, string>,
          body: typeof body === 'string' ? (JSON.parse(body) as unknown) : undefined,
          atMs: clock.now(),
        });
        return Promise.resolve(response(answer));
      },
      ...options,
    }),
  );
  const reading = read(stream);
  await clock.advance(ms);
  if (stream.state !== 'closed' && stream.state !== 'failed') stream.close();
  const error = await reading.ended;
  const { status } = await stream.done;
  expect(JSON.stringify([heard, error, error?.stack, stream.snapshot])).not.toContain(SECRET);
  const dropped = heard.filter(({ type }) => type === 'dropped').length;
  return { items: reading.items, asked, error, status, dropped };
}

function response({ status = 200, headers, body = '', isCut = false }: Answer): Response {
  if (body === null) return new Response(null, { status });
  const type = status === 200 ? 'text/event-stream' : 'application/json';
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      if (body !== '') controller.enqueue(new TextEncoder().encode(body));
      if (!isCut) controller.close();
    },
    pull(controller) {
      controller.error(new TypeError('terminated'));
    },
  });
  return new Response(stream, { status, headers: { 'content-type': type, ...headers } });
}

function methods({ asked }: Result): string[] {
  return asked.map(({ method }) => method);
}

it('the request goes out as the protocol asks for, and what goes on belongs to its session', async () => {
  const result = await ask([{ body: FIRST, isCut: true }, { body: event(RESULT, 'e2') }]);
  expect([result.status, result.items]).toEqual(['complete', [RESULT]]);
  const [post, get] = result.asked;
  expect(post).toMatchObject({
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-session-id': 'session-1',
      'mcp-protocol-version': '2025-11-25',
    },
    body: { jsonrpc: '2.0', id: ID, method: 'tools/call' },
  });
  expect(get).toMatchObject({
    method: 'GET',
    headers: {
      accept: 'text/event-stream',
      'last-event-id': 'e1',
      'mcp-session-id': 'session-1',
      'mcp-protocol-version': '2025-11-25',
    },
    body: undefined,
  });
  expect(get?.headers['content-type']).toBe(undefined);
});

describe('a POST that is answered by', () => {
  it.each([429, 503])('status %s is sent again', async (status) => {
    const result = await ask([{ status }, { body: event(RESULT) }]);
    expect([result.status, methods(result)]).toEqual(['complete', ['POST', 'POST']]);
  });

  it.each([500, 502, 504, 408])('status %s may have run: it is not', async (status) => {
    const result = await ask([{ status }, { body: event(RESULT) }]);
    expect([result.error?.kind, methods(result)]).toEqual(['not-resumable', ['POST']]);
  });

  it('status 404: the session is gone', async () => {
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: null,
      error: { code: -32001, message: 'Session not found' },
    });
    const result = await ask([{ status: 404, body }]);
    expect([result.error?.kind, result.error?.status, methods(result)]).toEqual([
      'not-resumable',
      404,
      ['POST'],
    ]);
    expect(result.error?.message).toContain('Session not found');
  });

  it.each([400, 406, 415])('status %s fails with the text of the server', async (status) => {
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: null,
      error: { code: -32000, message: 'Unsupported version' },
    });
    const result = await ask([{ status, body }]);
    expect([result.error?.status, methods(result)]).toEqual([status, ['POST']]);
    expect(result.error?.message).toContain('Unsupported version');
  });

  it.each([202, 204])('status %s is no answer to a request', async (status) => {
    const result = await ask([{ status, body: null }]);
    expect([result.status, result.error?.status, methods(result)]).toEqual([
      'failed',
      status,
      ['POST'],
    ]);
  });

  it('a connection that breaks before any id is not sent again', async () => {
    const notification = {
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progress: 1 },
    };
    const result = await ask([{ body: event(notification), isCut: true }, { body: event(RESULT) }]);
    expect([result.error?.kind, methods(result)]).toEqual(['not-resumable', ['POST']]);
    expect(result.items).toEqual([notification]);
  });
});

describe('a GET that is answered by', () => {
  it.each([409, 503, 500])('status %s is sent again', async (status) => {
    const result = await ask([
      { body: FIRST, isCut: true },
      { status },
      { status },
      { body: event(RESULT) },
    ]);
    expect([result.status, methods(result)]).toEqual(['complete', ['POST', 'GET', 'GET', 'GET']]);
  });

  it.each([400, 404, 405, 410, 204])(
    'status %s ends the stream as one that cannot go on',
    async (status) => {
      const result = await ask([
        { body: FIRST, isCut: true },
        { status, body: status === 204 ? null : '' },
        { body: event(RESULT) },
      ]);
      expect([result.error?.kind, methods(result)]).toEqual(['not-resumable', ['POST', 'GET']]);
      expect(result.error?.status).toBe(status);
    },
  );

  it('status 401 has the credentials asked for again', async () => {
    const tokens: boolean[] = [];
    const result = await ask(
      [{ body: FIRST, isCut: true }, { status: 401 }, { body: event(RESULT) }],
      {
        headers: ({ refresh }) => {
          tokens.push(refresh);
          return { authorization: SECRET };
        },
      },
    );
    expect([result.status, methods(result), tokens]).toEqual([
      'complete',
      ['POST', 'GET', 'GET'],
      [false, false, true],
    ]);
  });
});

describe('messages', () => {
  const request = { jsonrpc: '2.0', id: 7, method: 'sampling/createMessage', params: {} };
  const foreign = { jsonrpc: '2.0', id: 'another', result: {} };

  it('that are not the answer are items, in order, and do not end the stream', async () => {
    const sameId = { ...request, id: ID };
    const messages = [request, foreign, sameId, RESULT];
    const result = await ask([{ body: messages.map((one, n) => event(one, `e${n}`)).join('') }]);
    expect([result.status, result.items]).toEqual(['complete', messages]);
  });

  it('in a list, as before 2025-06-18, are taken one by one', async () => {
    const result = await ask([{ body: event([request, RESULT], 'e1') }]);
    expect([result.status, result.items]).toEqual(['complete', [request, RESULT]]);
  });

  it('that are no JSON, or empty, are passed over where they are no messages', async () => {
    const noise = ': keepalive\n\nevent: ping\ndata: now\n\nid: e5\ndata: {}\n\n';
    const result = await ask([{ body: noise, isCut: true }, { body: event(RESULT, 'e6') }]);
    expect([result.status, result.items]).toEqual(['complete', [RESULT]]);
    expect(result.asked[1]?.headers['last-event-id']).toBe('e5');
  });

  it('after the answer are not waited for', async () => {
    const result = await ask([{ body: event(RESULT, 'e1'), isCut: true }]);
    expect([result.status, methods(result), result.dropped]).toEqual(['complete', ['POST'], 0]);
  });
});

describe('an error of JSON-RPC', () => {
  const failure = { jsonrpc: '2.0', id: ID, error: { code: -32602, message: 'Unknown tool: pay' } };
  it.each([
    ['in an event', [{ body: event(failure, 'e1') }]],
    [
      'in one JSON text',
      [{ body: JSON.stringify(failure), headers: { 'content-type': 'application/json' } }],
    ],
    ['of a request that the server could not read', [{ body: event({ ...failure, id: null }) }]],
    ['after a drop', [{ body: FIRST, isCut: true }, { body: event(failure, 'e2') }]],
  ] as const)('%s is an item, and the error of the stream', async (_, answers) => {
    const result = await ask(answers);
    expect(result.items).toHaveLength(1);
    expect(result.items[0]).toMatchObject({ error: failure.error });
    expect([result.status, result.error?.kind, result.error?.code]).toEqual([
      'failed',
      'source',
      '-32602',
    ]);
    expect(result.error?.message).toContain('Unknown tool: pay');
    expect(methods(result).filter((method) => method === 'POST')).toHaveLength(1);
  });
});

it('an error that repeats the request does not show its secrets', async () => {
  const message = `Invalid token: Bearer ${SECRET}`;
  const failure = { jsonrpc: '2.0', id: ID, error: { code: -32000, message } };
  for (const type of ['text/event-stream', 'application/json']) {
    const body = type === 'application/json' ? JSON.stringify(failure) : event(failure, 'e1');
    const result = await ask([{ body, headers: { 'content-type': type } }]);
    expect(result.error?.message).toContain('Invalid token');
  }
});

describe('a server that closes the answer early', () => {
  it('is asked again after its `retry`, without a drop', async () => {
    const result = await ask([
      { body: 'id: e1\nretry: 7000\ndata: \n\n' },
      { body: 'id: e2\ndata: \n\n' },
      { body: event(RESULT, 'e3') },
    ]);
    expect([result.status, methods(result), result.dropped]).toEqual([
      'complete',
      ['POST', 'GET', 'GET'],
      0,
    ]);
    const [post, first, second] = result.asked.map(({ atMs }) => atMs) as [number, number, number];
    expect(first - post).toBeGreaterThanOrEqual(7000);
    expect(second - first).toBeGreaterThanOrEqual(7000);
  });

  it('again and again, is asked no more often than every few seconds', async () => {
    let n = 0;
    const answers = {
      get body() {
        return `id: e${n++}\nretry: 0\ndata: \n\n`;
      },
    };
    const result = await ask([answers], {}, 60_000);
    expect(result.asked.length).toBeGreaterThan(5);
    expect(result.asked.length).toBeLessThan(30);
    expect(result.dropped).toBe(0);
  });

  it('and then brings nothing new, has dropped it: attempts run out', async () => {
    const result = await ask([{ body: FIRST }, { body: '' }]);
    expect(result.error?.kind).toBe('exhausted');
    expect(result.asked.length).toBeLessThan(10);
  });

  it('for longer than the stream may wait, is left openly', async () => {
    const result = await ask([
      { body: 'id: e1\nretry: 86400000\ndata: \n\n' },
      { body: event(RESULT) },
    ]);
    expect([result.error?.kind, methods(result)]).toEqual(['server-delay', ['POST']]);
  });
});

it('the session that `initialize` opens is the one that its answer goes on in', async () => {
  const result = await ask(
    [{ body: FIRST, isCut: true, headers: { 'mcp-session-id': 'fresh' } }, { body: event(RESULT) }],
    { sessionId: undefined, message: { id: ID, method: 'initialize', params: {} } },
  );
  expect([result.status, result.asked[1]?.headers['mcp-session-id']]).toEqual([
    'complete',
    'fresh',
  ]);
});

describe('options', () => {
  const message = { id: 1, method: 'ping' };
  it.each<[string, object, RegExp]>([
    ['an unknown name', { sesionId: 'x' }, /sessionId/],
    ['a body', { body: '{}' }, /mcpRequest/],
    ['no message', { message: undefined }, /message/],
    ['a message without a method', { message: { id: 1 } }, /method/],
    ['an id that is none', { message: { ...message, id: {} } }, /message\.id/],
    ['a version that is a number', { protocolVersion: 2025 }, /protocolVersion/],
    ['a size below 1', { maxEventBytes: 0 }, /maxEventBytes/],
  ])('%s is refused at once', (_, options, text) => {
    expect(() => mcpRequest({ url: 'https://mcp.test', message, ...options } as never)).toThrow(
      text,
    );
  });

  it('the url may come first', () => {
    expect(mcpRequest('https://mcp.test', { message }).name).toBe('mcp-request');
  });
});
