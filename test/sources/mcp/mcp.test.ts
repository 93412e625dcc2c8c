/** `sse()` against the real server of the Model Context Protocol, which replays from its store of events. */

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { expect, it } from 'vitest';
import { sse } from '../../../src/sources/index.js';
import { startCuttingProxy } from '../../support/cutting-proxy.js';
import type { Cut, CuttingProxy } from '../../support/cutting-proxy.js';
import { orderedStore } from '../../support/mcp-store.js';
import { range } from '../../support/numbered-log.js';
import type { Loopback } from '../../../src/loopback/listen.js';
import { readAll } from '../../support/read-all.js';
import { startWebHandler } from '../../support/web-handler.js';

const STEPS = 8;

interface Session {
  readonly server: Loopback;
  readonly proxy: CuttingProxy;
  readonly headers: Record<string, string>;
  close(): Promise<void>;
}

/** A session in which the server reports its progress once somebody listens. */
async function startSession(): Promise<Session> {
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => 'session-1',
    eventStore: orderedStore(),
  });
  const mcp = new McpServer({ name: 'steps', version: '1.0.0' }, { capabilities: { logging: {} } });
  await mcp.connect(transport);
  let isTold = false;
  const server = await startWebHandler(async (request) => {
    const response = await transport.handleRequest(request);
    if (request.method === 'GET' && !isTold) {
      isTold = true;
      for (const data of [...range(1, STEPS), 'done'])
        await mcp.sendLoggingMessage({ level: 'info', data });
    }
    return response;
  });
  const headers = {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
  };
  const params = {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  };
  const hello = await fetch(server.url, {
    method: 'POST',
    headers,
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
  });
  await hello.text();
  const proxy = await startCuttingProxy(server.url);
  return {
    server,
    proxy,
    headers: {
      'mcp-session-id': hello.headers.get('mcp-session-id') ?? '',
      'mcp-protocol-version': '2025-06-18',
    },
    close: async () => {
      await mcp.close();
      await proxy.close();
      await server.close();
    },
  };
}

interface Message {
  readonly params: { readonly data: unknown };
}

function dataOf(text: string): unknown {
  return (JSON.parse(text) as Message).params.data;
}

it.each<[string, readonly (Cut | 503)[]]>([
  ['nothing', []],
  ['one cut', [{ at: 400, kind: 'rst' }]],
  ['a clean end of the bytes', [{ at: 300, kind: 'eof' }]],
  [
    'cut after cut, the second before anything new',
    [{ at: 400, kind: 'rst' }, { at: 0, kind: 'rst' }, 503, { at: 250, kind: 'eof' }],
  ],
  ['six cuts', Array.from({ length: 6 }, () => ({ at: 200, kind: 'rst' }) as const)],
])('messages of an MCP server arrive once each, in order, after %s', async (_, cuts) => {
  const session = await startSession();
  try {
    session.proxy.reset(cuts);
    const source = sse({
      url: session.proxy.url,
      headers: session.headers,
      isEnd: ({ data }) => dataOf(data) === 'done',
    });
    const { items, error } = await readAll(source, {
      maxAttempts: 50,
      // "Conflict" is what this protocol says while it has not noticed that we are gone.
      classify: ({ error: { status } }) => (status === 409 ? { fatal: false } : undefined),
    });
    expect(error).toBe(null);
    expect(items.map(({ data }) => dataOf(data))).toEqual([...range(1, STEPS), 'done']);
  } finally {
    await session.close();
  }
});
