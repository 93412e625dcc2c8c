/** `webSocket()` against real sockets: `ws`, and a class with no more than a browser's. */

import { createHash } from 'node:crypto';
import { getEventListeners } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket as NodeSocket } from 'ws';
import type { WebSocket } from 'ws';
import { reconnectStream } from '../../../src/index.js';
import type { ReconnectError, ReconnectingStream, ReconnectOptions } from '../../../src/index.js';
import { webSocket } from '../../../src/sources/index.js';
import type {
  WebSocketClass,
  WebSocketOptions,
  WebSocketSource,
} from '../../../src/sources/index.js';
import { onLoopback } from '../../../src/loopback/listen.js';
import { startSocketPeer, WORDS } from '../../support/socket-peer.js';
import type { SocketFault, SocketPeer } from '../../support/socket-peer.js';

interface Line {
  readonly seq: string;
  readonly word: string;
}

/** Nothing but what the standard has: no pause, no terminate, no answer to a refused handshake. */
class PlainSocket {
  readonly #socket: NodeSocket;
  constructor(url: string, protocols?: string[]) {
    this.#socket = new NodeSocket(url, protocols);
  }
  set binaryType(type: 'arraybuffer') {
    this.#socket.binaryType = type;
  }
  get readyState(): number {
    return this.#socket.readyState;
  }
  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }
  send(data: string): void {
    this.#socket.send(data);
  }
  close(code?: number): void {
    this.#socket.close(code);
  }
  addEventListener(type: 'message', listener: () => void): void {
    this.#socket.addEventListener(type, listener);
  }
  removeEventListener(type: 'message', listener: () => void): void {
    this.#socket.removeEventListener(type, listener);
  }
}

const QUICK: ReconnectOptions = {
  initialBackoffMs: 1,
  jitter: 'none',
  backoffMultiplier: 1,
  stallTimeoutMs: 10_000,
  connectTimeoutMs: 10_000,
};

let peer: SocketPeer | undefined;
let running: ReconnectingStream<unknown> | undefined;
afterEach(async () => {
  running?.close();
  await peer?.close();
  peer = running = undefined;
});

interface Run {
  readonly peer: SocketPeer;
  readonly source: WebSocketSource<Line>;
  readonly stream: ReconnectingStream<Line>;
  readonly words: string[];
  readonly ended: Promise<ReconnectError | null>;
}

interface Setup {
  readonly options?: ReconnectOptions;
  readonly source?: Partial<WebSocketOptions<Line>>;
  readonly end?: (socket: WebSocket) => void;
}

async function run(faults: readonly SocketFault[], setup: Setup = {}): Promise<Run> {
  const on = (peer = await startSocketPeer(faults, setup.end));
  const source = webSocket<Line>({
    url: on.url,
    WebSocket: NodeSocket,
    parse: (message) => JSON.parse(String(message)) as Line,
    id: ({ seq }) => seq,
    resumeMessage: ({ cursor = '0' }) => JSON.stringify({ after: Number(cursor) }),
    contiguous: 'numeric',
    closeTimeoutMs: 300,
    ...setup.source,
  });
  const stream = (running = reconnectStream(source, { ...QUICK, ...setup.options }));
  const words: string[] = [];
  stream.on('gap', (gap) => words.push(`gap ${gap.from} ${gap.to}`));
  const read = async (): Promise<ReconnectError | null> => {
    try {
      for await (const { word } of stream) words.push(word);
      return null;
    } catch (error) {
      return error as ReconnectError;
    }
  };
  return { peer: on, source, stream, words, ended: read() };
}

function nextEvent<T extends 'waiting' | 'connected' | 'stalled' | 'dropped'>(
  stream: ReconnectingStream<unknown>,
  type: T,
): Promise<Extract<Parameters<Parameters<typeof stream.subscribe>[0]>[0], { type: T }>> {
  return new Promise((resolve) => stream.on(type, (event) => resolve(event as never)));
}

const CLASSES: readonly (readonly [string, WebSocketClass])[] = [
  ['ws', NodeSocket],
  ['a class without the extras of ws', PlainSocket],
];

/** A text frame that announces 100 bytes and brings three. */
const CUT_FRAME = Buffer.from([0x81, 100, 65, 66, 67]);

describe.each(CLASSES)('with %s', (_, Class) => {
  const drops: readonly (readonly [string, (socket: WebSocket, tcp: Socket) => void])[] = [
    ['FIN', (_socket, tcp) => void tcp.end()],
    ['RST', (_socket, tcp) => void tcp.resetAndDestroy()],
    ['FIN inside a frame', (_socket, tcp) => void tcp.end(CUT_FRAME)],
    ['RST inside a frame', (_socket, tcp) => tcp.write(CUT_FRAME, () => tcp.resetAndDestroy())],
    ['an unknown opcode', (_socket, tcp) => void tcp.write(Buffer.from([0x83, 0]))],
    ['a masked frame', (_socket, tcp) => void tcp.write(Buffer.from([0x81, 0x81, 1, 2, 3, 4, 5]))],
    ['broken UTF-8', (_socket, tcp) => void tcp.write(Buffer.from([0x81, 1, 0xff]))],
    ['a close frame of one byte', (_socket, tcp) => void tcp.write(Buffer.from([0x88, 1, 3]))],
    ['no code', (socket) => socket.close()],
    ...[1001, 1011, 1012, 3000, 4000].map(
      (code) => [`close ${code}`, (socket: WebSocket) => socket.close(code)] as const,
    ),
  ];

  it.each(drops)('goes on after: %s', async (_name, does) => {
    const faults = [0, 1, 7, 12].map((after) => ({ after, does }));
    const {
      words,
      ended,
      peer: on,
    } = await run(faults, {
      source: { WebSocket: Class },
      options: { maxAttempts: 10 },
    });
    expect((await ended)?.message ?? null).toBe(null);
    expect(words).toEqual(WORDS);
    expect(on.handshakes).toHaveLength(5);
    await on.idle();
  });

  it('takes a handshake that is never answered for a drop, in time', async () => {
    const began = performance.now();
    const { stream, words, ended } = await run([{ handshake: 'no answer' }], {
      source: { WebSocket: Class },
      options: { connectTimeoutMs: 400 },
    });
    expect(await nextEvent(stream, 'waiting')).toMatchObject({ reason: 'connect-timeout' });
    expect(Math.abs(performance.now() - began - 400)).toBeLessThan(250);
    expect((await ended)?.message ?? null).toBe(null);
    expect(words).toEqual(WORDS);
  });

  it('takes a silent peer for a drop, in time, and receives nothing more from it', async () => {
    let late: WebSocket | undefined;
    const fault: SocketFault = { after: 3, does: (socket) => (late = socket) };
    const { stream, words, ended } = await run([fault], {
      source: { WebSocket: Class },
      options: { stallTimeoutMs: 400 },
    });
    await nextEvent(stream, 'connected');
    const began = performance.now();
    await nextEvent(stream, 'stalled');
    expect(Math.abs(performance.now() - began - 400)).toBeLessThan(250);
    late?.send(JSON.stringify({ seq: '4', word: 'too late' }));
    expect((await ended)?.message ?? null).toBe(null);
    expect(words).toEqual(WORDS);
  });

  it('waits no longer than asked for a peer that closes and leaves TCP open', async () => {
    const fault: SocketFault = {
      after: 3,
      does: (_socket, tcp) => {
        // A close frame, 1001, and nothing after it: the answer is not heard.
        tcp.removeAllListeners('data').removeAllListeners('end').resume();
        tcp.on('end', () => void tcp.destroy());
        tcp.write(Buffer.from([0x88, 2, 0x03, 0xe9]));
      },
    };
    const { stream, words, ended } = await run([fault], { source: { WebSocket: Class } });
    await nextEvent(stream, 'connected');
    const began = performance.now();
    await nextEvent(stream, 'dropped');
    expect(performance.now() - began).toBeLessThan(300 + 250);
    expect((await ended)?.message ?? null).toBe(null);
    expect(words).toEqual(WORDS);
  });

  it.each<[string, SocketFault]>([
    ['in the handshake', { handshake: 'no answer' }],
    ['while it reads', { after: 3 }],
  ])('closes everything when it is closed %s', async (place, fault) => {
    const controller = new AbortController();
    const {
      stream,
      ended,
      peer: on,
    } = await run([fault], {
      source: { WebSocket: Class },
      options: { signal: controller.signal },
    });
    await on.until(() => on.handshakes.length === 1);
    if (place === 'while it reads') await nextEvent(stream, 'connected');
    controller.abort();
    expect(await ended).toBe(null);
    expect(stream.state).toBe('closed');
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    await on.idle();
    expect(on.handshakes).toHaveLength(1);
  });

  it('takes bytes as a Uint8Array', async () => {
    const on = (peer = await startSocketPeer([], (socket) => {
      socket.send(Buffer.from([1, 2, 3]));
      socket.close(1000);
    }));
    const feed = webSocket({ url: on.url, WebSocket: Class, resumeMessage: () => '{"after":20}' });
    const got: unknown[] = [];
    for await (const message of reconnectStream(feed)) got.push(message);
    expect(got).toEqual([new Uint8Array([1, 2, 3])]);
  });

  it('refuses a message above the limit, and does not ask again', async () => {
    const does = (socket: WebSocket): void => socket.send('x'.repeat(2_000));
    const {
      words,
      ended,
      peer: on,
    } = await run([{ after: 2, does }], {
      source: { WebSocket: Class, maxMessageBytes: 1_000 },
    });
    expect(await ended).toMatchObject({ kind: 'limit' });
    expect(words).toEqual(WORDS.slice(0, 2));
    expect(on.handshakes).toHaveLength(1);
  });
});

describe('what a close code means', () => {
  it('1000 is the end', async () => {
    const { words, ended, stream } = await run([
      { after: 3, does: (socket) => socket.close(1000) },
    ]);
    expect(await ended).toBe(null);
    expect(words).toEqual(WORDS.slice(0, 3));
    expect((await stream.done).status).toBe('complete');
  });

  it('1000 is a drop where an end marker is expected', async () => {
    const { words, ended } = await run([{ after: 3, does: (socket) => socket.close(1000) }], {
      source: { isEnd: ({ word }) => word === WORDS.at(-1) },
    });
    expect(await ended).toBe(null);
    expect(words).toEqual(WORDS);
  });

  it.each([1008, 4400, 4404, 4499])('%i is final', async (code) => {
    const { words, ended, peer: on } = await run([{ after: 3, does: (ws) => ws.close(code) }]);
    expect(await ended).toMatchObject({ kind: 'protocol', code: `WS_CLOSE_${code}` });
    expect(words).toEqual(WORDS.slice(0, 3));
    expect(on.handshakes).toHaveLength(1);
  });

  it('1013 is waited for, longer each time', async () => {
    const delays: number[] = [];
    const busy = { does: (socket: WebSocket) => socket.close(1013) };
    const { stream } = await run([busy, busy], { options: { maxAttempts: 3 } });
    stream.on('waiting', ({ delayMs }) => {
      delays.push(delayMs);
      if (delays.length === 1) stream.retryNow();
      else stream.close();
    });
    await stream.done;
    expect(delays).toEqual([2_000, 30_000]);
  });

  it('the caller has the last word', async () => {
    const { ended } = await run([{ after: 3, does: (socket) => socket.close(3_500) }], {
      source: { closeCode: (code) => (code === 3_500 ? 'fatal' : undefined) },
    });
    expect(await ended).toMatchObject({ kind: 'protocol', code: 'WS_CLOSE_3500' });
  });

  it('4401 asks once for other credentials', async () => {
    const refreshes: boolean[] = [];
    const does = (socket: WebSocket): void => socket.close(4401);
    const headers: WebSocketOptions<Line>['headers'] = ({ refresh }) => {
      refreshes.push(refresh);
      return { authorization: refresh ? 'new' : 'old' };
    };
    const good = await run([{ after: 3, does }], { source: { headers } });
    expect(await good.ended).toBe(null);
    expect(good.words).toEqual(WORDS);
    expect(refreshes).toEqual([false, true]);
    expect(good.peer.handshakes.map((one) => one.headers.authorization)).toEqual(['old', 'new']);
    await good.peer.close();
    const bad = await run([{ does }, { does }], { source: { headers } });
    expect(await bad.ended).toMatchObject({ kind: 'http', status: 401, code: 'WS_CLOSE_4401' });
    expect(bad.peer.handshakes).toHaveLength(2);
  });
});

describe('a handshake that is refused, as ws shows it', () => {
  it('401: other credentials once, and no attempt is spent', async () => {
    const refused: SocketFault = { handshake: { status: 401 } };
    const headers: WebSocketOptions<Line>['headers'] = ({ refresh }) => ({
      'x-new': String(refresh),
    });
    const good = await run([refused], { source: { headers }, options: { maxAttempts: 1 } });
    expect(await good.ended).toBe(null);
    expect(good.words).toEqual(WORDS);
    expect((await good.stream.done).attempts).toBe(0);
    await good.peer.close();
    const bad = await run([refused, refused], { source: { headers } });
    expect(await bad.ended).toMatchObject({ kind: 'http', status: 401 });
    expect(bad.peer.handshakes).toHaveLength(2);
  });

  it('429 with Retry-After: no sooner', async () => {
    const handshake = { status: 429, headers: { 'retry-after': '7' } };
    const { stream } = await run([{ handshake }]);
    expect(await nextEvent(stream, 'waiting')).toMatchObject({ delayMs: 7_000, reason: 'http' });
  });

  it.each([302, 400, 403, 404])('%i: final', async (status) => {
    const { ended, peer: on } = await run([
      { handshake: { status, headers: { location: 'http://127.0.0.1:1/' } } },
    ]);
    expect(await ended).toMatchObject({ status });
    expect(on.handshakes).toHaveLength(1);
    await on.idle();
  });

  it('410 where the stream was to go on: it starts over, and says so', async () => {
    const faults: SocketFault[] = [
      { after: 3, does: (socket) => socket.close(1001) },
      { handshake: { status: 410 } },
    ];
    const { stream, ended, words } = await run(faults);
    const told: string[] = [];
    stream.on('restarted', () => void told.push(words.splice(0).join('|')));
    expect(await ended).toBe(null);
    expect(told).toEqual([[...WORDS.slice(0, 3), 'gap 3 0'].join('|')]);
    expect(words).toEqual(WORDS);
  });
});

describe('sending', () => {
  it('waits for the connection, comes after the resume message, in order, and never twice', async () => {
    const faults: SocketFault[] = [
      { after: 3, does: (_socket, tcp) => void tcp.resetAndDestroy() },
      { handshake: { status: 503 } },
    ];
    const { source, stream, peer: on, ended } = await run(faults, { end: () => {} });
    expect(source.send('a')).toBe('queued');
    stream.on('waiting', () => void source.send(`down ${stream.snapshot.attempt}`));
    stream.on('connected', ({ attempts }) => {
      if (attempts > 0) expect(source.send('up')).toBe('sent');
    });
    await on.until(() => on.received.includes('up'));
    expect(on.received).toEqual(['{"after":0}', 'a', '{"after":3}', 'down 1', 'down 2', 'up']);
    expect(source.unsent).toEqual([]);
    stream.close();
    expect(await ended).toBe(null);
    expect(() => source.send('late')).toThrow(expect.objectContaining({ kind: 'usage' }));
    expect(source.unsent).toEqual([]);
  });

  it('refuses more than may wait', async () => {
    const { source, stream } = await run([{ handshake: 'no answer' }], {
      source: { maxQueuedBytes: 10 },
    });
    source.send('12345');
    expect(() => source.send('123456')).toThrow(expect.objectContaining({ kind: 'limit' }));
    expect(source.unsent).toEqual(['12345']);
    expect(() => source.send({} as string)).toThrow(expect.objectContaining({ kind: 'usage' }));
    stream.close();
  });
});

it('pings, and takes the answer for a sign of life', async () => {
  const does = (socket: WebSocket): void =>
    void socket.on('message', (data: Buffer) => {
      if (data.toString() === 'ping') socket.send('pong');
    });
  const { stream, peer: on } = await run([{ after: 3, does }], {
    source: {
      ping: { message: 'ping', everyMs: 50 },
      parse: (message) => (message === 'pong' ? undefined : (JSON.parse(String(message)) as Line)),
    },
    options: { stallTimeoutMs: 200 },
  });
  const pings = (): number => on.received.filter((text) => text === 'ping').length;
  await on.until(() => pings() > 10);
  expect([stream.state, stream.snapshot.streamState.chunksReceived]).toEqual(['connected', 3]);
});

it('takes the pings of the protocol for signs of life', async () => {
  let pings = 0;
  const does = (socket: WebSocket): void => {
    const ping = (): void => {
      if (++pings > 10 || socket.readyState !== socket.OPEN) return;
      socket.ping();
    };
    socket.on('pong', () => void setTimeout(ping, 50));
    ping();
  };
  const { stream } = await run([{ after: 3, does }], { options: { stallTimeoutMs: 250 } });
  await nextEvent(stream, 'stalled');
  expect(pings).toBeGreaterThan(10);
});

it('stops reading where nobody reads on', async () => {
  const lots = (socket: WebSocket): void => {
    for (let n = 0; n < 4_000; n++)
      socket.send(JSON.stringify({ seq: String(n + 1), word: 'x'.repeat(2_000) }));
    socket.close(1000);
  };
  const on = (peer = await startSocketPeer([{ does: lots }]));
  const source = webSocket<Line>({
    url: on.url,
    WebSocket: NodeSocket,
    parse: (message) => JSON.parse(String(message)) as Line,
    id: ({ seq }) => seq,
    resumeMessage: () => '{"after":0}',
    contiguous: 'numeric',
    maxBufferedBytes: 100_000,
  });
  const stream = reconnectStream(source, { highWaterMark: 10 });
  let count = 0;
  for await (const { seq } of stream) expect(Number(seq)).toBe(++count);
  expect(count).toBe(4_000);
}, 300_000);

it('says what cannot work, and what to write', () => {
  const refused = (options: object): unknown => {
    try {
      webSocket({ url: 'ws://127.0.0.1/', ...options });
      return 'accepted';
    } catch (error) {
      return (error as ReconnectError).message;
    }
  };
  expect([
    refused({ url: 'ftp://x/' }),
    refused({ url: 'wss://user:pw@host/' }),
    refused({ protocols: [1] }),
    refused({ WebSocket: 'ws' }),
    refused({ ping: { message: 'ping' } }),
    refused({ closeTimeoutMs: 0 }),
    refused({ headers: { 'x\n': '' } }),
  ]).toMatchInlineSnapshot(`
    [
      "expected url to be an absolute http(s) URL, got another scheme; write url: 'https://host/path', or a function that returns it",
      "expected url without user and password, got one with them; write headers: { authorization: 'Basic …' }",
      "expected protocols to be names, got an array; write protocols: ['graphql-transport-ws']",
      "expected WebSocket to be a function, got a string; write WebSocket: (await import('ws')).WebSocket",
      "expected ping.everyMs from 1 to 2147483647 ms, got undefined; write ping.everyMs: 2_000",
      "expected closeTimeoutMs from 1 to 2147483647 ms, got 0; write closeTimeoutMs: 2_000",
      "expected headers that HTTP allows, got a name or value it forbids; write headers: { 'x-name': 'text' }",
    ]
  `);
});

describe('a function of the caller', () => {
  const boom = (): never => {
    throw new Error('boom');
  };
  const drop: SocketFault = { after: 3, does: (socket) => socket.close(3_000) };

  it.each<[string, Partial<WebSocketOptions<Line>>, RegExp]>([
    ['parse that throws', { parse: boom }, /^parse threw$/],
    ['parse that rejects', { parse: () => Promise.reject(new Error('boom')) }, /^parse threw$/],
    ['id that throws', { id: boom }, /^id threw$/],
    ['isEnd that throws', { isEnd: boom }, /^isEnd threw$/],
    ['closeCode that throws', { closeCode: boom }, /^closeCode threw$/],
    [
      'closeCode that says what is no word',
      { closeCode: () => 'no' as never },
      /^expected closeCode to/,
    ],
    ['resumeMessage that throws', { resumeMessage: boom }, /^resumeMessage threw$/],
    [
      'resumeMessage of an object',
      { resumeMessage: () => ({}) as never },
      /^expected resumeMessage/,
    ],
  ])('%s ends the stream openly', async (_, source, message) => {
    const { ended, stream, peer: on } = await run([drop], { source });
    // A peer that never received where to begin sends nothing, and leaves.
    if ('resumeMessage' in source) await on.until(() => on.handshakes.length === 1);
    expect((await ended)?.message).toMatch(message);
    expect(stream.snapshot.error?.kind).toMatch(/callback|config/);
    await on.idle();
    expect(on.handshakes).toHaveLength(1);
  });

  it.each<[string, Partial<WebSocketOptions<Line>>]>([
    ['url', { url: () => new Promise(() => {}) }],
    ['headers', { headers: () => new Promise(() => {}) }],
  ])('%s that never answers is left in time', async (_, source) => {
    const { stream, peer: on } = await run([], { source, options: { connectTimeoutMs: 100 } });
    expect(await nextEvent(stream, 'waiting')).toMatchObject({ reason: 'connect-timeout' });
    stream.close();
    expect((await stream.done).status).toBe('closed');
    expect(on.handshakes).toHaveLength(0);
  });
});

it('receives what comes in one packet with the response to the handshake', async () => {
  const server = createServer();
  server.on('upgrade', (request: IncomingMessage, tcp: Socket) => {
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    const head = `HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
    // Two messages and a close with 1000, all at once.
    const frames = Buffer.from([0x81, 1, 0x61, 0x81, 1, 0x62, 0x88, 2, 0x03, 0xe8]);
    tcp.end(Buffer.concat([Buffer.from(head), frames]));
  });
  const { url, close } = await onLoopback(server);
  const got: unknown[] = [];
  const stream = reconnectStream(webSocket({ url, WebSocket: NodeSocket }));
  for await (const message of stream) got.push(message);
  expect([got, (await stream.done).status]).toEqual([['a', 'b'], 'complete']);
  await close();
});

it('fails at once where there is no class', async () => {
  vi.stubGlobal('WebSocket', undefined);
  const { ended } = await run([], { source: { WebSocket: undefined } });
  expect(await ended).toMatchObject({ kind: 'config' });
  vi.unstubAllGlobals();
});

it.each<[string, Partial<WebSocketOptions<Line>>]>([
  ['headers for a class that sends none', { WebSocket: PlainSocket, headers: { a: 'b' } }],
  ['a class that makes no WebSocket', { WebSocket: Map }],
])('fails at once with: %s', async (_, source) => {
  const { ended, peer: on } = await run([], { source });
  expect(await ended).toMatchObject({ kind: 'config' });
  await on.idle();
  expect(on.received).toEqual([]);
});
