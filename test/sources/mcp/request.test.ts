/** `mcpRequest()` against the real server of the Model Context Protocol, and against servers that misbehave. */

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mcpRequest } from '../../../src/sources/index.js';
import type { JsonRpcMessage } from '../../../src/sources/index.js';
import { flakyServer } from '../../../src/testing/index.js';
import type { FlakyServer } from '../../../src/testing/index.js';
import type { Loopback } from '../../../src/loopback/listen.js';
import { startCuttingProxy } from '../../support/cutting-proxy.js';
import type { CuttingProxy } from '../../support/cutting-proxy.js';
import { orderedStore } from '../../support/mcp-store.js';
import { readAll } from '../../support/read-all.js';
import { startWebHandler } from '../../support/web-handler.js';
import { places } from '../../support/effort.js';

const VERSION = '2025-11-25';
const HEADERS = {
  accept: 'application/json, text/event-stream',
  'content-type': 'application/json',
};

let paid = 0;
let mcp: McpServer;
let server: Loopback;
let proxy: CuttingProxy;
let sessionId = '';
let nextId = 2;

beforeAll(async () => {
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => 'session-1',
    eventStore: orderedStore(),
  });
  mcp = new McpServer({ name: 'shop', version: '1.0.0' });
  mcp.registerTool('pay', {}, async ({ _meta, sendNotification, requestId }) => {
    paid += 1;
    for (const progress of [1, 2, 3])
      await sendNotification({
        method: 'notifications/progress',
        params: { progressToken: _meta?.progressToken ?? requestId, progress },
      });
    return { content: [{ type: 'text', text: `receipt ${paid}` }] };
  });
  await mcp.connect(transport);
  server = await startWebHandler((request) => transport.handleRequest(request));
  const params = {
    protocolVersion: VERSION,
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  };
  const hello = await fetch(server.url, {
    method: 'POST',
    headers: HEADERS,
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
  });
  await hello.text();
  sessionId = hello.headers.get('mcp-session-id') ?? '';
  proxy = await startCuttingProxy(server.url);
});

afterAll(async () => {
  await mcp.close();
  await proxy.close();
  await server.close();
});

const LIMITS = { maxAttempts: 40, stallTimeoutMs: 2000, connectTimeoutMs: 2000 };

function pay(): ReturnType<typeof mcpRequest> {
  paid = 0;
  nextId += 1;
  const params = { name: 'pay', arguments: {}, _meta: { progressToken: `t${nextId}` } };
  return mcpRequest({
    url: proxy.url,
    sessionId,
    protocolVersion: VERSION,
    message: { id: nextId, method: 'tools/call', params },
  });
}

/** What the consumer has, in short. */
function shortly(messages: readonly JsonRpcMessage[]): unknown[] {
  return messages.map((message) => {
    if ('params' in message) return (message.params as { progress: number }).progress;
    return 'result' in message
      ? (message.result as { content: { text: string }[] }).content[0]?.text
      : message;
  });
}

const WHOLE = [1, 2, 3, 'receipt 1'];

describe('a tool that takes payment', () => {
  it('is called once, and its messages come in order', async () => {
    proxy.reset([]);
    const { items, status } = await readAll(pay());
    expect({ items: shortly(items), status, paid }).toEqual({
      items: WHOLE,
      status: 'complete',
      paid: 1,
    });
    expect(proxy.requests.map(({ method }) => method)).toEqual(['POST']);
  });

  it.each(['rst', 'eof'] as const)(
    'is paid once wherever its response is cut, by %s',
    { timeout: 600_000 },
    async (kind) => {
      proxy.reset([]);
      await readAll(pay());
      const size = proxy.passed;
      expect(size).toBeGreaterThan(400);
      const fates: Record<string, number> = {};
      for (const at of places(size + 1, 43, kind === 'rst' ? 0 : 21)) {
        proxy.reset([{ at, kind }]);
        const { items, status, error } = await readAll(pay(), LIMITS);
        expect(paid, `paid, cut at ${at}`).toBe(1);
        const methods = proxy.requests.map(({ method }) => method);
        expect(methods.filter((method) => method === 'POST')).toHaveLength(1);
        fates[status] = (fates[status] ?? 0) + 1;
        if (status === 'complete') expect(shortly(items)).toEqual(WHOLE);
        // No event id had come: nobody can continue, and it is not called again.
        else
          expect({ at, kind: error?.kind, items: items.length }).toMatchObject({
            kind: 'not-resumable',
            items: 0,
          });
      }
      expect(fates['complete']).toBeGreaterThan((fates['failed'] ?? 0) * 5);
    },
  );

  it('survives a second drop, a refusal and a connection that is still held', async () => {
    proxy.reset([{ at: 300, kind: 'rst' }, { at: 0, kind: 'rst' }, 503, { at: 40, kind: 'eof' }]);
    const { items, status } = await readAll(pay(), LIMITS);
    expect({ items: shortly(items), status, paid }).toEqual({
      items: WHOLE,
      status: 'complete',
      paid: 1,
    });
  });

  it('is asked again where it was refused before any work', async () => {
    proxy.reset([503]);
    const { items, status } = await readAll(pay(), LIMITS);
    expect({ items: shortly(items), status, paid }).toEqual({
      items: WHOLE,
      status: 'complete',
      paid: 1,
    });
    expect(proxy.requests.map(({ method }) => method)).toEqual(['POST', 'POST']);
  });
});

describe('other servers', () => {
  let flaky: FlakyServer | undefined;
  afterEach(async () => {
    await flaky?.close();
    flaky = undefined;
  });

  const result = { jsonrpc: '2.0', id: 7, result: { ok: true } };
  const event = (message: unknown, id?: string): string =>
    `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`;
  const SSE = { 'content-type': 'text/event-stream' };

  async function read(
    answer: (request: { method: string; n: number; headers: Record<string, unknown> }) => object,
  ) {
    flaky = await flakyServer({
      paths: {
        '*': ({ method, headers }) => answer({ method, n: flaky?.requests.length ?? 0, headers }),
      },
    });
    const source = mcpRequest({ url: flaky.url, message: { id: 7, method: 'tools/call' } });
    return readAll(source, LIMITS);
  }
  const methods = (): (string | undefined)[] => (flaky?.requests ?? []).map(({ method }) => method);

  it('a response of JSON is the whole response', async () => {
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    const { items, status } = await read(() => ({ headers, body: JSON.stringify(result) }));
    expect({ items, status }).toEqual({ items: [result], status: 'complete' });
  });

  it('a response of JSON that is cut is no result, and the POST is not repeated', async () => {
    const headers = { 'content-type': 'application/json' };
    const { items, status, error } = await read(() => ({
      headers,
      body: '{"jsonrpc":"2.0","id":7',
    }));
    expect({ items, status, kind: error?.kind }).toEqual({
      items: [],
      status: 'failed',
      kind: 'not-resumable',
    });
    expect(methods()).toEqual(['POST']);
  });

  it('an error is delivered as a message, and its text is the error of the stream', async () => {
    const error = { code: -32602, message: 'Unknown tool: pay' };
    const said = { jsonrpc: '2.0', id: 7, error };
    const {
      items,
      status,
      error: thrown,
    } = await read(() => ({ headers: SSE, body: event(said, 'a') }));
    expect({ items, status }).toEqual({ items: [said], status: 'failed' });
    expect(thrown?.message).toContain('Unknown tool: pay');
    expect(thrown?.code).toBe('-32602');
    expect(methods()).toEqual(['POST']);
  });

  it('requests of the server and responses to others pass through', async () => {
    const others = [
      { jsonrpc: '2.0', id: 7, method: 'sampling/createMessage', params: {} },
      { jsonrpc: '2.0', id: '7', result: {} },
      { jsonrpc: '2.0', method: 'notifications/message', params: {} },
    ];
    const body = [...others, result].map((message, n) => event(message, `e${n}`)).join('');
    const { items, status } = await read(() => ({ headers: SSE, body }));
    expect({ items, status }).toEqual({ items: [...others, result], status: 'complete' });
  });

  it('a stream that the server closes after retry is asked for again, at no cost', async () => {
    const { items, status, heard } = await read(({ n }) => ({
      headers: SSE,
      body:
        n === 1
          ? 'id: p1\nretry: 10\ndata: \n\n'
          : n < 4
            ? event({ jsonrpc: '2.0', method: 'notifications/progress', params: {} }, `e${n}`) +
              'retry: 10\n\n'
            : event(result, 'last'),
    }));
    expect({ count: items.length, status }).toEqual({ count: 3, status: 'complete' });
    expect(methods()).toEqual(['POST', 'GET', 'GET', 'GET']);
    expect(heard.filter(({ type }) => type === 'dropped' || type === 'waiting')).toEqual([]);
  });

  it('the session that the server assigns goes out with what follows', async () => {
    const sent: unknown[] = [];
    const { status } = await read(({ n, headers }) => {
      sent.push(headers['mcp-session-id'], headers['last-event-id']);
      return n === 1
        ? {
            headers: { ...SSE, 'mcp-session-id': 's-42' },
            body: event({ jsonrpc: '2.0', method: 'notifications/progress' }, 'e1'),
          }
        : { headers: SSE, body: event(result, 'e2') };
    });
    expect(status).toBe('complete');
    expect(sent).toEqual([undefined, undefined, 's-42', 'e1']);
  });

  it.each([
    [404, 'not-resumable', 2],
    [405, 'not-resumable', 2],
    [400, 'not-resumable', 2],
  ])(
    'a GET that is answered by %i ends the stream, and the tool is not called again',
    async (status, kind, count) => {
      const outcome = await read(({ n }) =>
        n === 1 ? { headers: SSE, body: 'id: p1\ndata: \n\n' } : { status },
      );
      expect({ kind: outcome.error?.kind, count: methods().length }).toEqual({ kind, count });
    },
  );

  it('a connection that the server still holds (409) is asked for again', async () => {
    const { items, status } = await read(({ n }) =>
      n === 1
        ? { headers: SSE, body: 'id: p1\ndata: \n\n' }
        : n < 4
          ? { status: 409 }
          : { headers: SSE, body: event(result, 'e1') },
    );
    expect({ items, status }).toEqual({ items: [result], status: 'complete' });
    expect(methods()).toEqual(['POST', 'GET', 'GET', 'GET']);
  });
});

describe('options', () => {
  it.each([
    [{ url: 'https://example.com' }, 'message'],
    [{ url: 'https://example.com', message: { method: 'x' } }, 'message.id'],
    [{ url: 'https://example.com', message: { id: 1 } }, 'message.method'],
    [{ url: 'https://example.com', message: { id: 1, method: 'x' }, session: 'a' }, 'session'],
    [
      { url: 'https://example.com', message: { id: 1, method: 'x' }, sessionId: 'a\nb' },
      'sessionId',
    ],
  ])('%j is refused', (options, name) => {
    expect(() => mcpRequest(options as never)).toThrow(name);
  });
});
