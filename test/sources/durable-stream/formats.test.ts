/** What a durable stream holds, and what its server says: scripted responses. */

import { describe, expect, it } from 'vitest';
import { reconnectStream } from '../../../src/index.js';
import type { ReconnectOptions } from '../../../src/index.js';
import { durableStream } from '../../../src/sources/index.js';
import type { DurableStreamOptions } from '../../../src/sources/index.js';
import { QUICK, readAll } from '../../support/read-all.js';
import type { ReadAll } from '../../support/read-all.js';

interface Scripted {
  readonly read: ReadAll<unknown>;
  /** Method and query, request by request. */
  readonly asked: readonly string[];
}

/** Each request gets the next response; the last one for ever. */
async function scripted(
  responses: readonly (() => Response)[],
  source: Partial<DurableStreamOptions> = {},
  options: ReconnectOptions = {},
): Promise<Scripted> {
  const asked: string[] = [];
  const respond: typeof fetch = (input, init) => {
    const { searchParams } = new URL(input as string);
    asked.push(`${init?.method} ${searchParams.get('offset')} ${searchParams.get('live')}`);
    const response = responses[Math.min(asked.length, responses.length) - 1];
    if (response === undefined) throw new Error('no response left');
    return Promise.resolve(response());
  };
  const durable = durableStream({ url: 'http://127.0.0.1/', fetch: respond, ...source });
  return { read: await readAll(durable, options), asked };
}

const data = (text: string): string => `event: data\ndata: ${text}\n\n`;
const control = (offset: string, more: object = {}): string =>
  `event: control\ndata: ${JSON.stringify({ streamNextOffset: offset, ...more })}\n\n`;
const END = control('0_9', { streamClosed: true });

function events(text: string, headers: Record<string, string> = {}): () => Response {
  return () => new Response(text, { headers: { 'content-type': 'text/event-stream', ...headers } });
}

function poll(
  body: string | Uint8Array<ArrayBuffer>,
  type: string,
  next: string,
  closed = false,
): () => Response {
  return () =>
    new Response(body, {
      headers: {
        'content-type': type,
        'content-length': String(Buffer.byteLength(body)),
        'stream-next-offset': next,
        ...(closed ? { 'stream-closed': 'true' } : {}),
      },
    });
}

function head(type: string): () => Response {
  return () => new Response(null, { headers: { 'content-type': type } });
}

describe('the format of a durable stream', () => {
  it.each([
    ['application/json; charset=utf-8', '["a",["b"]]', ['a', ['b']]],
    ['text/plain', '["a"]', ['["a"]']],
    ['text/html; charset=utf-8', 'é', ['é']],
    ['application/octet-stream', 'é', [new Uint8Array([0xc3, 0xa9])]],
    ['application/x-ndjson', '1\n', [new Uint8Array([0x31, 0x0a])]],
  ])('is the one of its content type: %s', async (type, body, items) => {
    const { read } = await scripted([poll(body, type, '0_1', true)], { live: 'long-poll' });
    expect([read.error, read.items]).toEqual([null, items]);
  });

  it.each([
    ['json', 'text/plain', 'hello', "format: 'text'"],
    ['json', 'text/plain', '["a"]', "format: 'text'"],
    ['json', 'application/octet-stream', '[1]', "format: 'bytes'"],
    ['text', 'application/json', '["a"]', "format: 'json'"],
    ['bytes', 'application/json', '["a"]', "format: 'json'"],
  ] as const)('%s of a stream of %s is refused at once', async (format, type, body, write) => {
    const { read, asked } = await scripted([poll(body, type, '0_1', true)], {
      live: 'long-poll',
      format,
    });
    expect(read.error).toMatchObject({ kind: 'config' });
    expect(read.error?.message).toContain(write);
    expect(read.error?.message).toContain(type);
    expect([read.items, asked]).toEqual([[], ['GET -1 null']]);
  });

  it.each([
    ['text', 'application/octet-stream', 'é', ['é']],
    ['bytes', 'text/plain', 'é', [new Uint8Array([0xc3, 0xa9])]],
    ['json', 'application/vnd.api+json', '{"a":1}', [{ a: 1 }]],
  ] as const)('%s of %s is read as asked', async (format, type, body, items) => {
    const { read } = await scripted([poll(body, type, '0_1', true)], { live: 'long-poll', format });
    expect([read.error, read.items]).toEqual([null, items]);
  });

  it('is read off the first event, and the server is asked where that leaves it open', async () => {
    const json = await scripted([events(data('["a"]') + END)]);
    expect([json.read.items, json.asked]).toEqual([['a'], ['GET -1 sse']]);
    const bytes = await scripted([
      events(data('w6k=') + END, { 'stream-sse-data-encoding': 'base64' }),
    ]);
    expect(bytes.read.items).toEqual([new Uint8Array([0xc3, 0xa9])]);
    const text = await scripted([events(data('hello') + data('[1]') + END), head('text/plain')]);
    expect([text.read.items, text.asked]).toEqual([
      ['hello', '[1]'],
      ['GET -1 sse', 'HEAD null null'],
    ]);
  });

  it.each([
    ['json', 'hello', 'text/plain', "format: 'text'"],
    ['text', '["a"]', 'application/json', "format: 'json'"],
    ['bytes', '["a"]', 'application/json', "format: 'json'"],
  ] as const)('%s is refused at once by events too', async (format, first, type, write) => {
    const { read } = await scripted([events(data(first) + END), head(type)], { format });
    expect(read.error).toMatchObject({ kind: 'config' });
    expect(read.error?.message).toContain(write);
  });

  it('says what to write where nobody knows it', async () => {
    const { read } = await scripted([
      events(data('hello') + END),
      () => new Response(null, { status: 405 }),
    ]);
    expect(read.error).toMatchObject({ kind: 'config' });
    expect(read.error?.message).toContain("format: 'text'");
  });

  it('of text that looks like JSON is text where the caller says so', async () => {
    const { read } = await scripted([events(data('["a"]') + END), head('text/plain')], {
      format: 'text',
    });
    expect([read.error, read.items]).toEqual([null, ['["a"]']]);
  });
});

describe('a character', () => {
  const bytes = new TextEncoder().encode('a😀é');

  it('that two responses share arrives whole, and none is split across items', async () => {
    for (let at = 1; at < bytes.length; at++) {
      const { read } = await scripted(
        [
          poll(bytes.slice(0, at), 'text/plain', '0_1'),
          poll(bytes.slice(at), 'text/plain', '0_2', true),
        ],
        { live: 'long-poll' },
      );
      expect([at, read.items.join('')]).toEqual([at, 'a😀é']);
      for (const item of read.items) expect(item).not.toMatch(/�|[\ud800-\udfff]$/u);
    }
  });

  it('that two connections share arrives whole: what was incomplete is asked for again', async () => {
    for (let at = 1; at < bytes.length; at++) {
      const { read, asked } = await scripted(
        [
          poll(bytes.slice(0, at), 'text/plain', '0_1'),
          () => {
            throw new TypeError('fetch failed');
          },
          // Whatever offset is asked for: the log behind it.
          poll(bytes.slice([1, 5, 7].includes(at) ? at : 0), 'text/plain', '0_2', true),
        ],
        { live: 'long-poll' },
      );
      expect([at, read.error, read.items.join('')]).toEqual([at, null, 'a😀é']);
      const isWhole = at === 1 || at === 5;
      expect(asked).toEqual([
        'GET -1 null',
        'GET 0_1 long-poll',
        isWhole ? 'GET 0_1 null' : 'GET -1 null',
      ]);
    }
  });

  it('that the writer left incomplete is shown as such at the end', async () => {
    const { read } = await scripted([poll(bytes.slice(0, 3), 'text/plain', '0_1', true)], {
      live: 'long-poll',
    });
    expect(read.items.join('')).toBe('a�');
  });

  it('U+FEFF is a mark at the start, and a character elsewhere', async () => {
    const mark = new TextEncoder().encode('\uFEFFa\uFEFF');
    const { read } = await scripted(
      [poll(mark, 'text/plain', '0_1'), poll('\uFEFFb', 'text/plain', '0_2', true)],
      { live: 'long-poll' },
    );
    expect(read.items.join('')).toBe('a\uFEFF\uFEFFb');
  });
});

describe('the position', () => {
  it('goes on within what one offset covers: nothing is lost and nothing is repeated', async () => {
    const { read, asked } = await scripted([
      events(data('[1,2]') + data('[3]')),
      // Grouped in another way, with an offset in the middle.
      events(data('[1]') + control('0_1') + data('[2]') + data('[3,4]') + control('0_4')),
      events(data('[5]') + END),
    ]);
    expect([read.error, read.items]).toEqual([null, [1, 2, 3, 4, 5]]);
    expect(asked).toEqual(['GET -1 sse', 'GET -1 sse', 'GET 0_4 sse']);
    expect(read.heard.map(({ type }) => type)).not.toContain('reset');
  });

  it('is one to go on from for every item, also in a new process', async () => {
    const log = [
      events(data('[1,2,3]') + data('[4]') + control('0_4')),
      events(data('[5,6]') + END),
    ];
    const all = await scripted(log);
    for (let count = 1; count <= 6; count++) {
      const asked: string[] = [];
      const source = durableStream<number>({
        url: 'http://127.0.0.1/',
        fetch: (input) => {
          const offset = new URL(input).searchParams.get('offset') ?? '';
          asked.push(offset);
          return Promise.resolve((log[offset === '-1' ? 0 : 1] as () => Response)());
        },
      });
      const stream = reconnectStream(source, QUICK);
      const items: unknown[] = [];
      let checkpoint = '';
      for await (const item of stream) {
        items.push(item);
        if (items.length < count) continue;
        checkpoint = JSON.stringify(stream.checkpoint());
        break;
      }
      const rest = await readAll(source, { checkpoint });
      expect([count, ...items, ...rest.items]).toEqual([count, ...all.read.items]);
    }
  });

  it.each(['0_1 +7', 'x +0', '0_1 +', '7 +1 +2', ' +3', 'a#b'])(
    'takes the offset %j as it is',
    async (offset) => {
      const { asked, read } = await scripted([
        events(data('[1]') + control(offset)),
        () => {
          throw new TypeError('fetch failed');
        },
        events(data('[2]') + END),
      ]);
      expect(read.items).toEqual([1, 2]);
      expect(asked[2]).toBe(`GET ${offset} sse`);
    },
  );

  it('is lost where the log is shorter than it was: it starts over, and says so', async () => {
    const { read } = await scripted([events(data('[1,2,3]')), events(data('["other"]') + END)]);
    expect(read.items).toEqual(['other']);
    expect(read.heard.map(({ type }) => type)).toContain('restarted');
  });

  it.each([400, 404, 410])('that the server refuses with %i leads to a restart', async (status) => {
    const { read, asked } = await scripted([
      events(data('[1]') + control('0_1')),
      () => new Response('', { status }),
      events(data('[2]') + END),
    ]);
    expect(read.items).toEqual([2]);
    expect(asked).toEqual(['GET -1 sse', 'GET 0_1 sse', 'GET -1 sse']);
  });

  it.each(['a\nb', '\u0000', 'x'.repeat(5000)])(
    'refuses an offset that none can save',
    async (bad) => {
      const { read, asked } = await scripted([events(data('[1]') + control(bad))]);
      expect(read.error?.kind).toBe('limit');
      expect(asked).toHaveLength(1);
    },
  );
});

describe('events that say more, or less', () => {
  it.each([
    ['an unknown field', control('0_1', { streamEpoch: 7, upToDate: 'yes' })],
    ['no offset', 'event: control\ndata: {"upToDate":true}\n\n'],
    ['no JSON', 'event: control\ndata: up-to-date\n\n'],
    ['no object', 'event: control\ndata: null\n\n'],
    ['another type', 'event: up-to-date\ndata: [7]\n\n'],
  ])('%s: the stream goes on', async (_, event) => {
    const { read, asked } = await scripted([events(data('[1]') + event + data('[2]') + END)]);
    expect([read.error, read.items, asked.length]).toEqual([null, [1, 2], 1]);
  });

  it('the end counts without an offset', async () => {
    const { read } = await scripted([
      events(`${data('[1]')}event: control\ndata: {"streamClosed":true}\n\n`),
    ]);
    expect([read.items, read.status]).toEqual([[1], 'complete']);
  });

  it('nothing behind the end is read', async () => {
    const { read } = await scripted([events(data('[1]') + END + data('[2]'))]);
    expect(read.items).toEqual([1]);
  });

  it.each(['Stream-Closed', 'stream-closed'])('204 with %s is the end', async (name) => {
    for (const live of ['sse', 'long-poll'] as const) {
      const { read } = await scripted(
        [
          () =>
            new Response(null, {
              status: 204,
              headers: { 'stream-next-offset': '0_1', [name]: 'True' },
            }),
        ],
        { live },
      );
      expect([read.error, read.items, read.status]).toEqual([null, [], 'complete']);
    }
  });
});

describe('a response that may be cut', () => {
  /** The connection is the frame: no length, no chunks. */
  const bare = (body: string, type: string, next: string, closed: boolean) => (): Response =>
    new Response(new Blob([body]).stream(), {
      headers: {
        'content-type': type,
        'stream-next-offset': next,
        ...(closed ? { 'stream-closed': 'true' } : {}),
      },
    });

  it('is asked for again: an empty body counts once it came twice', async () => {
    const cut = await scripted(
      [bare('', 'text/plain', '0_5', true), bare('hello', 'text/plain', '0_5', true)],
      { live: 'long-poll' },
    );
    expect([cut.read.items, cut.asked]).toEqual([['hello'], ['GET -1 null', 'GET -1 long-poll']]);
    const empty = await scripted([bare('', 'text/plain', '0_0', true)], { live: 'long-poll' });
    expect([empty.read.status, empty.asked.length]).toEqual(['complete', 2]);
  });

  it.each(['', '[', '[1', '[1,2', '["a', '[{"a":[]}', '[1,'])(
    'JSON %j is not the whole, and its messages are not repeated',
    async (cut) => {
      const { read } = await scripted(
        [
          bare(cut, 'application/json', '0_9', true),
          bare(
            '[1,2,3]'.replace('1', cut.includes('{') ? '{"a":[]}' : '1'),
            'application/json',
            '0_9',
            true,
          ),
        ],
        { live: 'long-poll' },
      );
      expect([
        read.error,
        read.items.slice(1),
        read.heard.filter(({ type }) => type === 'dropped').length,
      ]).toEqual([null, [2, 3], 1]);
    },
  );

  it.each(['[1}', '[,1]', '[1,]', '[1] 2', '[1 2]', '{"a":1', 'hello'])(
    'JSON that is damaged, %j, is no message',
    async (damaged) => {
      const { read } = await scripted(
        [
          bare(damaged, 'application/json', '0_9', true),
          bare('[1]', 'application/json', '0_9', true),
        ],
        { live: 'long-poll' },
      );
      expect([read.error, read.items]).toEqual([null, [1]]);
    },
  );
});

describe('limits', () => {
  it.each(['sse', 'long-poll'] as const)('one message by %s', async (live) => {
    const long = JSON.stringify(['a', 'x'.repeat(2000), 'b']);
    const script =
      live === 'sse' ? [events(data(long) + END)] : [poll(long, 'application/json', '0_3', true)];
    const { read } = await scripted(script, { live, maxEventBytes: 1000 });
    expect([read.error?.kind, read.heard.filter(({ type }) => type === 'dropped').length]).toEqual([
      'limit',
      expect.any(Number),
    ]);
    expect(read.error?.message).toContain('maxEventBytes');
  });

  it('not the number of messages in a response, but its bytes where asked for', async () => {
    const many = JSON.stringify(Array.from({ length: 150_000 }, (_, n) => n));
    const script = [poll(many, 'application/json', '0_3', true)];
    const source = durableStream<number>({
      url: 'http://127.0.0.1/',
      live: 'long-poll',
      fetch: () => Promise.resolve((script[0] as () => Response)()),
    });
    let sum = 0;
    for await (const n of reconnectStream(source)) sum += n;
    expect(sum).toBe((150_000 * 149_999) / 2);
    const bounded = await scripted(script, { live: 'long-poll', maxBodyBytes: 100_000 });
    expect(bounded.read.error?.kind).toBe('limit');
    expect(bounded.read.error?.message).toContain('maxBodyBytes');
  });
});
