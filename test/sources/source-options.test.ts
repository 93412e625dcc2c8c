/** How options are given to sources, what their names are, and what becomes of functions that misbehave. */

import { afterEach, describe, expect, it } from 'vitest';

import { reconnectStream } from '../../src/index.js';
import type { ReconnectError, StreamSource } from '../../src/index.js';
import {
  agUi,
  aiSdkUi,
  anthropicMessages,
  bytes,
  durableStream,
  fromAsyncIterable,
  geminiInteractions,
  ndjson,
  openaiChat,
  openaiResponses,
  sse,
  text,
  webSocket,
} from '../../src/sources/index.js';
import { QUICK } from '../support/read-all.js';
import { fromChunks, openError, readAll, streamResponse } from './drive.js';

const url = 'http://127.0.0.1/';
const body = { stream: true };

const SOURCES: Record<string, (wrong: object) => unknown> = {
  sse: (wrong) => sse({ url, ...wrong }),
  ndjson: (wrong) => ndjson({ url, terminal: 'eof', ...wrong }),
  text: (wrong) => text({ url, ...wrong }),
  bytes: (wrong) => bytes({ url, ...wrong }),
  durableStream: (wrong) => durableStream({ url, ...wrong }),
  webSocket: (wrong) => webSocket({ url, ...wrong }),
  fromAsyncIterable: (wrong) => fromAsyncIterable([], wrong),
  openaiChat: (wrong) => openaiChat({ body, ...wrong }),
  openaiResponses: (wrong) => openaiResponses({ body, ...wrong }),
  anthropicMessages: (wrong) => anthropicMessages({ body, ...wrong }),
  geminiInteractions: (wrong) => geminiInteractions({ body, ...wrong }),
  aiSdkUi: (wrong) => aiSdkUi({ url, chatId: 'c', body, ...wrong }),
  agUi: (wrong) => agUi({ url, body, ...wrong }),
};

describe.each(Object.entries(SOURCES))('%s', (source, make) => {
  it('takes its own options', () => {
    expect(make({ name: 'x' })).toMatchObject({ name: 'x' });
  });

  it.each(['header', 'isend', 'nmae', 'toString', '__proto__x', 'maxRetries'])(
    'refuses an option by the name of %s',
    (name) => {
      for (const value of [1, undefined]) {
        let error: unknown;
        try {
          make({ [name]: value });
        } catch (thrown) {
          error = thrown;
        }
        expect(error).toMatchObject({ kind: 'config', name: 'ReconnectError' });
        expect((error as Error).message).toContain(
          `expected options that ${source} knows, got "${name}"`,
        );
      }
    },
  );

  it('names the option that was meant', () => {
    expect(() => make({ nmae: 'x' })).toThrow(/; write name$/);
    expect(() => make({ zzzzzz: 'x' })).toThrow(/; write one of .*name/);
  });
});

describe('a URL before the options', () => {
  type Make = (first: unknown, rest?: unknown) => { readonly name: string };
  const makers = { sse, text, bytes, durableStream, webSocket } as unknown as Record<string, Make>;

  it.each(Object.entries(makers))('is taken by %s', (_, make) => {
    expect(make(url)).toMatchObject({ name: make({ url }).name });
    expect(make(new URL(url), { name: 'x' })).toMatchObject({ name: 'x' });
    expect(() => make(url, { header: {} })).toThrow(/header/);
    expect(() => make(url, { url })).toThrow(/one url, got two/);
    expect(() => make({ url }, {})).toThrow(/a URL before the options/);
    expect(() => make('nowhere')).toThrow(/expected url/);
    for (const nothing of [undefined, null, 5, [], () => url])
      expect(() => make(nothing)).toThrow(/to be an object/);
    expect(() => make(url, null)).toThrow(/to be an object/);
  });

  it('is taken by ndjson', async () => {
    const fetch = (): Promise<Response> =>
      Promise.resolve(new Response('1\n', { headers: { 'content-type': 'application/jsonl' } }));
    const { data } = await readAll(ndjson<number>(url, { terminal: 'eof', fetch }));
    expect(data).toEqual([1]);
  });

  it('is where the request goes', async () => {
    const asked: string[] = [];
    const fetch = (address: string): Promise<Response> => {
      asked.push(address);
      return Promise.resolve(streamResponse([]));
    };
    await readAll(sse(url, { fetch }));
    await readAll(sse(new URL('/x', url), { fetch }));
    expect(asked).toEqual([url, `${url}x`]);
  });
});

describe('parse', () => {
  const wire = 'id: 1\ndata: {"n":1}\n\ndata: null\n\nid: 3\ndata: {"n":3}\n\ndata: [DONE]\n\n';

  it('of sse makes the items; isEnd is still given the event', async () => {
    const seen: unknown[] = [];
    const source = fromChunks([wire]) as StreamSource<unknown>;
    expect((await readAll(source)).data).toHaveLength(4);
    const parsed = sse({
      url,
      fetch: () => Promise.resolve(streamResponse([wire])),
      parse: (event) => (JSON.parse(event.data) as { n: number } | null) ?? undefined,
      isEnd: (event) => {
        seen.push(event);
        return event.data === '[DONE]';
      },
    });
    const { items, error } = await readAll(parsed);
    expect(error).toBeUndefined();
    expect(items).toMatchObject([
      { type: 'data', data: { n: 1 }, id: '1', bytes: 7, raw: '{"n":1}' },
      { type: 'alive' },
      { type: 'data', data: { n: 3 }, id: '3' },
      { type: 'end', outcome: 'complete' },
    ]);
    expect(seen).toHaveLength(4);
    expect(seen[3]).toEqual({ type: 'message', data: '[DONE]', id: '3' });
  });

  it('of sse keeps the cursor of an event that gives no item', async () => {
    const fetch = (): Promise<Response> => Promise.resolve(streamResponse(['id: 7\ndata: x\n\n']));
    const { items } = await readAll(sse({ url, fetch, parse: () => undefined }));
    expect(items).toEqual([{ type: 'checkpoint', cursor: '7' }]);
  });

  it('of sse delivers the end event where it can be parsed', async () => {
    const fetch = (): Promise<Response> =>
      Promise.resolve(streamResponse(['data: 1\n\ndata: 2\n\n']));
    const { data } = await readAll(
      sse({
        url,
        fetch,
        parse: ({ data: text }) => Number(text),
        isEnd: ({ data: text }) => text === '2',
      }),
    );
    expect(data).toEqual([1, 2]);
  });

  it('of ndjson makes the items that id and isEnd are given', async () => {
    const fetch = (): Promise<Response> =>
      Promise.resolve(
        new Response('[1]\nnull\n[2]\n', { headers: { 'content-type': 'application/jsonl' } }),
      );
    const { items } = await readAll(
      ndjson({
        url,
        fetch,
        parse: (value) => (value === null ? undefined : (value as number[])[0]),
        id: (n) => `#${n}`,
        isEnd: (n) => n === 2,
      }),
    );
    expect(items).toMatchObject([
      { type: 'data', data: 1, id: '#1', raw: '[1]' },
      { type: 'alive' },
      { type: 'data', data: 2, id: '#2' },
      { type: 'end' },
    ]);
  });
});

describe('onComment', () => {
  it('is called with each comment', async () => {
    const comments: string[] = [];
    const onComment = (comment: string): void => void comments.push(comment);
    await readAll(fromChunks([': ping 1\n', ':\n:x\n\ndata: 1\n\n:', ' split\n'], { onComment }));
    expect(comments).toEqual(['ping 1', '', 'x', 'split']);
  });
});

/** Rejections that nobody handles fail the run by themselves. */
describe('a function of the caller that must answer at once', () => {
  const then = 'then' as string;
  const thenable: unknown = Object.defineProperty({}, then, {
    value: (_: unknown, no: (error: unknown) => void) => no(new Error('x')),
  });
  const hostile: unknown = Object.defineProperty({}, then, {
    get: () => {
      throw new Error('x');
    },
  });
  const answers: [string, () => unknown][] = [
    [
      'throws',
      () => {
        throw new Error('x');
      },
    ],
    ['rejects', () => Promise.reject(new Error('x'))],
    ['rejects late', () => new Promise((_, no) => setTimeout(() => no(new Error('x')), 1))],
    ['is async', () => Promise.resolve(true)],
    ['gives a thenable', () => thenable],
  ];
  const lines = (): Promise<Response> =>
    Promise.resolve(new Response('1\n', { headers: { 'content-type': 'application/jsonl' } }));
  const events = (): Promise<Response> =>
    Promise.resolve(streamResponse([':c\nid: 1\ndata: 1\n\n']));
  type Make = (fn: never) => StreamSource<unknown>;
  const functions: [string, Make][] = [
    ['sse isEnd', (isEnd) => sse({ url, fetch: events, isEnd })],
    ['sse parse', (parse) => sse({ url, fetch: events, parse })],
    ['sse follows', (follows) => sse({ url, fetch: events, follows })],
    ['sse onComment', (onComment) => sse({ url, fetch: events, onComment })],
    ['ndjson id', (id) => ndjson({ url, fetch: lines, id, terminal: 'eof' })],
    ['ndjson isEnd', (isEnd) => ndjson({ url, fetch: lines, isEnd })],
    ['ndjson parse', (parse) => ndjson({ url, fetch: lines, parse, terminal: 'eof' })],
    ['fromAsyncIterable id', (id) => fromAsyncIterable(() => [1], { id })],
    ['fromAsyncIterable isEnd', (isEnd) => fromAsyncIterable(() => [1], { isEnd })],
    ['fromAsyncIterable bytes', (size) => fromAsyncIterable(() => [1], { bytes: size })],
  ];

  describe.each(functions)('%s', (name, make) => {
    it.each(answers)('that %s ends the stream with kind callback', async (_, fn) => {
      const stream = reconnectStream(make(fn as never), QUICK);
      stream.start();
      const { status, error } = await stream.done;
      expect([name, status, error?.kind]).toEqual([name, 'failed', 'callback']);
      expect(error?.message).toContain(name.split(' ')[1]);
      await new Promise((resolve) => setTimeout(resolve, 3));
    });
  });

  it('may give an object whose `then` cannot be read', async () => {
    const source = sse({ url, fetch: events, isEnd: (() => hostile) as never });
    expect((await readAll(source)).error).toMatchObject({ kind: 'callback' });
  });

  it.each(['url', 'headers', 'body'] as const)('%s may be async, and may fail', async (name) => {
    for (const [what, fn] of answers) {
      const fetch = (): Promise<Response> => Promise.resolve(new Response(null, { status: 500 }));
      const source = sse({ url, method: 'POST', fetch, [name]: fn });
      const error = (await openError(source)) as ReconnectError;
      const isFine = what === 'is async';
      expect([what, isFine || error.kind === 'callback']).toEqual([what, true]);
    }
  });
});

describe('a relative URL', () => {
  const globals = globalThis as { document?: unknown; location?: unknown };
  afterEach(() => {
    delete globals.document;
    delete globals.location;
  });
  const askedFor = async (relative: string): Promise<string> => {
    let asked = '';
    const fetch = (address: string): Promise<Response> => {
      asked = address;
      return Promise.resolve(streamResponse([]));
    };
    await readAll(sse({ url: relative, fetch }));
    return asked;
  };

  it('is relative to the base of the page, else to its address', async () => {
    globals.location = { href: 'https://page.example/app/index.html' };
    expect(await askedFor('events')).toBe('https://page.example/app/events');
    globals.document = { baseURI: 'https://base.example/static/' };
    expect(await askedFor('events')).toBe('https://base.example/static/events');
    expect(await askedFor('/events')).toBe('https://base.example/events');
  });

  it('is refused where there is no page, and the error says so', () => {
    expect(() => sse('/events')).toThrow(/a relative one, and there is no page/);
    expect(() => webSocket('/events')).toThrow(/a relative one/);
    expect(() => sse('http://[')).toThrow(/a text that is none/);
  });
});
