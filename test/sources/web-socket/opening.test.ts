/** How a connection of `webSocket()` begins and is left: what is said first, who is refused, with which code it goes. */

import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { ReconnectingStream, ReconnectOptions } from '../../../src/index.js';
import { webSocket } from '../../../src/sources/index.js';
import type { WebSocketHandshake, WebSocketOptions } from '../../../src/sources/index.js';
import { once, read, record } from '../../support/facts.js';
import type { Read } from '../../support/facts.js';
import { runSocket } from '../../support/socket-run.js';
import type { SocketRun } from '../../support/socket-run.js';
import type { OnConnection } from '../../support/web-socket-server.js';

/** Reads it to its end. */
async function run(
  ...given: Parameters<typeof runSocket>
): Promise<SocketRun<unknown> & Read<unknown>> {
  const made = await runSocket(...given);
  return { ...made, ...read(made.stream) };
}

const idle: OnConnection = () => {};
const json = (message: unknown): unknown => JSON.parse(String(message));

/** In the order of Home Assistant: auth_required, auth, auth_ok, and only then commands. */
const homeAssistant =
  (token: string): OnConnection =>
  (socket) => {
    let isIn = false;
    socket.send('{"type":"auth_required"}');
    socket.on('message', (raw: Buffer) => {
      const message = JSON.parse(raw.toString()) as { type: string; token?: string; id?: number };
      if (message.type === 'auth' && message.token === token) {
        isIn = true;
        socket.send('{"type":"auth_ok"}');
        socket.send('{"type":"event","n":1}');
      } else if (message.type === 'auth') {
        socket.send('{"type":"auth_invalid"}');
        socket.close(1008);
      } else if (!isIn) socket.close(1008, 'auth first');
      else if (message.id === 2) socket.close(1000);
    });
  };

async function authenticate(
  { send, receive, refresh }: WebSocketHandshake,
  tokens: readonly [string, string],
): Promise<void> {
  await receive();
  send(JSON.stringify({ type: 'auth', token: tokens[refresh ? 1 : 0] }));
  const answer = json(await receive()) as { type: string };
  if (answer.type !== 'auth_ok') throw Object.assign(new Error('auth_invalid'), { status: 401 });
}

describe('ready', () => {
  it('holds what waits until it is done; what it received is no item', async () => {
    const { source, items, ended, on } = await run(homeAssistant('x'), undefined, {
      parse: json,
      ready: (handshake) => authenticate(handshake, ['x', 'x']),
    });
    source.send('{"type":"call","id":1}');
    source.send('{"type":"call","id":2}');
    expect(await ended).toBe(null);
    expect(items).toEqual([{ type: 'event', n: 1 }]);
    expect(on.received).toEqual([
      ['{"type":"auth","token":"x"}', '{"type":"call","id":1}', '{"type":"call","id":2}'],
    ]);
  });

  it('is answered although nobody reads and no more fits into the stream', async () => {
    const dialogue: OnConnection = (socket, n) => {
      socket.on('message', () => socket.send('welcome'));
      if (n > 0) socket.send('hello');
      else for (const id of ['1', '2']) socket.send(id);
    };
    const heard: string[] = [];
    let onFull = (): void => {};
    const isFull = new Promise<void>((resolve) => (onFull = resolve));
    const { stream } = await runSocket(
      dialogue,
      undefined,
      {
        id: String,
        parse: (message) => {
          if (message === '2') setImmediate(onFull);
          return message;
        },
        ready: async ({ cursor, receive, send }) => {
          if (cursor === undefined) return;
          heard.push(String(await receive()));
          send('me');
          heard.push(String(await receive()));
        },
      },
      { maxBufferedBytes: 1 },
    );
    await stream[Symbol.asyncIterator]().next();
    await isFull;
    stream.pause();
    stream.resume();
    await once(stream, 'connected');
    expect(heard).toEqual(['hello', 'welcome']);
  });

  it('that is refused is asked once more with refresh, and no attempt is spent', async () => {
    const good = await run(homeAssistant('new'), undefined, {
      parse: json,
      ready: (handshake) => authenticate(handshake, ['old', 'new']),
    });
    good.source.send('{"type":"call","id":2}');
    expect(await good.ended).toBe(null);
    expect((await good.stream.done).attempts).toBe(0);
    expect(good.on.handshakes).toHaveLength(2);
    await good.on.close();
    const bad = await run(homeAssistant('other'), undefined, {
      ready: (handshake) => authenticate(handshake, ['old', 'new']),
    });
    expect(await bad.ended).toMatchObject({ kind: 'http', status: 401 });
    expect(bad.on.handshakes).toHaveLength(2);
  });

  it('comes after the resume message, on each connection, and knows the position', async () => {
    const seen: unknown[] = [];
    const { ended, items, on } = await run(
      idle,
      (text, socket, n) => {
        if (text !== 'join') return;
        socket.send('joined');
        socket.send(JSON.stringify({ seq: n + 1 }));
        socket.close(n === 0 ? 1001 : 1000);
      },
      {
        parse: (message) => (message === 'joined' ? undefined : json(message)),
        id: (item) => String((item as { seq: number }).seq),
        resumeMessage: ({ cursor }) => Promise.resolve(`after ${cursor}`),
        ready: async ({ send, receive, cursor }) => {
          send('join');
          seen.push(cursor, await receive());
        },
      },
    );
    expect([await ended, items]).toEqual([null, [{ seq: 1 }, { seq: 2 }]]);
    expect(on.received).toEqual([
      ['after undefined', 'join'],
      ['after 1', 'join'],
    ]);
    expect(seen).toEqual([undefined, 'joined', '1', 'joined']);
  });

  it.each<[string, OnConnection, Partial<WebSocketOptions<unknown>>, object]>([
    ['throws', idle, { ready: () => Promise.reject(new Error('boom')) }, { kind: 'callback' }],
    [
      'throws at once',
      idle,
      {
        ready: () => {
          throw new Error('boom');
        },
      },
      { kind: 'callback' },
    ],
    [
      'is left by the peer',
      (socket) => socket.close(4400, 'no'),
      { ready: ({ receive }) => receive() },
      { kind: 'protocol', code: 'WS_CLOSE_4400' },
    ],
    [
      'sends what is no message',
      idle,
      { ready: ({ send }) => send({} as never) },
      { kind: 'callback' },
    ],
  ])('that %s ends openly', async (_, onConnection, source, expected) => {
    const { ended, on, source: feed } = await run(onConnection, undefined, source);
    feed.send('kept');
    expect(await ended).toMatchObject(expected);
    expect(feed.unsent).toEqual(['kept']);
    expect(on.handshakes).toHaveLength(1);
    expect(on.received).toEqual([[]]);
  });

  it('that never ends is left in time', async () => {
    const { stream } = await run(
      idle,
      undefined,
      { ready: () => new Promise(() => {}) },
      { connectTimeoutMs: 100 },
    );
    expect(await once(stream, 'waiting')).toMatchObject({ reason: 'connect-timeout' });
  });

  it('that gave up on an answer does not end the process with the connection', async () => {
    const { ended } = await run((socket) => setTimeout(() => socket.close(1000), 20), undefined, {
      ready: ({ receive }) => void receive(),
    });
    expect(await ended).toBe(null);
  });
});

describe('credentials', () => {
  it.each([3000, 3003, 4401, 4403])('in the first message are refreshed after %i', async (code) => {
    const { ended, items, on } = await run(
      idle,
      (text, socket) => {
        if (text === 'old') return socket.close(code, 'token expired');
        socket.send('hello');
        socket.close(1000);
      },
      { resumeMessage: ({ refresh }) => (refresh ? 'new' : 'old') },
    );
    expect([await ended, items, on.received]).toEqual([null, ['hello'], [['old'], ['new']]]);
  });

  it.each([
    [3000, 401],
    [3003, 403],
  ])('that stay refused with %i are final, as status %i', async (code, status) => {
    const refuse: OnConnection = (socket) => socket.close(code, 'token expired');
    const { stream, on }: SocketRun<unknown> = await runSocket<unknown>(refuse, undefined, {
      url: (): string => on.url,
    });
    const { ended } = read(stream);
    expect(await ended).toMatchObject({ kind: 'http', status, code: `WS_CLOSE_${code}` });
    expect((await ended)?.message).toContain('token expired');
    expect(on.handshakes).toHaveLength(2);
  });
});

describe('the sub-protocol', () => {
  it('that the peer chose can be read; names may be asked for at each attempt', async () => {
    const seen: unknown[] = [];
    const { source, ended, on } = await run(
      (socket, n) => socket.close(n === 0 ? 1001 : 1000),
      undefined,
      {
        protocols: ({ attempt }) => Promise.resolve(['v1', `v${attempt + 2}`]),
        ready: ({ protocol }) => seen.push(protocol),
      },
    );
    expect(source.protocol).toBe('');
    expect(await ended).toBe(null);
    expect(on.handshakes.map(({ headers }) => headers['sec-websocket-protocol'])).toEqual([
      'v1,v2',
      'v1,v3',
    ]);
    expect([seen, source.protocol]).toEqual([['v2', 'v3'], 'v3']);
  });

  it('of a wrong name ends openly', async () => {
    const { ended } = await run(idle, undefined, { protocols: () => [7 as never] });
    expect(await ended).toMatchObject({ kind: 'config' });
  });
});

describe('the code with which a connection is left', () => {
  const leave: readonly (readonly [
    string,
    number,
    Partial<WebSocketOptions<unknown>>,
    ReconnectOptions,
    (stream: ReconnectingStream<unknown>) => void,
  ])[] = [
    ['a stall', 4000, {}, { stallTimeoutMs: 100 }, () => {}],
    ['a stall', 4321, { leaveCode: 4321 }, { stallTimeoutMs: 100 }, () => {}],
    ['a pause', 4000, {}, {}, (stream) => stream.pause()],
    ['another connection', 4000, {}, {}, (stream) => stream.retryNow()],
    ['close()', 1000, {}, {}, (stream) => stream.close()],
    ['cancel()', 1000, {}, {}, (stream) => void stream.cancel()],
    ['the end marker', 1000, { isEnd: () => true }, {}, () => {}],
    [
      'what cannot be read',
      4000,
      {
        parse: () => {
          throw new Error('boom');
        },
      },
      {},
      () => {},
    ],
  ];

  it.each(leave)('for %s is %i', async (_, code, source, options, act) => {
    const { stream, on, items } = await run(
      (socket, n) => void (n === 0 && socket.send('hello')),
      undefined,
      source,
      options,
    );
    await once(stream, 'connected');
    act(stream);
    await on.until(() => on.codes.length > 0);
    expect(on.codes[0]).toBe(code);
    expect(items.length).toBeLessThan(2);
  });

  it.each([0, 999, 1001, 1006, 2999, 5000, 4000.5, '4000'])('cannot be %s', (code) => {
    const make = (): unknown => webSocket({ url: 'ws://127.0.0.1/', leaveCode: code as number });
    expect(make).toThrow(/leaveCode/);
  });
});

describe('what the peer said when it closed', () => {
  it('stands in the error, the event and closeCode, escaped and bounded', async () => {
    let given: unknown[] = [];
    const { stream, ended } = await run(
      (socket, n) =>
        socket.close(n === 0 ? 4000 : 4410, n === 0 ? 'deploy\n\u202e' : 'room 7 was deleted'),
      undefined,
      { closeCode: (...all) => void (given = all) },
    );
    const heard = record(stream);
    expect((await ended)?.message).toBe(
      'The peer closed the connection with code 4410: room 7 was deleted',
    );
    expect(given).toEqual([4410, 'room 7 was deleted']);
    expect(heard.find(({ type }) => type === 'dropped')).toMatchObject({
      message: 'The peer closed the connection with code 4000: deploy\\n\\u202e',
    });
  });

  it('does not repeat what was sent to it', async () => {
    const token = 'eyJhbGciOiJIUzI1NiJ9.secret77';
    const { ended } = await run(
      idle,
      (text, socket) => socket.close(4400, `bad ${text.slice(10, -2)} here`),
      { resumeMessage: () => JSON.stringify({ token }) },
    );
    const { error } = { error: await ended };
    expect(error?.code).toBe('WS_CLOSE_4400');
    expect(error?.message).not.toContain('secret77');
    expect(error?.message).toContain('here');
  });

  it.each([1002, 1003, 1007, 1009, 1010])(
    '%i, again and again, is not for ever, though each connection brings data',
    async (code) => {
      const { ended, on, items } = await run(
        (socket, n) => {
          socket.send(String(n));
          socket.close(code);
        },
        undefined,
        { id: String },
      );
      expect(await ended).toMatchObject({ kind: 'protocol', code: `WS_CLOSE_${code}` });
      expect(on.handshakes.length).toBeLessThan(10);
      expect(items).toHaveLength(on.handshakes.length);
    },
  );

  it('a frame that is none, again and again, is not for ever either', async () => {
    const { ended, on } = await run(
      (socket, n) => {
        socket.send(String(n));
        (socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(
          Buffer.from([0x83, 0]),
        );
      },
      undefined,
      { id: String },
    );
    expect(await ended).toMatchObject({ kind: 'protocol' });
    expect((await ended)?.code).toMatch(/^WS_ERR_/);
    expect(on.handshakes.length).toBeLessThan(10);
  });
});

it('a fault of our own is none of the network, and is not tried again', async () => {
  class Odd extends WebSocket {
    override send(): void {
      throw new TypeError('of the class');
    }
  }
  const { ended, on } = await run(idle, undefined, {
    WebSocket: Odd,
    resumeMessage: () => 'hello',
  });
  expect(await ended).toMatchObject({ kind: 'usage' });
  expect((await ended)?.message).toContain('of the class');
  expect(on.handshakes).toHaveLength(1);
});

it.each<[string, () => string | undefined, readonly string[]]>([
  ['a function', () => 'are you there?', ['are you there?', 'are you there?']],
  ['a function that sends none', () => undefined, []],
])('pings with %s', async (_, message, expected) => {
  let asked = 0;
  const { on } = await run(idle, undefined, {
    ping: { message: () => (++asked > 2 ? undefined : message()), everyMs: 10 },
  });
  await on.until(() => on.received[0] !== undefined && on.received[0].length >= expected.length);
  expect(on.received[0]?.slice(0, 2)).toEqual(expected);
});

it('pings by the protocol where there is no message', async () => {
  let pings = 0;
  const { stream } = await run(
    (socket) => socket.on('ping', () => (pings += 1)),
    undefined,
    { ping: { everyMs: 20 } },
    { stallTimeoutMs: 200 },
  );
  await once(stream, 'connected');
  await new Promise<void>((resolve) => {
    const stop = setInterval(() => {
      if (pings < 20) return;
      clearInterval(stop);
      resolve();
    }, 10);
  });
  expect(stream.state).toBe('connected');
});
