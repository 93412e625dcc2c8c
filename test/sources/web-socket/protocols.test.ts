/** Protocols that others speak over a WebSocket: what each asks for before, between and after its messages. */

import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { Server as EngineServer } from 'engine.io';
import type * as graphql from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { reconnectStream } from '../../../src/index.js';
import type { ReconnectEvent } from '../../../src/index.js';
import { webSocket } from '../../../src/sources/index.js';
import type { WebSocketSource } from '../../../src/sources/index.js';
import { onLoopback } from '../../../src/loopback/listen.js';
import { eventsOf, record } from '../../support/facts.js';
import { QUICK } from '../../support/read-all.js';
import { startSocketServer } from '../../support/web-socket-server.js';
import type { SocketServer } from '../../support/web-socket-server.js';

/** The module that graphql-ws has: vitest would load another one. */
const { buildSchema } = createRequire(import.meta.url)('graphql') as typeof graphql;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Read<T> {
  readonly items: T[];
  readonly events: ReconnectEvent[];
  readonly error: unknown;
}

/** Reads until the stream ends, or until it has so many items. */
async function read<T>(source: WebSocketSource<T>, most = Infinity): Promise<Read<T>> {
  const stream = reconnectStream(source, QUICK);
  const events = record(stream);
  const items: T[] = [];
  let error: unknown = null;
  try {
    for await (const item of stream) if (items.push(item) >= most) break;
  } catch (thrown) {
    error = thrown;
  }
  return { items, events, error };
}

function opened(server: SocketServer): SocketServer {
  closing.push(() => server.close());
  return server;
}

const json = JSON.stringify;
const parse = (message: unknown): Message => JSON.parse(String(message)) as Message;
type Message = Readonly<Record<string, unknown>>;

describe('graphql-ws', () => {
  interface Next {
    readonly id: string;
    readonly type: 'next' | 'complete' | 'error';
    readonly payload?: { readonly data: { readonly tick: number } };
  }

  it('acknowledges before it may be subscribed to, and goes on from a variable', async () => {
    const schema = buildSchema(
      'type Query { a: Int } type Subscription { tick(after: Int!): Int! }',
    );
    const http = createServer();
    const sockets = new WebSocketServer({ server: http, path: '/graphql' });
    const subscribe = async function* ({ after }: { after: number }) {
      for (let n = after + 1; n <= 30; n++) {
        await new Promise(setImmediate);
        if (n % 7 === 0 && n > after + 3) for (const socket of sockets.clients) socket.terminate();
        yield { tick: n };
      }
    };
    const { dispose } = useServer(
      { schema, roots: { subscription: { tick: subscribe } } },
      sockets,
    );
    const { url, close } = await onLoopback(http);
    closing.push(close, dispose);
    const source = webSocket<Next>({
      url: `${url.replace('http', 'ws')}/graphql`,
      protocols: 'graphql-transport-ws',
      WebSocket,
      ready: async ({ send, receive, cursor }) => {
        send(json({ type: 'connection_init' }));
        expect(parse(await receive())['type']).toBe('connection_ack');
        const query = `subscription { tick(after: ${cursor ?? 0}) }`;
        send(json({ id: '1', type: 'subscribe', payload: { query } }));
      },
      parse: (message) => {
        const next = parse(message) as unknown as Next;
        if ((next.type as string) === 'ping') source.send(json({ type: 'pong' }));
        return next.type === 'next' || next.type === 'complete' ? next : undefined;
      },
      id: ({ payload }) => payload && String(payload.data.tick),
      contiguous: (before, next) => (Number(next) === Number(before) + 1 ? 'next' : 'gap'),
      isEnd: ({ type }) => type === 'complete',
    });
    const { items, events, error } = await read(source);
    expect(error).toBeNull();
    expect(items.flatMap(({ payload }) => payload?.data.tick ?? [])).toEqual(
      Array.from({ length: 30 }, (_, n) => n + 1),
    );
    expect(eventsOf(events, 'dropped').length).toBeGreaterThan(1);
    expect(eventsOf(events, 'gap')).toEqual([]);
    expect(source.protocol).toBe('graphql-transport-ws');
  });
});

describe('engine.io without its client', () => {
  it('sends heartbeats in messages, and is answered out of parse', async () => {
    const http = createServer();
    const engine = new EngineServer({ pingInterval: 20, pingTimeout: 500 });
    engine.attach(http);
    let connections = 0;
    engine.on('connection', (socket: EngineSocket) => {
      const n = ++connections;
      let beats = 0;
      socket.on('heartbeat', () => {
        socket.send(`beat ${n}.${++beats}`);
        // The second connection breaks: no close frame, as when a process dies.
        if (beats === 3) (socket.transport as unknown as Terminable).socket.terminate();
      });
    });
    const { url, close } = await onLoopback(http);
    closing.push(close, () => engine.close());
    const source = webSocket<string>({
      url: `${url.replace('http', 'ws')}/engine.io/?EIO=4&transport=websocket`,
      WebSocket,
      ready: async ({ receive }) => expect(String(await receive())).toMatch(/^0\{/u),
      parse: (message) => {
        const text = String(message);
        if (text === '2') source.send('3');
        return text.startsWith('4') ? text.slice(1) : undefined;
      },
    });
    const { items, error } = await read(source, 7);
    expect(error).toBeNull();
    expect(items).toEqual([
      'beat 1.1',
      'beat 1.2',
      'beat 1.3',
      'beat 2.1',
      'beat 2.2',
      'beat 2.3',
      'beat 3.1',
    ]);
  });

  interface EngineSocket {
    readonly transport: object;
    on(type: string, listener: () => void): void;
    send(text: string): void;
  }
  interface Terminable {
    readonly socket: { terminate(): void };
  }
});

describe('servers that ask first', () => {
  it('a home assistant: a token that has expired is fetched once more, and events are asked for again', async () => {
    let token = 'old';
    const asked: boolean[] = [];
    const server = opened(
      await startSocketServer(
        (socket) => socket.send(json({ type: 'auth_required' })),
        (text, socket, n) => {
          const message = parse(text);
          if (message['type'] === 'auth') {
            const isValid = message['access_token'] === token;
            socket.send(json({ type: isValid ? 'auth_ok' : 'auth_invalid' }));
            if (!isValid) socket.close();
          } else if (message['type'] === 'subscribe_events') {
            socket.send(json({ id: message['id'], type: 'result', success: true }));
            for (const event of [1, 2])
              socket.send(json({ type: 'event', event: `${n}.${event}` }));
            // The second time the server restarts, and what it gave out is not valid any more.
            if (n === 0) token = 'new';
            socket.close(1012);
          }
        },
      ),
    );
    const source = webSocket<Message>({
      url: server.url,
      WebSocket,
      ready: async ({ send, receive, refresh }) => {
        await receive();
        asked.push(refresh);
        send(json({ type: 'auth', access_token: refresh ? 'new' : 'old' }));
        const { type } = parse(await receive());
        if (type !== 'auth_ok') throw Object.assign(new Error(String(type)), { status: 401 });
        send(json({ id: 1, type: 'subscribe_events' }));
      },
      parse: (message) => {
        const given = parse(message);
        return given['type'] === 'event' ? given : undefined;
      },
    });
    const { items, error } = await read(source, 4);
    expect(error).toBeNull();
    expect(items.map(({ event }) => event)).toEqual(['0.1', '0.2', '2.1', '2.2']);
    expect(asked).toEqual([false, false, true]);
  });

  it('a phoenix channel: joined again after each drop, and its heartbeat is answered', async () => {
    const server = opened(
      await startSocketServer(
        () => {},
        (text, socket, n) => {
          const [join, ref, topic, event] = JSON.parse(text) as (string | null)[];
          socket.send(json([join, ref, topic, 'phx_reply', { status: 'ok', response: {} }]));
          if (event === 'phx_join') socket.send(json([join, null, topic, 'new_msg', { n }]));
          // Two heartbeats, then the node goes away.
          if (event === 'heartbeat' && Number(ref) === 2) socket.close(1001);
        },
      ),
    );
    let beat = 0;
    const source = webSocket<unknown[]>({
      url: `${server.url}/socket/websocket?vsn=2.0.0`,
      WebSocket,
      ready: async ({ send, receive }) => {
        beat = 0;
        send(json(['1', '1', 'room:lobby', 'phx_join', {}]));
        const [, , , event] = JSON.parse(String(await receive())) as unknown[];
        if (event !== 'phx_reply') throw new Error('not joined');
      },
      ping: {
        message: () => json([null, String(++beat), 'phoenix', 'heartbeat', {}]),
        everyMs: 10,
      },
      parse: (message) => {
        const given = JSON.parse(String(message)) as unknown[];
        return given[3] === 'phx_reply' ? undefined : given;
      },
    });
    const { items, error } = await read(source, 3);
    expect(error).toBeNull();
    expect(items.map((item) => item[4])).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
  });

  it('a gateway that resumes a session only if it was not closed by 1000', async () => {
    const sessions = new Set<string>();
    let sequence = 0;
    const server = opened(
      await startSocketServer(
        (socket) => {
          socket.send(json({ op: 10, d: { heartbeat_interval: 5_000 } }));
          socket.on('close', (code) => void ([1000, 1001].includes(code) && sessions.clear()));
        },
        (text, socket) => {
          const { op, d } = JSON.parse(text) as {
            op: number;
            d: { session?: string; seq?: number };
          };
          if (op === 2) sessions.add('abc');
          const isResumed = op === 6 && sessions.has(d.session ?? '');
          if (op === 6 && !isResumed) return socket.send(json({ op: 9, d: false }));
          socket.send(json({ op: 0, t: isResumed ? 'RESUMED' : 'READY', d: { session: 'abc' } }));
          const from = isResumed ? (d.seq ?? 0) : 0;
          for (let s = from + 1; s <= from + 3; s++) socket.send(json({ op: 0, t: 'MESSAGE', s }));
          sequence = from + 3;
          return undefined;
        },
      ),
    );
    let session: string | undefined;
    const source = webSocket<Message>({
      url: server.url,
      WebSocket,
      ready: async ({ send, receive, cursor }) => {
        await receive();
        const isKnown = session !== undefined && cursor !== undefined;
        send(json(isKnown ? { op: 6, d: { session, seq: Number(cursor) } } : { op: 2, d: {} }));
        const { t, d } = parse(await receive());
        if (t !== 'READY' && t !== 'RESUMED') throw new Error('the session is lost');
        ({ session } = d as { session: string });
      },
      parse: (message) => {
        const given = parse(message);
        return given['t'] === 'MESSAGE' ? given : undefined;
      },
      id: ({ s }) => String(s),
    });
    const stream = reconnectStream(source, QUICK);
    const comeBack = (): void => {
      stream.pause();
      queueMicrotask(() => stream.resume());
    };
    const events = record(stream);
    const seen: unknown[] = [];
    for await (const { s } of stream) {
      if (seen.push(s) >= 9) break;
      if (seen.length % 3 === 0) comeBack();
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(sequence).toBeGreaterThanOrEqual(9);
    expect(server.codes.slice(0, 2)).toEqual([4000, 4000]);
    expect(eventsOf(events, 'restarted')).toEqual([]);
  });
});

describe('binary messages', () => {
  it('arrive compressed, as the bytes that were sent, and go on after a cut', async () => {
    const updates = Array.from({ length: 40 }, (_, n) =>
      Uint8Array.from({ length: 1 + n * 97 }, (__, at) => (at === 0 ? n : (at * 31 + n) & 255)),
    );
    const server = opened(
      await startSocketServer(
        () => {},
        (text, socket, n) => {
          for (const update of updates.slice(Number(text))) {
            if (n < 3 && update[0] === 10 * (n + 1)) return socket.terminate();
            socket.send(update);
          }
          socket.close(1000);
        },
        { perMessageDeflate: { threshold: 0 } },
      ),
    );
    const source = webSocket<Uint8Array>({
      url: server.url,
      WebSocket,
      parse: (message) => message as Uint8Array,
      id: ([n]) => String(n),
      resumeMessage: ({ cursor }) => String(cursor === undefined ? 0 : Number(cursor) + 1),
    });
    const { items, error, events } = await read(source);
    expect(error).toBeNull();
    expect(items.map((item) => Buffer.from(item).toString('base64'))).toEqual(
      updates.map((update) => Buffer.from(update).toString('base64')),
    );
    expect(eventsOf(events, 'dropped')).toHaveLength(3);
    expect(server.handshakes[0]?.headers['sec-websocket-extensions']).toContain(
      'permessage-deflate',
    );
  });
});
