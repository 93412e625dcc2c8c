/** A stream that always has more shares the event loop with the rest of the process. */

import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { reconnectStream } from '../../src/index.js';
import type { StreamSource } from '../../src/index.js';
import { fromAsyncIterable, ndjson, webSocket } from '../../src/sources/index.js';

const ITEMS = 300;
/** What it costs to read an item, in ms. */
const WORK_MS = 2;
/** Of an item: a chunk brings a few, and several chunks may wait in a socket. */
const TEXT = 'x'.repeat(16_384);

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const SOURCES: Record<string, (work: () => void) => Promise<StreamSource<unknown>>> = {
  fromAsyncIterable: async (work) =>
    fromAsyncIterable(
      async function* () {
        for (let n = 0; n < ITEMS; n++) yield TEXT;
      },
      { bytes: worked(work, () => TEXT.length) },
    ),

  ndjson: async (work) => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.end(`"${TEXT}"\n`.repeat(ITEMS));
    }).listen(0, '127.0.0.1');
    closing.push(() => server.close());
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return ndjson({ url, terminal: 'eof', parse: worked(work, (value) => value) });
  },

  webSocket: async (work) => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    closing.push(() => server.close());
    await once(server, 'listening');
    server.on('connection', (socket, request) => {
      request.socket.cork();
      for (let n = 0; n < ITEMS; n++) socket.send(TEXT);
      socket.close(1000);
      request.socket.uncork();
    });
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return webSocket({ url, WebSocket, parse: worked(work, (message) => message) });
  },
};

it.each(Object.entries(SOURCES))('lets others run while it reads: %s', async (_, create) => {
  let [read, most, inTurn, isOver] = [0, 0, 0, false];
  const turn = (): void => {
    inTurn = 0;
    if (!isOver) setImmediate(turn);
  };
  turn();
  const source = await create(() => {
    read += 1;
    most = Math.max(most, ++inTurn);
  });
  for await (const _item of reconnectStream(source, { maxAttempts: 0 }));
  isOver = true;
  expect(read).toBe(ITEMS);
  expect(most * WORK_MS).toBeLessThan(100);
});

/** A callback that is slow. */
function worked<A, R>(count: () => void, answer: (arg: A) => R): (arg: A) => R {
  return (arg) => {
    count();
    const until = performance.now() + WORK_MS;
    while (performance.now() < until);
    return answer(arg);
  };
}
