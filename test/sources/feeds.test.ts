/** `sse()` and `webSocket()` as feeds: peers that show no ids, and have no history. */

import { createServer } from 'node:http';
import { once as emitted } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createChannel, createSession } from 'better-sse';
import type { Session } from 'better-sse';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { reconnectStream } from '../../src/index.js';
import type { ReconnectEvent, ReconnectOptions, StreamSource } from '../../src/index.js';
import { sse, webSocket } from '../../src/sources/index.js';
import { onLoopback } from '../../src/loopback/listen.js';
import { inState, record } from '../support/facts.js';

const QUICK: ReconnectOptions = { initialBackoffMs: 1, maxBackoffMs: 5, jitter: 'none' };

let stop: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of stop.reverse()) await one();
  stop = [];
});

/** A channel of better-sse: everybody who listens gets what is said, and nobody what was said before. */
async function startChannel(): Promise<{ url: string; say(word: string): void; cut(): void }> {
  const channel = createChannel();
  const sessions = new Set<Session>();
  const cuts = new Map<Session, () => void>();
  const server = await onLoopback(
    createServer((req, res) => {
      void createSession(req, res, { retry: 1, keepAlive: null }).then((session) => {
        channel.register(session);
        sessions.add(session);
        cuts.set(session, () => res.destroy());
        session.push('hello', 'greeting', '');
      });
    }),
  );
  stop.push(() => server.close());
  return {
    url: server.url,
    say: (word) => void channel.broadcast(word, 'message', { eventId: '' }),
    cut: () => cuts.forEach((cut) => cut()),
  };
}

async function startSockets(): Promise<{ url: string; say(word: string): void; cut(): void }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await emitted(server, 'listening');
  stop.push(() => new Promise((resolve) => server.close(resolve)));
  server.on('connection', (socket) => socket.send('hello'));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    say: (word) => server.clients.forEach((socket) => socket.send(word)),
    cut: () => server.clients.forEach((socket) => socket.terminate()),
  };
}

interface Heard {
  readonly words: string[];
  readonly events: ReconnectEvent[];
}

/** Receives a word, loses the connection, receives another. */
async function throughADrop<T>(
  source: StreamSource<T>,
  peer: { say(word: string): void; cut(): void },
  toWord: (item: T) => string,
): Promise<Heard> {
  const stream = reconnectStream(source, QUICK);
  stop.push(() => stream.close());
  const events = record(stream);
  const words: string[] = [];
  const until = (count: number): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => (words.length >= count ? resolve() : void setImmediate(look));
      look();
    });
  void (async () => {
    for await (const item of stream) words.push(toWord(item));
  })();
  await until(1);
  peer.say('one');
  await until(2);
  const waiting = inState(stream, 'waiting');
  peer.cut();
  await waiting;
  await until(3);
  peer.say('two');
  await until(4);
  stream.close();
  return { words, events };
}

function facts({ words, events }: Heard): unknown {
  const told = events.filter(({ type }) => ['gap', 'restarted', 'diagnostic'].includes(type));
  return [words, told.map((event) => (event.type === 'diagnostic' ? event.code : event))];
}

/** Reads to the end: the items, and what was reported besides attempts and progress. */
async function planned<T>(source: StreamSource<T>): Promise<[T[], string[]]> {
  const stream = reconnectStream(source, QUICK);
  stop.push(() => stream.close());
  const events = record(stream);
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  const others = events.filter(({ type }) => type !== 'attemptStarted' && type !== 'progress');
  return [items, others.map(({ type }) => type)];
}

const PLANNED = [
  'connected',
  'rotated',
  'connected',
  'gap',
  'rotated',
  'connected',
  'gap',
  'closed',
];
const GAP = { type: 'gap', from: null, to: null };
const WORDS = ['hello', 'one', 'hello', 'two'];

describe('a channel of better-sse without ids', () => {
  const wordOf = ({ data }: { data: string }): string => JSON.parse(data) as string;

  it('is a feed after a diagnostic', async () => {
    const channel = await startChannel();
    expect(facts(await throughADrop(sse(channel.url), channel, wordOf))).toEqual([
      WORDS,
      ['no-ids', GAP],
    ]);
  });

  it("is one without a word where the caller writes resume: 'live'", async () => {
    const channel = await startChannel();
    const source = sse(channel.url, { resume: 'live' });
    expect(facts(await throughADrop(source, channel, wordOf))).toEqual([WORDS, [GAP]]);
  });

  it('starts over where the caller says that there is an end, or ids', async () => {
    for (const options of [{ isEnd: () => false }, { resume: 'cursor' as const }]) {
      const channel = await startChannel();
      const source = sse(channel.url, options);
      const [, told] = facts(await throughADrop(source, channel, wordOf)) as [unknown, object[]];
      expect(told).toContainEqual(expect.objectContaining({ type: 'restarted' }));
      expect(told).not.toContainEqual(GAP);
    }
  });

  it.each([
    ['its type', 'goaway'],
    ['a function', ({ type }: { type: string }): boolean => type === 'goaway'],
  ])('ends by plan at an event that is named by %s', async (_, rotation) => {
    let count = 0;
    const server = await onLoopback(
      createServer((_req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        count += 1;
        res.write(`id: ${count}\ndata: item ${count}\n\n`);
        if (count < 3) res.write('event: goaway\ndata: {}\n\n');
        else res.end('data: end\n\n');
      }),
    );
    stop.push(() => server.close());
    const source = sse(server.url, {
      rotation,
      isEnd: ({ data }) => data === 'end',
      parse: ({ data }) => data,
    });
    expect(await planned(source)).toEqual([
      ['item 1', 'item 2', 'item 3', 'end'],
      ['connected', 'rotated', 'connected', 'rotated', 'connected', 'closed'],
    ]);
  });

  it('may be subscribed to by a POST, which is sent again', async () => {
    const channel = await startChannel();
    const source = sse(channel.url, { method: 'POST', body: '{}', resume: 'live' });
    expect(facts(await throughADrop(source, channel, wordOf))).toEqual([WORDS, [GAP]]);
  });
});

describe('messages of a WebSocket without ids', () => {
  it('are a feed after a diagnostic', async () => {
    const peer = await startSockets();
    expect(
      facts(await throughADrop(webSocket({ url: peer.url, WebSocket }), peer, String)),
    ).toEqual([WORDS, ['no-ids', GAP]]);
  });

  it('end by plan where a close code, or a message, says so: at once, without an attempt', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await emitted(server, 'listening');
    stop.push(() => new Promise((resolve) => server.close(resolve)));
    let count = 0;
    server.on('connection', (socket) => {
      count += 1;
      socket.send(`item ${count}`);
      if (count === 1) socket.close(4100);
      else if (count === 2) socket.send('goaway');
      else socket.close(1000);
    });
    const source = webSocket<string>({
      url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
      WebSocket,
      resume: 'live',
      parse: String,
      rotation: (item) => item === 'goaway',
      closeCode: (code) => (code === 4100 ? 'rotate' : undefined),
    });
    expect(await planned(source)).toEqual([['item 1', 'item 2', 'item 3'], PLANNED]);
  });

  it("are one without a word where the caller writes resume: 'live'", async () => {
    const peer = await startSockets();
    const source = webSocket({ url: peer.url, WebSocket, resume: 'live' });
    expect(facts(await throughADrop(source, peer, String))).toEqual([WORDS, [GAP]]);
  });
});
