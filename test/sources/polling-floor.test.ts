/**
 * No script of a server makes any source ask more than 30 times in the first minute, whatever it brings. Virtual time, with
 * the shortest waits and those in the middle; a new source or script is tried by being listed.
 */

import { describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import type { StreamSource } from '../../src/index.js';
import {
  agUi,
  aiSdkUi,
  anthropicMessages,
  bytes,
  durableStream,
  fromAsyncIterable,
  geminiContent,
  geminiInteractions,
  liveWithHistory,
  mcpRequest,
  ndjson,
  ollamaChat,
  openaiChat,
  openaiResponses,
  sse,
  text,
  webSocket,
} from '../../src/sources/index.js';
import type { FetchLike, WebSocketClass } from '../../src/sources/index.js';
import { scriptedSource, virtualClock } from '../../src/testing/index.js';

const MINUTE = 60_000;
const MOST = 30;
/** Who asks without end is stopped. */
const TOO_MANY = 200;

const EVENTS = 'text/event-stream';
const LINES = 'application/x-ndjson';

const event = (n: number, data: unknown, more = ''): string =>
  `${more}id: ${n}\ndata: ${JSON.stringify(data)}\n\n`;

interface HttpKind {
  readonly type: string;
  /** The nth item on the wire. */
  readonly wire: (n: number) => string;
  /** As items, but nothing new: the position moves, or seems to. */
  readonly empty?: (n: number) => string;
  readonly create: (fetch: FetchLike) => StreamSource<unknown>;
}

const url = 'http://peer.test/stream';
const body = { stream: true };

const HTTP: Record<string, HttpKind> = {
  sse: {
    type: EVENTS,
    wire: (n) => event(n, n),
    empty: (n) => `id: ${n}\n\n`,
    create: (fetch) => sse({ url, fetch }),
  },
  'sse without ids': {
    type: EVENTS,
    wire: (n) => `data: ${n}\n\n`,
    create: (fetch) => sse({ url, fetch }),
  },
  ndjson: {
    type: LINES,
    wire: (n) => `{"n":${n}}\n`,
    create: (fetch) => ndjson({ url, fetch, isEnd: () => false }),
  },
  'ndjson with ids': {
    type: LINES,
    wire: (n) => `{"n":${n}}\n`,
    create: (fetch) =>
      ndjson<{ n: number }>({
        url,
        fetch,
        isEnd: () => false,
        id: ({ n }) => String(n),
        cursorParam: 'after',
      }),
  },
  text: { type: 'text/plain', wire: (n) => `word ${n} `, create: (fetch) => text({ url, fetch }) },
  bytes: {
    type: 'application/octet-stream',
    wire: (n) => `word ${n} `,
    create: (fetch) => bytes({ url, fetch }),
  },
  durableStream: {
    type: EVENTS,
    wire: (n) =>
      `event: data\ndata: [${n}]\n\nevent: control\ndata: {"streamNextOffset":"0_${n}"}\n\n`,
    empty: (n) => `event: control\ndata: {"streamNextOffset":"0_${n}"}\n\n`,
    create: (fetch) => durableStream({ url, fetch }),
  },
  'durableStream by long-poll': {
    type: 'application/json',
    wire: (n) => `[${n}]`,
    empty: () => '[]',
    create: (fetch) => durableStream({ url, fetch, live: 'long-poll' }),
  },
  mcpRequest: {
    type: EVENTS,
    wire: (n) => event(n, { jsonrpc: '2.0', method: 'notifications/progress', params: { n } }),
    empty: (n) => `id: ${n}\ndata:\n\n`,
    create: (fetch) => mcpRequest({ url, fetch, message: { id: 1, method: 'tools/call' } }),
  },
  openaiChat: {
    type: EVENTS,
    wire: (n) => `data: {"choices":[{"index":0,"delta":{"content":"word ${n}"}}]}\n\n`,
    create: (fetch) => openaiChat({ url, fetch, body }),
  },
  openaiResponses: {
    type: EVENTS,
    wire: (n) =>
      event(n, { type: 'response.created', sequence_number: 0, response: { id: 'r' } }) +
      event(n, { type: 'response.output_text.delta', sequence_number: n, delta: 'a' }),
    create: (fetch) => openaiResponses({ url, fetch, body: { ...body, background: true } }),
  },
  anthropicMessages: {
    type: EVENTS,
    wire: (n) => event(n, { type: 'content_block_delta', index: 0, delta: { text: 'a' } }),
    create: (fetch) => anthropicMessages({ url, fetch, body }),
  },
  geminiContent: {
    type: EVENTS,
    wire: () => `data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}]}\n\n`,
    create: (fetch) => geminiContent({ url, fetch, body }),
  },
  geminiInteractions: {
    type: EVENTS,
    wire: (n) =>
      event(0, { event_type: 'interaction.start', event_id: '0', interaction: { id: 'i' } }) +
      event(n, { event_type: 'content.delta', event_id: String(n), delta: {} }),
    create: (fetch) => geminiInteractions({ url, fetch, body }),
  },
  ollamaChat: {
    type: LINES,
    wire: (n) => `{"message":{"role":"assistant","content":"word ${n}"},"done":false}\n`,
    create: (fetch) => ollamaChat({ url, fetch, body }),
  },
  agUi: {
    type: EVENTS,
    wire: (n) => event(n, { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: 'a' }),
    create: (fetch) => agUi({ url, fetch, body: {} }),
  },
  aiSdkUi: {
    type: EVENTS,
    wire: (n) => event(n, { type: 'text-delta', id: 't', delta: `word ${n}` }),
    create: (fetch) => aiSdkUi({ url, fetch, body: {}, chatId: 'c' }),
  },
};

type Respond = (n: number, kind: HttpKind) => Response;

const answer = (
  { type }: HttpKind,
  n: number,
  content: string | null,
  more: { status?: number; headers?: Record<string, string> } = {},
): Response =>
  new Response(content, {
    status: more.status ?? 200,
    headers: { 'content-type': type, 'stream-next-offset': `0_${n}`, ...more.headers },
  });
const lineOf = (kind: HttpKind, text: string): string => (kind.type === EVENTS ? text : '');

const SCRIPTS: Record<string, Respond> = {
  '200 and nothing': (n, kind) => answer(kind, n, ''),
  '200 and the same position': (_, kind) => answer(kind, 0, ''),
  '200 and no body': (n, kind) => answer(kind, n, null),
  'a new item each time': (n, kind) => answer(kind, n, kind.wire(n)),
  'the same item each time': (_, kind) => answer(kind, 1, kind.wire(1)),
  'a new position, and no data': (n, kind) => answer(kind, n, kind.empty?.(n) ?? ''),
  'half an item': (n, kind) => answer(kind, n, kind.wire(n).slice(0, -2)),
  'retry: 0': (n, kind) => answer(kind, n, lineOf(kind, 'retry: 0\n\n')),
  'retry: 0 and a new item': (n, kind) =>
    answer(kind, n, lineOf(kind, 'retry: 0\n\n') + kind.wire(n)),
  'a comment': (n, kind) => answer(kind, n, lineOf(kind, ': ping\n\n') || '\n'),
  '204': (n, kind) => answer(kind, n, null, { status: 204 }),
  '304': (n, kind) => answer(kind, n, null, { status: 304 }),
  'a redirect to itself': (n, kind) =>
    answer(kind, n, null, { status: 307, headers: { location: url } }),
  'a redirect to ever new places': (n, kind) =>
    answer(kind, n, null, { status: 307, headers: { location: `${url}?${n}` } }),
  '429 with Retry-After: 0': (n, kind) =>
    answer(kind, n, '', { status: 429, headers: { 'retry-after': '0' } }),
  '503': (n, kind) => answer(kind, n, '', { status: 503 }),
  '401': (n, kind) => answer(kind, n, '', { status: 401 }),
  '409': (n, kind) => answer(kind, n, '', { status: 409 }),
  '410, then an item, in turn': (n, kind) =>
    n % 2 === 0 ? answer(kind, n, '', { status: 410 }) : answer(kind, n, kind.wire(n)),
  'a refused request, and nothing, in turn': (n, kind) =>
    answer(kind, n, '', { status: n % 2 === 0 ? 400 : 200 }),
  'a broken connection': () => {
    throw new TypeError('fetch failed');
  },
};

/** Data is progress: what follows it at once is what the protocol of long polls asks for. */
const UNBOUNDED: Record<string, readonly string[]> = {
  'durableStream by long-poll': ['a new item each time', 'retry: 0 and a new item'],
};

describe('no script of a server passes the floor', () => {
  describe.each(Object.entries(HTTP))('%s', (name, kind) => {
    it.each(Object.entries(SCRIPTS))('%s', async (script, respond) => {
      await follow((count) =>
        kind.create(async () => {
          const asked = count();
          return asked > TOO_MANY ? new Promise(() => {}) : respond(asked, kind);
        }),
      ).then(UNBOUNDED[name]?.includes(script) === true ? isFree : isBounded);
    });
  });

  const OPENINGS: Record<string, (socket: FakeSocket, n: number) => void> = {
    'accepts and closes': (socket) => socket.say('open').hangUp(1006),
    'closes at once': (socket) => socket.hangUp(1006),
    'says that it ends': (socket) => socket.say('open').hangUp(1012),
    'goes away': (socket) => socket.say('open').hangUp(1001),
    'gives a new item each time': (socket, n) =>
      socket
        .say('open')
        .say('message', { data: `{"id":"${n}"}` })
        .hangUp(1006),
    'gives the same item each time': (socket) =>
      socket.say('open').say('message', { data: '{"id":"1"}' }).hangUp(1006),
    'announces the end of each connection': (socket, n) =>
      socket
        .say('open')
        .say('message', { data: `{"id":"${n}"}` })
        .say('message', { data: '{"bye":true}' })
        .hangUp(1001),
  };
  const KINDS: Record<string, (WebSocket: WebSocketClass) => StreamSource<unknown>> = {
    webSocket: (WebSocket) => webSocket({ url: 'ws://peer.test/', WebSocket }),
    'webSocket with ids': (WebSocket) =>
      webSocket<{ id: string; bye?: boolean }>({
        url: 'ws://peer.test/',
        WebSocket,
        parse: (message) => JSON.parse(String(message)) as { id: string; bye?: boolean },
        id: ({ id }) => id,
        isEnd: () => false,
        rotation: ({ bye }) => bye === true,
        resumeMessage: ({ cursor }) => String(cursor),
      }),
  };
  describe.each(Object.entries(KINDS))('%s', (_, create) => {
    it.each(Object.entries(OPENINGS))('%s', async (__, open) => {
      await follow((count) => {
        class Peer extends FakeSocket {
          constructor() {
            super();
            const n = count();
            if (n <= TOO_MANY) queueMicrotask(() => open(this, n));
          }
        }
        return create(Peer);
      }).then(isBounded);
    });
  });

  const ITERABLES: Record<string, (n: number) => readonly unknown[]> = {
    'ends at once': () => [],
    'gives one item and ends': (n) => [n],
  };
  it.each(Object.entries(ITERABLES))('fromAsyncIterable: %s', async (_, give) => {
    await follow((count) =>
      fromAsyncIterable(
        async function* () {
          const asked = count();
          if (asked > TOO_MANY) await new Promise(() => {});
          yield* give(asked);
        },
        { isEnd: () => false, id: String },
      ),
    ).then(isBounded);
  });

  const LISTS: Record<string, (n: number) => readonly number[]> = {
    'an empty list': () => [],
    'a new item each time': (n) => [n],
  };
  it.each(Object.entries(LISTS))('liveWithHistory: %s, and live one that ends', async (_, list) => {
    await follow((count) =>
      liveWithHistory<number>({
        live: sse<number>({
          url,
          fetch: async () =>
            new Response(`data: ${count()}\n\n`, { headers: { 'content-type': EVENTS } }),
          parse: ({ data }) => Number(data),
        }),
        history: () => list(count()),
        idOf: String,
      }),
    ).then(isBounded);
  });

  it.each([401, 307])('every request counts, also behind a status %d', async (status) => {
    await follow((count) =>
      sse({
        url,
        // Credentials that are asked for again.
        headers: async () => ({ authorization: 'Bearer x' }),
        fetch: async (target) => {
          const n = count();
          const isSecond = n % 2 === 0;
          return new Response(isSecond ? event(n, n) : null, {
            status: isSecond ? 200 : status,
            headers: { 'content-type': EVENTS, location: `${String(target)}?${n}` },
          });
        },
      }),
    ).then(isBounded);
  });

  it('a log of short pages is read without a pause, and the tail of it at the pace', async () => {
    const pages = 500;
    const [asked] = await follow((count) =>
      durableStream({
        url,
        live: 'long-poll',
        fetch: async () => {
          const n = count();
          return new Response(n > pages ? '[]' : `[${n}]`, {
            headers: {
              'content-type': 'application/json',
              'stream-next-offset': `0_${Math.min(n, pages)}`,
            },
          });
        },
      }),
    );
    expect(asked).toBeGreaterThan(pages);
    expect(asked).toBeLessThanOrEqual(pages + MOST);
  });

  it('a connection that lasted is taken up after the first delay', async () => {
    const clock = virtualClock();
    const source = scriptedSource<number>({ resume: 'live' });
    const stream = reconnectStream(source, { clock, random: () => 0.5 });
    const waits: number[] = [];
    stream.on('waiting', ({ delayMs }) => waits.push(delayMs));
    const read = (async () => {
      for await (const _ of stream);
    })();
    for (let n = 0; n < 20; n++) {
      source.push([{ type: 'data', data: n, bytes: 1 }]);
      await clock.advance(2500);
      source.push('drop');
      await clock.advance(500);
    }
    stream.close();
    await read;
    expect(waits).toEqual(Array.from({ length: 20 }, () => 500));
  });

  it('a minute later it is no faster', async () => {
    const asked: number[] = [];
    await follow(
      (count) =>
        sse({
          url,
          fetch: async () => {
            asked.push(count());
            return new Response(event(asked.length, 1), { headers: { 'content-type': EVENTS } });
          },
        }),
      5,
    );
    expect(asked.length).toBeLessThanOrEqual(2 * (5 + 5 * 24));
  });
});

function isBounded(requests: readonly number[]): void {
  expect(Math.min(...requests)).toBeGreaterThan(0);
  expect(Math.max(...requests)).toBeLessThanOrEqual(MOST);
}

function isFree(requests: readonly number[]): void {
  expect(Math.min(...requests)).toBeGreaterThan(MOST);
}

/**
 * Reads for a minute, with attempts that do not run out.
 * @param create makes the source; its peer counts the requests by the function
 * @returns how many there were with the shortest waits, and with waits in the middle
 */
async function follow(
  create: (count: () => number) => StreamSource<unknown>,
  minutes = 1,
): Promise<number[]> {
  const requests: number[] = [];
  for (const draw of [0, 0.5]) {
    let asked = 0;
    const clock = virtualClock();
    const stream = reconnectStream(
      create(() => ++asked),
      {
        clock,
        random: () => draw,
        maxAttempts: 1000,
        allowRestart: true,
      },
    );
    const read = (async () => {
      for await (const _ of stream);
    })().catch(() => {});
    for (let ms = 0; ms < minutes * MINUTE; ms += 250) await clock.advance(250);
    stream.close();
    await read;
    requests.push(asked);
  }
  return requests;
}

type Listener = (event: object) => void;

class FakeSocket {
  binaryType = 'blob';
  readyState = 0;
  readonly protocol = '';
  readonly bufferedAmount = 0;
  readonly #listeners = new Map<string, Set<Listener>>();

  addEventListener(type: string, run: Listener): void {
    this.#listeners.set(type, (this.#listeners.get(type) ?? new Set()).add(run));
  }

  removeEventListener(type: string, run: Listener): void {
    this.#listeners.get(type)?.delete(run);
  }

  send(): void {}

  close(code = 1005): void {
    this.hangUp(code);
  }

  say(type: string, more: object = {}): this {
    if (this.readyState > 1) return this;
    if (type === 'open') this.readyState = 1;
    for (const run of Array.from(this.#listeners.get(type) ?? [])) run({ type, ...more });
    return this;
  }

  hangUp(code: number): void {
    if (this.readyState === 3) return;
    this.say('close', { code, reason: '' });
    this.readyState = 3;
  }
}
