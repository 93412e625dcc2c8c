/** The proxy breaks connections of any protocol where its script says. */

import { createServer } from 'node:http';
import { connect } from 'node:net';
import WebSocket, { WebSocketServer } from 'ws';
import { afterEach, describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import { sse, webSocket } from '../../src/sources/index.js';
import { faultProxy, flakyServer } from '../../src/testing/index.js';
import type { FaultProxy, FlakyServer, ProxyFault } from '../../src/testing/index.js';
import { read } from '../support/facts.js';

const log = (after: number): string => {
  let text = '';
  for (let n = after + 1; n <= 20; n++) text += `id: ${n}\ndata: ${n}\n\n`;
  return `${text}event: end\ndata:\n\n`;
};
const ALL = Array.from({ length: 20 }, (_, n) => String(n + 1));

let server: FlakyServer | undefined;
let proxy: FaultProxy | undefined;
afterEach(async () => {
  await proxy?.close();
  await server?.close();
});

async function start(script: ProxyFault[] | ((nth: number) => ProxyFault)): Promise<FaultProxy> {
  server = await flakyServer({
    paths: {
      '/': ({ headers }) => ({ body: log(Number(headers['last-event-id'] ?? 0)) }),
      '/mute': { body: 'id: 1\ndata: 1\n\n', fault: { kind: 'stall', at: 15 } },
    },
  });
  proxy = await faultProxy({ target: server.url, script });
  return proxy;
}

function stream(url: string) {
  return reconnectStream(sse({ url, isEnd: ({ type }) => type === 'end' }), {
    initialBackoffMs: 1,
    backoffMultiplier: 1,
    jitter: 'none',
    maxAttempts: 100,
    stallTimeoutMs: 300,
    connectTimeoutMs: 2_000,
  });
}

async function readAll(url: string): Promise<{ all: string[]; drops: number }> {
  const reading = stream(url);
  const { items, ended } = read(reading);
  expect(await ended).toBe(null);
  return { all: items.map(({ data }) => data), drops: (await reading.done).drops };
}

describe('a connection', () => {
  it.each([
    ['is passed on', {}, 0],
    ['in slices of a byte', { sliceBytes: 1 }, 0],
    ['in slices that are late', { sliceBytes: 100, delayMs: 5 }, 0],
    ['is reset', { cut: { kind: 'rst', at: 300 } }, 1],
    ['is ended', { cut: { kind: 'fin', at: 300 } }, 1],
    ['goes mute', { cut: { kind: 'stall', at: 300 } }, 1],
    ['breaks before its first byte', { cut: { kind: 'rst', at: 0 } }, 0],
    ['is refused', { refuse: true }, 0],
    ['is late, sliced and reset', { delayMs: 1, sliceBytes: 50, cut: { kind: 'rst', at: 301 } }, 1],
  ] satisfies [string, ProxyFault, number][])('%s', async (_, fault, drops) => {
    const { url } = await start([fault]);
    expect(await readAll(url)).toEqual({ all: [...ALL, ''], drops });
    await proxy?.idle();
  });

  it('is cut at exactly that byte', async () => {
    const on = await start([{ cut: { kind: 'fin', at: 200 } }]);
    const got = await new Promise<number>((resolve) => {
      let bytes = 0;
      const { port, host } = new URL(on.url);
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      });
      socket.on('data', (chunk) => (bytes += chunk.length)).on('end', () => resolve(bytes));
    });
    expect([got, on.bytes]).toEqual([200, 200]);
  });

  it('of a WebSocket breaks as well', async () => {
    const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await new Promise((resolve) => sockets.once('listening', resolve));
    sockets.on('connection', (socket, { url = '' }) => {
      const from = Number(new URL(url, 'http://x').searchParams.get('after') ?? 0);
      for (let n = from + 1; n <= 20; n++) socket.send(String(n));
      socket.send('end');
    });
    const { port } = sockets.address() as { port: number };
    proxy = await faultProxy({
      target: `ws://127.0.0.1:${port}`,
      script: [{ cut: { kind: 'rst', at: 150 } }],
    });
    const { url } = proxy;
    const source = webSocket<string>({
      url: ({ cursor }) => `${url}/?after=${cursor ?? 0}`,
      WebSocket,
      id: (message) => message,
      isEnd: (message) => message === 'end',
    });
    const { items, ended } = read(reconnectStream(source, { initialBackoffMs: 1, jitter: 'none' }));
    expect(await ended).toBe(null);
    expect(items).toEqual([...ALL, 'end']);
    expect(proxy.connections).toBe(2);
    sockets.close();
  });
});

describe('the proxy', () => {
  it.each(['rst', 'fin', 'stall'] as const)('cuts what is open, on demand: %s', async (kind) => {
    const on = await start([]);
    const reading = stream(`${on.url}/mute`);
    const dropped = new Promise<string>((resolve) => {
      reading.on('dropped', ({ reason }) => resolve(reason));
    });
    const connected = new Promise<void>((resolve) => {
      const stop = reading.on('progress', () => resolve());
      reading.on('closed', stop);
    });
    void read(reading);
    await connected;
    expect(on.live).toBe(1);
    on.cut(kind);
    expect(['network', 'stall']).toContain(await dropped);
    reading.close();
  });

  it('is down, and up again at the same port', async () => {
    const on = await start([]);
    await on.down();
    await expect(fetch(on.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await on.up();
    await on.up();
    expect(await (await fetch(on.url)).text()).toBe(log(0));
  });

  it('that is closed stays closed', async () => {
    const on = await start([]);
    await on.close();
    await on.close();
    await expect(on.up()).rejects.toThrow('the proxy is closed');
  });

  it('refuses the connection of a script that throws, and says so', async () => {
    const on = await start(() => {
      throw new Error('mine');
    });
    await expect(fetch(on.url)).rejects.toThrow('fetch failed');
    expect(on.errors).toEqual([new Error('mine')]);
    await on.idle();
  });

  it('keeps no line to a client that has left, however mute', async () => {
    const on = await start([]);
    const { port, host } = new URL(on.url);
    const client = connect(Number(port), '127.0.0.1', () => {
      client.end(`GET /mute HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    });
    await new Promise((resolve) => client.once('data', resolve));
    on.cut('stall');
    await on.idle();
  });

  it('stands before a server with an IPv6 address as well', async () => {
    const web = createServer((_, res) => void res.end('six'));
    await new Promise<void>((resolve) => web.listen(0, '::1', resolve));
    const { port } = web.address() as { port: number };
    proxy = await faultProxy({ target: `http://[::1]:${port}` });
    expect(await (await fetch(proxy.url)).text()).toBe('six');
    web.close();
    web.closeAllConnections();
  });

  it.each([
    [{ refuse: true }, 'script: expected a list of faults, or a function'],
    [null, 'script: expected a list of faults, or a function'],
    [[null], 'script[0]: expected a fault'],
    [[{ sliceBytes: 0 }], 'script[0].sliceBytes: expected a number of bytes, 1 or more'],
    [[{ sliceBytes: NaN }], 'script[0].sliceBytes: expected'],
    [[{}, { cut: { kind: 'rst', at: -1 } }], 'script[1].cut.at: expected a number of bytes'],
    [
      [{ cut: { kind: 'reset', at: 5 } }],
      "script[0].cut.kind: expected one of 'fin', 'rst', 'stall'",
    ],
    [[{ delayMs: 2 ** 31 }], 'script[0].delayMs: expected a number of ms, 0 to 2147483647'],
  ])('refuses the script %j', async (script, message) => {
    const target = 'http://127.0.0.1:1';
    await expect(faultProxy({ target, script: script as never })).rejects.toThrow(message);
  });

  it.each([undefined, '', 'x', 7, 'data:x'])(
    'needs a server to stand before: %s',
    async (target) => {
      await expect(faultProxy({ target: target as string })).rejects.toThrow(
        "target: expected a URL with host and port, such as 'http://127.0.0.1:8080'",
      );
    },
  );
});
