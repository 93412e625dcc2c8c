/** Many clients of one server that is replaced while all are connected: nothing that was sent or received is lost. */

import { afterAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { reconnectStream } from '../../../src/index.js';
import { webSocket } from '../../../src/sources/index.js';
import type { WebSocketSource } from '../../../src/sources/index.js';
import { createWaiter } from '../../../src/testing/wait-until.js';
import { startSocketServer } from '../../support/web-socket-server.js';
import type { SocketServer } from '../../support/web-socket-server.js';

const CLIENTS = 200;
const ITEMS = 20;
const BASE_MS = 400;

interface Message {
  readonly ack?: string;
  readonly n?: number;
}

interface Client {
  readonly source: WebSocketSource<Message>;
  readonly items: number[];
  /** The delays before its attempts, in ms. */
  readonly delays: number[];
  readonly done: Promise<unknown>;
}

const { until, changed } = createWaiter();
let server: SocketServer;
afterAll(() => server.close());

function startClient(url: string, k: number): Client {
  const source = webSocket<Message>({
    url: `${url}/${k}`,
    WebSocket,
    parse: (message) => JSON.parse(String(message)) as Message,
    id: ({ n }) => (n === undefined ? undefined : String(n)),
    contiguous: (before, next) => (Number(next) === Number(before) + 1 ? 'next' : 'gap'),
    isEnd: ({ n }) => n === ITEMS,
    resumeMessage: ({ cursor }) => JSON.stringify({ after: Number(cursor ?? 0) }),
    ackId: (message) => (JSON.parse(message as string) as { id?: string }).id,
    isAck: ({ ack }) => ack,
  });
  source.onDrain(changed);
  const stream = reconnectStream(source, { initialBackoffMs: BASE_MS });
  const [items, delays]: [number[], number[]] = [[], []];
  stream.on('waiting', ({ delayMs }) => void delays.push(delayMs));
  const read = async (): Promise<void> => {
    for await (const { n } of stream) {
      items.push(n ?? 0);
      changed();
    }
  };
  return { source, items, delays, done: read() };
}

it(`${CLIENTS} clients and a deploy: every item once, every message acknowledged`, async () => {
  /** How often each message arrived. */
  const arrived = new Map<string, number>();
  const sockets: WebSocket[] = [];
  let phase: 'up' | 'stopping' | 'new' = 'up';
  server = await startSocketServer(
    (socket) => void sockets.push(socket),
    (text, socket) => {
      const { id, after = 0 } = JSON.parse(text) as { id?: string; after?: number };
      if (id === undefined) {
        const last = phase === 'new' ? ITEMS : ITEMS / 2;
        const send = (n: number): void => socket.send(JSON.stringify({ n }));
        // The last item ends the stream: it waits until all was acknowledged.
        for (let n = after + 1; n <= Math.min(last, ITEMS - 1); n++) send(n);
        return;
      }
      arrived.set(id, (arrived.get(id) ?? 0) + 1);
      // A node that stops has received the message, and does not answer any more.
      if (phase !== 'stopping') socket.send(JSON.stringify({ ack: id }));
      if (phase === 'new' && id.endsWith('after')) socket.send(JSON.stringify({ n: ITEMS }));
      changed();
    },
  );
  const clients = Array.from({ length: CLIENTS }, (_, k) => startClient(server.url, k));
  const sendAll = (when: string): void => {
    for (const [k, { source }] of clients.entries())
      source.send(JSON.stringify({ id: `${k} ${when}` }));
  };
  await until(() => clients.every(({ items }) => items.length === ITEMS / 2));
  sendAll('before');
  await until(
    () => arrived.size === CLIENTS && clients.every(({ source }) => source.unsent.length === 0),
  );
  phase = 'stopping';
  sendAll('during');
  await until(() => arrived.size === 2 * CLIENTS);
  phase = 'new';
  for (const socket of sockets.splice(0)) socket.close(1001, 'deploy');
  sendAll('after');
  await Promise.all(clients.map(({ done }) => done));

  const whole = Array.from({ length: ITEMS }, (_, n) => n + 1);
  const messages = (when: string): (number | undefined)[] =>
    clients.map((_, k) => arrived.get(`${k} ${when}`));
  for (const { items, source } of clients) {
    expect(items).toEqual(whole);
    expect(source.unsent).toEqual([]);
  }
  expect(messages('before')).toEqual(clients.map(() => 1));
  expect(messages('during')).toEqual(clients.map(() => 2));
  expect(messages('after').filter((times) => times === undefined)).toEqual([]);
  // The first attempts are spread over the whole first delay, so that the new node is not run down.
  const delays = clients.map((client) => client.delays[0] ?? -1);
  const quarters = [0, 1, 2, 3].map(
    (quarter) => delays.filter((delay) => Math.floor((delay * 4) / BASE_MS) === quarter).length,
  );
  for (const count of quarters) expect(count).toBeGreaterThan(CLIENTS / 10);
});
