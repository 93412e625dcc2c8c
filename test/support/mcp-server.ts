/** A real server of the Model Context Protocol, with a tool that takes payment. */

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { EventStore } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { z } from 'zod';
import { orderedStore } from './mcp-store.js';
import { startWebHandler } from './web-handler.js';

export interface McpServerOptions {
  /** What client and server agreed on. From 2025-11-25 on the server begins each answer with an event without data. */
  readonly protocolVersion: string;
  /** The server closes each answer before the result, and asks to come back after so many ms. */
  readonly closesAfterMs?: number;
  /** The answer is one JSON text. */
  readonly isJson?: boolean;
  /** @default one that keeps the order */
  readonly eventStore?: EventStore | undefined;
}

export interface PayingServer {
  readonly url: string;
  readonly sessionId: string;
  readonly protocolVersion: string;
  /** How often each order was paid. */
  readonly paid: ReadonlyMap<string, number>;
  /** Requests that the client cancelled. */
  readonly cancelled: readonly string[];
  close(): Promise<void>;
}

/** One session with the tools `pay { order }`, `fail` and `wait { order }`, which never answers. */
export async function startPayingServer(options: McpServerOptions): Promise<PayingServer> {
  const { protocolVersion, closesAfterMs, isJson = false } = options;
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => 'session-1',
    enableJsonResponse: isJson,
    ...('eventStore' in options && options.eventStore === undefined
      ? {}
      : { eventStore: options.eventStore ?? orderedStore() }),
    ...(closesAfterMs === undefined ? {} : { retryInterval: closesAfterMs }),
  });
  const paid = new Map<string, number>();
  const cancelled: string[] = [];
  const mcp = new McpServer({ name: 'shop', version: '1.0.0' });
  const order = z.string();
  mcp.registerTool(
    'pay',
    { inputSchema: { order } },
    async (args, { sendNotification, _meta, ...extra }) => {
      paid.set(args.order, (paid.get(args.order) ?? 0) + 1);
      for (const progress of [1, 2]) {
        const progressToken = _meta?.progressToken ?? 0;
        await sendNotification({
          method: 'notifications/progress',
          params: { progressToken, progress },
        });
        if (closesAfterMs !== undefined) extra.closeSSEStream?.();
      }
      return { content: [{ type: 'text', text: `receipt of ${args.order} “é” 🌍` }] };
    },
  );
  mcp.registerTool('wait', { inputSchema: { order } }, (args, { signal }) => {
    signal.addEventListener('abort', () => void cancelled.push(args.order));
    return new Promise(() => {});
  });
  await mcp.connect(transport);
  const server = await startWebHandler((request) => transport.handleRequest(request));
  const hello = await fetch(server.url, {
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 'hello',
      method: 'initialize',
      params: { protocolVersion, capabilities: {}, clientInfo: { name: 'test', version: '1' } },
    }),
  });
  await hello.text();
  return {
    url: server.url,
    sessionId: hello.headers.get('mcp-session-id') ?? '',
    protocolVersion,
    paid,
    cancelled,
    close: async () => {
      await mcp.close();
      await server.close();
    },
  };
}
