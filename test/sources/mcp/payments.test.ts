/** `mcpRequest()` against the real server of the Model Context Protocol: a tool that takes payment is run once. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import { reconnectStream } from '../../../src/index.js';
import type { StreamSource } from '../../../src/index.js';
import { mcpRequest } from '../../../src/sources/index.js';
import type { JsonRpcMessage } from '../../../src/sources/index.js';
import { startCuttingProxy } from '../../support/cutting-proxy.js';
import type { Cut, CuttingProxy } from '../../support/cutting-proxy.js';
import { inState, read as readItems } from '../../support/facts.js';
import { startPayingServer } from '../../support/mcp-server.js';
import type { McpServerOptions, PayingServer } from '../../support/mcp-server.js';
import { readAll } from '../../support/read-all.js';
import type { ReadAll } from '../../support/read-all.js';
import { places, runs } from '../../support/effort.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

interface Shop {
  readonly server: PayingServer;
  readonly proxy: CuttingProxy;
}

async function openShop(options: McpServerOptions): Promise<Shop> {
  const server = await startPayingServer(options);
  const proxy = await startCuttingProxy(server.url);
  open.push(server, proxy);
  return { server, proxy };
}

/** A call of the tool, with an order of eight characters. */
function call(
  url: string,
  server: PayingServer,
  order: string,
  tool = 'pay',
): StreamSource<JsonRpcMessage> {
  const { sessionId, protocolVersion } = server;
  const params = { name: tool, arguments: { order }, _meta: { progressToken: 7 } };
  return mcpRequest({
    url,
    sessionId,
    protocolVersion,
    message: { id: order, method: 'tools/call', params },
  });
}

/** The answer to a payment as it stands on the wire. */
async function rawAnswer({ url, sessionId, protocolVersion }: PayingServer): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-session-id': sessionId,
      'mcp-protocol-version': protocolVersion,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 'raw',
      method: 'tools/call',
      params: { name: 'pay', arguments: { order: 'raw' } },
    }),
  });
  return response.text();
}

const PATIENT = { maxAttempts: 50, initialBackoffMs: 1 };

function resultText({ items }: ReadAll<JsonRpcMessage>): string | undefined {
  const texts = items.flatMap((item) =>
    'result' in item ? [(item.result as { content: { text: string }[] }).content[0]?.text] : [],
  );
  expect(texts.length).toBeLessThanOrEqual(1);
  return texts[0];
}

/** What was sent before the result, each once and in order. */
function progressOf({ items }: ReadAll<JsonRpcMessage>): unknown[] {
  return items.flatMap((item) =>
    'method' in item ? [(item.params as { progress: number }).progress] : [],
  );
}

/** Runs at a time. */
const LANES = 8;

/** Calls the tool for one cut after another, through a proxy of its own. */
async function lane(
  server: PayingServer,
  cuts: Cut[],
  { size, firstId }: { readonly size: number; readonly firstId: number },
): Promise<void> {
  const proxy = await startCuttingProxy(server.url);
  open.push(proxy);
  for (let cut = cuts.pop(); cut !== undefined; cut = cuts.pop()) {
    const { at, kind } = cut;
    const order = `${kind}-${String(at).padStart(4, '0')}`;
    const label = `${kind} at ${at} of ${size}`;
    proxy.reset([cut]);
    const read = await readAll(call(proxy.url, server, order), PATIENT);
    const methods = proxy.requests.map(({ method }) => method);
    expect([label, server.paid.get(order)]).toEqual([label, 1]);
    if (at >= firstId) {
      expect([label, read.error?.message ?? null, read.status]).toEqual([label, null, 'complete']);
      expect([label, resultText(read)]).toEqual([label, `receipt of ${order} “é” 🌍`]);
      expect([label, progressOf(read)]).toEqual([label, [1, 2]]);
      expect([label, methods]).toEqual([label, ['POST', 'GET']]);
    } else {
      expect([label, read.error?.kind]).toEqual([label, 'not-resumable']);
      expect([label, methods]).toEqual([label, ['POST']]);
    }
  }
}

describe.each([
  ['2025-11-25', 'the answer begins with an event that only has an id'],
  ['2025-06-18', 'the first id comes with the first message'],
])('protocol %s: %s', (protocolVersion) => {
  it('a tool is run once and its result arrives, wherever the answer is cut', async () => {
    const { server, proxy } = await openShop({ protocolVersion });
    proxy.reset([]);
    const whole = await readAll(call(proxy.url, server, 'rst-whol'), PATIENT);
    expect([whole.error, whole.status]).toEqual([null, 'complete']);
    expect(resultText(whole)).toBe('receipt of rst-whol “é” 🌍');
    const size = proxy.passed;
    const firstId = (await rawAnswer(server)).indexOf('\n\n') + 2;
    const cuts = (['rst', 'eof'] as const).flatMap((kind) =>
      places(size, 37, kind === 'rst' ? 0 : 18).map((at): Cut => ({ at, kind })),
    );
    await Promise.all(Array.from({ length: LANES }, () => lane(server, cuts, { size, firstId })));
  }, 240_000);

  it('and after a second cut, in what the GET brings', async () => {
    const { server, proxy } = await openShop({ protocolVersion });
    const first = (await rawAnswer(server)).indexOf('\n\n') + 2;
    for (let at = 0; at < 400; at += runs(133, 13))
      for (const kind of ['rst', 'eof'] as const) {
        const order = `two-${kind}-${at}`;
        proxy.reset([{ at: first, kind: 'rst' }, 503, { at, kind }]);
        const read = await readAll(call(proxy.url, server, order), PATIENT);
        expect([order, read.error?.message ?? null, server.paid.get(order)]).toEqual([
          order,
          null,
          1,
        ]);
        expect([order, resultText(read)]).toEqual([order, `receipt of ${order} “é” 🌍`]);
        expect([order, progressOf(read)]).toEqual([order, [1, 2]]);
        expect(proxy.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
      }
  }, 300_000);
});

it('a server that closes the answer, and asks to come back, has planned it: no attempt is spent', async () => {
  const { server, proxy } = await openShop({ protocolVersion: '2025-11-25', closesAfterMs: 20 });
  proxy.reset([]);
  const read = await readAll(call(proxy.url, server, 'closed'), { maxAttempts: 0 });
  expect([read.error, read.status, server.paid.get('closed')]).toEqual([null, 'complete', 1]);
  expect(resultText(read)).toBe('receipt of closed “é” 🌍');
  expect(progressOf(read)).toEqual([1, 2]);
  expect(proxy.requests[0]?.method).toBe('POST');
  expect(proxy.requests.slice(1).every(({ method }) => method === 'GET')).toBe(true);
  expect(proxy.requests.length).toBeGreaterThan(1);
  expect(read.heard.filter(({ type }) => type === 'dropped' || type === 'reset')).toEqual([]);
});

describe('an answer in one JSON text', () => {
  it('is the result', async () => {
    const { server, proxy } = await openShop({ protocolVersion: '2025-11-25', isJson: true });
    proxy.reset([]);
    const read = await readAll(call(proxy.url, server, 'json'));
    expect([read.error, read.status, resultText(read)]).toEqual([
      null,
      'complete',
      'receipt of json “é” 🌍',
    ]);
  });

  it('that is cut is lost, and not asked for again; one that is whole is whole', async () => {
    const { server, proxy } = await openShop({ protocolVersion: '2025-11-25', isJson: true });
    proxy.reset([]);
    await readAll(call(proxy.url, server, 'eof-size'));
    const size = proxy.passed;
    for (const kind of ['rst', 'eof'] as const)
      for (let at = 0; at <= size; at += at > size - 4 ? 1 : 7) {
        const order = `${kind}-${String(at).padStart(4, '0')}`;
        proxy.reset([{ at, kind }]);
        const read = await readAll(call(proxy.url, server, order), PATIENT);
        expect([order, server.paid.get(order), proxy.requests.length]).toEqual([order, 1, 1]);
        if (at < size) expect([order, read.error?.kind]).toEqual([order, 'not-resumable']);
        else
          expect([order, read.status, resultText(read)]).toEqual([
            order,
            'complete',
            `receipt of ${order} “é” 🌍`,
          ]);
      }
  }, 300_000);
});

it('a server without a store of events gives no ids: a cut fails, and the tool is run once', async () => {
  const { server, proxy } = await openShop({
    protocolVersion: '2025-11-25',
    eventStore: undefined,
  });
  proxy.reset([{ at: 150, kind: 'rst' }]);
  const read = await readAll(call(proxy.url, server, 'unstored'), PATIENT);
  expect([read.error?.kind, server.paid.get('unstored'), proxy.requests.length]).toEqual([
    'not-resumable',
    1,
    1,
  ]);
});

it('a POST that is refused before any work is sent again', async () => {
  const { server, proxy } = await openShop({ protocolVersion: '2025-11-25' });
  proxy.reset([503, 503]);
  const read = await readAll(call(proxy.url, server, 'refused'), PATIENT);
  expect([read.error, resultText(read), server.paid.get('refused')]).toEqual([
    null,
    'receipt of refused “é” 🌍',
    1,
  ]);
  expect(proxy.requests).toHaveLength(3);
});

it('a checkpoint goes on in another process, by the id of the request', async () => {
  const { server, proxy } = await openShop({ protocolVersion: '2025-11-25' });
  const first = (await rawAnswer(server)).indexOf('\n\n') + 2;
  proxy.reset([{ at: first + 200, kind: 'rst' }]);
  const stream = reconnectStream(call(proxy.url, server, 'saved'), {
    initialBackoffMs: 60_000,
    jitter: 'none',
  });
  const before: JsonRpcMessage[] = [];
  stream.on('waiting', () => stream.close());
  for await (const item of stream) before.push(item);
  const checkpoint = structuredClone(stream.checkpoint());
  const read = await readAll(call(proxy.url, server, 'saved'), { checkpoint });
  expect([read.error, server.paid.get('saved')]).toEqual([null, 1]);
  const all = { ...read, items: [...before, ...read.items] };
  expect([progressOf(all), resultText(all)]).toEqual([[1, 2], 'receipt of saved “é” 🌍']);
  expect(JSON.stringify(checkpoint)).not.toContain(server.sessionId);
});

it('cancel() sends the server the request that is not wanted any more', async () => {
  const { server, proxy } = await openShop({ protocolVersion: '2025-11-25' });
  proxy.reset([]);
  const stream = reconnectStream(call(proxy.url, server, 'unwanted', 'wait'));
  const reading = readItems(stream);
  await inState(stream, 'connected');
  await stream.cancel('changed my mind');
  expect(await reading.ended).toBe(null);
  await vi.waitFor(() => expect(server.cancelled).toEqual(['unwanted']));
  const [, notification] = proxy.requests;
  expect(JSON.parse(notification?.body ?? '')).toMatchObject({
    method: 'notifications/cancelled',
    params: { reason: 'changed my mind', requestId: 'unwanted' },
  });
});
