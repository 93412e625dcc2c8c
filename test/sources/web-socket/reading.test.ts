/** What `webSocket()` makes of messages: parsed as they arrive, in order, and bounded in bytes while nobody reads. */

import { describe, expect, it, vi } from 'vitest';
import { WebSocket as Undici } from 'undici';
import { w3cwebsocket } from 'websocket';
import { WebSocket } from 'ws';
import type { ReconnectError, ReconnectingStream, ReconnectOptions } from '../../../src/index.js';
import { webSocket } from '../../../src/sources/index.js';
import type { WebSocketClass, WebSocketOptions } from '../../../src/sources/index.js';
import { eventsOf, once, read, record } from '../../support/facts.js';
import { runSocket } from '../../support/socket-run.js';
import type { SocketRun } from '../../support/socket-run.js';
import type { OnConnection, OnText } from '../../support/web-socket-server.js';

type Run = SocketRun<string>;

function make(
  onConnection: OnConnection,
  source: Partial<WebSocketOptions<string>> = {},
  options: ReconnectOptions = {},
  onText?: OnText,
): Promise<Run> {
  return runSocket(onConnection, onText, source, options);
}

async function readAll(
  stream: ReconnectingStream<string>,
): Promise<{ readonly items: string[]; readonly error: ReconnectError | null }> {
  const { items, ended } = read(stream);
  return { error: await ended, items };
}

const CLASSES: readonly (readonly [string, WebSocketClass])[] = [
  ['ws', WebSocket],
  ['undici', Undici],
  ['websocket', w3cwebsocket],
];

describe('parse', () => {
  it('may take its time: items keep their order, and the end waits for them', async () => {
    let late = 0;
    const { stream } = await make(
      (socket) => {
        for (const text of ['3', '1', 'skip', '2', '0']) socket.send(text);
        socket.close(1000);
      },
      {
        parse: async (message) => {
          for (let n = Number(message); n > 0; n--)
            await new Promise((resolve) => setImmediate(resolve));
          late += 1;
          return message === 'skip' ? undefined : String(message);
        },
      },
    );
    expect(await readAll(stream)).toEqual({ items: ['3', '1', '2', '0'], error: null });
    expect([late, (await stream.done).status]).toEqual([5, 'complete']);
  });

  it('that rejects ends the stream behind what came before', async () => {
    const { stream } = await make(
      (socket) => {
        for (const text of ['a', 'b', 'c']) socket.send(text);
        socket.close(1000);
      },
      {
        parse: (message) =>
          message === 'b' ? Promise.reject(new Error('boom')) : Promise.resolve(String(message)),
      },
    );
    const { items, error } = await readAll(stream);
    expect([items, error?.kind, error?.message]).toEqual([['a'], 'callback', 'parse threw']);
  });

  it('runs when a message arrives, not when it is read: a heartbeat is answered at once', async () => {
    let answers = 0;
    const run: Run = await make(
      (socket) => {
        for (let n = 0; n < 100; n++) socket.send(`item ${n}`);
        socket.send('ping');
      },
      {
        parse: (message) => {
          if (message === 'ping') run.source.send('pong');
          return message === 'ping' ? undefined : String(message);
        },
      },
      { highWaterMark: 1 },
      (text, socket) => {
        if (text !== 'pong' || ++answers > 20) return;
        socket.send('ping');
      },
    );
    const reading = run.stream[Symbol.asyncIterator]();
    expect((await reading.next()).value).toBe('item 0');
    // Nobody reads on.
    await run.on.until(() => answers > 20);
    expect(run.on.handshakes).toHaveLength(1);
  });

  it('that closes the stream gets nothing more', async () => {
    const run: Run = await make(
      (socket) => {
        for (const text of ['a', 'stop', 'b']) socket.send(text);
      },
      {
        parse: (message) => {
          if (message === 'stop') run.stream.close();
          return String(message);
        },
      },
    );
    const { error } = await readAll(run.stream);
    expect([error, (await run.stream.done).status]).toEqual([null, 'closed']);
  });
});

describe('parseMany', () => {
  const script: OnText = (_text, socket, n) => {
    if (n === 0) {
      socket.send('1,2,3');
      socket.send('4,-');
      socket.close(1001);
    } else {
      // From behind the last id, and grouped in another way.
      socket.send('5');
      socket.send('');
      socket.send('6,7');
      socket.close(1000);
    }
  };
  const parseMany = (message: unknown): string[] =>
    String(message)
      .split(',')
      .filter((part) => part !== '');

  it('makes any number of items of a message, each with an id of its own, or with none', async () => {
    const source: Partial<WebSocketOptions<string>> = {
      parseMany,
      id: (item) => (item === '-' ? undefined : item),
      resumeMessage: ({ cursor }) => `after ${cursor}`,
    };
    const { stream, on } = await make(() => {}, source, {}, script);
    const { items, error } = await readAll(stream);
    expect(error).toBe(null);
    // How an item without an id is delivered is the stream's to say; those with one come once.
    expect(items.filter((item) => item !== '-')).toEqual(['1', '2', '3', '4', '5', '6', '7']);
    expect(on.received).toEqual([['after undefined'], ['after 4']]);
  });

  it('gives a list, and stands alone', async () => {
    const { stream } = await make((socket) => socket.send('x'), {
      parseMany: () => 'ab' as never,
    });
    expect((await readAll(stream)).error?.message).toMatch(/^expected parseMany to return a list/);
    const both = { url: 'ws://127.0.0.1/', parse: String, parseMany: () => [] };
    expect(() => webSocket<string>(both)).toThrow(/parse or parseMany/);
  });
});

it('a message that comes as a Blob is bytes like any other, in its place', async () => {
  class AsBlob extends WebSocket {
    constructor(...given: ConstructorParameters<typeof WebSocket>) {
      super(...given);
      const add = this.addEventListener.bind(this) as (type: string, listener: unknown) => void;
      const patched = (type: string, listener: (event: { data?: unknown }) => void): void =>
        add(type, (event: { data?: unknown }) => {
          const { data } = event;
          listener(data instanceof ArrayBuffer ? { data: new Blob([data]) } : event);
        });
      Object.defineProperty(this, 'addEventListener', { value: patched });
    }
  }
  const { stream } = await make(
    (socket) => {
      socket.send(Buffer.from('a'));
      socket.send('b');
      socket.send(Buffer.from('c'));
      socket.send('end');
    },
    {
      WebSocket: AsBlob,
      parse: (message) => (typeof message === 'string' ? message : Buffer.from(message).toString()),
      isEnd: (item) => item === 'end',
    },
  );
  expect((await readAll(stream)).items).toEqual(['a', 'b', 'c', 'end']);
});

describe.each(CLASSES)('a reader that does not read, with %s', (name, Class) => {
  const PAD = 'x'.repeat(1000);
  const COUNT = 600;
  const burst: OnConnection = (socket, _n, request) => {
    const from = Number(request.url?.slice(1) ?? 0);
    for (let n = from + 1; n <= COUNT; n++) socket.send(`${n} ${PAD}`);
    socket.send(`${COUNT + 1} end`);
  };
  const numberOf = (item: string): string => item.split(' ', 1)[0] ?? '';

  it('gets all of it where there is a cursor, in bounded memory', async () => {
    const { stream, on }: Run = await make(
      burst,
      {
        WebSocket: Class,
        url: ({ cursor }) => `${on.url}/${cursor ?? 0}`,
        id: numberOf,
        isEnd: (item) => item.endsWith('end'),
        maxBufferedBytes: 100_000,
      },
      { highWaterMark: 10 },
    );
    const items: string[] = [];
    for await (const item of stream) {
      items.push(numberOf(item));
      if (items.length % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(items).toEqual(Array.from({ length: COUNT + 1 }, (_, n) => String(n + 1)));
    // `ws` stops reading; the others cannot: they are dropped, and resume.
    if (name === 'ws') expect(on.handshakes).toHaveLength(1);
    else expect(on.handshakes.length).toBeGreaterThan(1);
  });

  it('ends openly where there is none, behind what was there', async () => {
    const { stream, on } = await make(
      burst,
      { WebSocket: Class, maxBufferedBytes: 100_000 },
      { highWaterMark: 10 },
    );
    const reading = stream[Symbol.asyncIterator]();
    await reading.next();
    // `ws` waits for the reader instead.
    if (name === 'ws') return;
    await on.until(() => on.codes.length > 0);
    let count = 1;
    const rest = (async () => {
      for await (const _ of { [Symbol.asyncIterator]: () => reading }) count += 1;
    })();
    await expect(rest).rejects.toMatchObject({ kind: 'limit' });
    // What the stream had taken, and what waited for it: each at most what may wait. `websocket` parses one message a turn.
    if (name !== 'websocket') expect(count).toBeGreaterThan(90);
    expect(count).toBeLessThan(190);
  });
});

it('what `websocket` has read and not parsed counts as well, however fast the reader is', async () => {
  const { stream, on } = await make(
    (socket) => {
      for (let n = 0; n < 100_000; n++) socket.send('x'.repeat(64));
    },
    { WebSocket: w3cwebsocket, maxBufferedBytes: 1_000_000 },
  );
  const { items, error } = await readAll(stream);
  expect(error).toMatchObject({ kind: 'limit' });
  expect(items.length).toBeLessThan(100_000);
  await on.until(() => on.codes.length > 0);
});

it('empty messages count as well: a peer cannot fill memory with nothing', async () => {
  const { stream, on } = await make(
    (socket) => {
      for (let n = 0; n < 3000; n++) socket.send('');
    },
    { WebSocket: Undici, maxBufferedBytes: 64_000 },
    { highWaterMark: 10 },
  );
  const reading = stream[Symbol.asyncIterator]();
  await reading.next();
  await on.until(() => on.codes.length > 0);
  const rest = (async () => {
    for await (const _ of { [Symbol.asyncIterator]: () => reading });
  })();
  await expect(rest).rejects.toMatchObject({ kind: 'limit' });
});

it('one message larger than what may wait is read where nothing waits', async () => {
  const { stream } = await make(
    (socket) => {
      socket.send('x'.repeat(5000));
      socket.close(1000);
    },
    { WebSocket: Undici, maxBufferedBytes: 1000 },
  );
  expect((await readAll(stream)).items).toEqual(['x'.repeat(5000)]);
});

describe('silence', () => {
  it('of a feed whose pings do not show is no stall', async () => {
    let pongs = 0;
    const pinging: OnConnection = (socket) => {
      const timer = setInterval(() => socket.ping(), 20);
      socket.on('pong', () => (pongs += 1));
      socket.on('close', () => clearInterval(timer));
    };
    const { stream, on } = await make(pinging, { WebSocket: Undici }, { stallTimeoutMs: 100 });
    const heard = record(stream);
    stream.start();
    await vi.waitUntil(() => pongs > 20, { timeout: 4000 });
    expect([stream.state, on.handshakes.length]).toEqual(['connected', 1]);
    expect(eventsOf(heard, 'stalled')).toEqual([]);
  });

  it.each<[string, Partial<WebSocketOptions<string>>]>([
    ['has ids', { id: (item) => item }],
    ['has an end', { isEnd: () => false }],
    ['is asked for a sign of life', { ping: { message: '?', everyMs: 1000 } }],
  ])('of one that %s is', async (_, source) => {
    const { stream } = await make(
      () => {},
      { WebSocket: Undici, ...source },
      { stallTimeoutMs: 100 },
    );
    stream.start();
    await once(stream, 'stalled');
  });
});
