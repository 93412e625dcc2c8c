/** Which requests go out when a response breaks or ends: a POST once, and a GET no more often than it can help. */

import { afterEach, describe, expect, it } from 'vitest';

import type { StreamSource } from '../../src/index.js';
import { bytes, ndjson, sse, text } from '../../src/sources/index.js';
import type { RequestContext, ResumeRequest } from '../../src/sources/index.js';
import { flakyServer } from '../../src/testing/index.js';
import type {
  FlakyResponse,
  FlakyPath,
  FlakyRequest,
  FlakyServer,
} from '../../src/testing/index.js';
import { readAll } from '../support/read-all.js';

let server: FlakyServer | undefined;
afterEach(() => server?.close());

interface Run<T> {
  readonly items: T[];
  readonly status: string;
  readonly requests: readonly FlakyRequest[];
  /** Method and query of each request. */
  readonly sent: readonly string[];
}

async function run<T>(answer: FlakyPath, make: (url: string) => StreamSource<T>): Promise<Run<T>> {
  server = await flakyServer({ paths: { '*': answer } });
  const { items, status } = await readAll(make(`${server.url}/x`), { maxAttempts: 3 });
  const { requests } = server;
  await server.close();
  const sent = requests.map(({ method, url }) => method + url.search);
  return { items, status, requests, sent };
}

const plain = (body: string, more: Partial<FlakyResponse> = {}): FlakyResponse => ({
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
  ...more,
});
const lines = (...list: unknown[]): FlakyResponse => ({
  headers: { 'content-type': 'application/x-ndjson' },
  body: list.map((one) => `${JSON.stringify(one)}\n`).join(''),
});
const cut = (answer: FlakyResponse, at: number): FlakyResponse => ({
  ...answer,
  fault: { kind: 'rst', at },
});

describe('a POST', () => {
  const post = { method: 'POST', body: '{"q":1}' };
  const withIds = { body: 'id: 1\ndata: a\n\nid: 2\ndata: b\n\ndata: end\n\n' };
  const isEnd = ({ data }: { data: string }): boolean => data === 'end';

  it('that is answered by events with ids is not sent again for what follows', async () => {
    const { items, status, sent } = await run(cut(withIds, 18), (url) =>
      sse({ url, ...post, isEnd }),
    );
    expect([items.map(({ data }) => data), status, sent]).toEqual([['a'], 'failed', ['POST']]);
  });

  it('that is answered by lines with ids or a count is not, either', async () => {
    const answer = cut(lines({ id: 'a' }, { id: 'b' }, 'end'), 12);
    const ends = { isEnd: (line: unknown) => line === 'end' };
    for (const more of [
      { id: (line: { id: string }) => line.id, cursorParam: 'c' },
      { itemsParam: 'n' },
    ]) {
      const source = (url: string) => ndjson<{ id: string }>({ url, ...post, ...ends, ...more });
      const { items, status, sent } = await run(answer, source);
      expect([items, status, sent]).toEqual([[{ id: 'a' }], 'failed', ['POST']]);
    }
  });

  it.each(['text', 'bytes'] as const)('read by %s() is over when its bytes end', async (name) => {
    const make = (url: string): StreamSource<unknown> => ({ text, bytes })[name]({ url, ...post });
    expect(make('http://127.0.0.1/')).toMatchObject({ resume: 'none', terminal: 'eof' });
    for (const framing of ['chunked', 'length', 'close'] as const) {
      const { items, status, sent } = await run(plain('Paris', { framing }), make);
      expect([items.map(String).join(), status, sent]).toEqual([
        name === 'text' ? 'Paris' : '80,97,114,105,115',
        'complete',
        ['POST'],
      ]);
      const broken = await run(cut(plain('Paris', { framing }), 3), make);
      // What is delimited by its end breaks off as it ends.
      const isSeen = framing !== 'close';
      expect([broken.status, broken.sent]).toEqual([isSeen ? 'failed' : 'complete', ['POST']]);
    }
  });

  it('goes on where the caller says that this may be', async () => {
    const path: FlakyPath = [cut(withIds, 18), withIds];
    for (const more of [{ resume: 'cursor' as const }, { reopen: 'safe' as const }]) {
      const { status, sent } = await run(path, (url) => sse({ url, ...post, isEnd, ...more }));
      expect([status, sent]).toEqual(['complete', ['POST', 'POST']]);
    }
    const parts: FlakyPath = ({ url }) =>
      url.search === ''
        ? cut(plain('Paris', {}), 3)
        : plain(url.search === '?resumeAt=3' ? 'is' : '');
    const asked = await run(parts, (url) =>
      text({ url, ...post, resume: 'count', terminal: 'eof' }),
    );
    expect([asked.items.join(''), asked.sent]).toEqual(['Paris', ['POST', 'POST?resumeAt=3']]);
  });

  it('of JSON-RPC goes on as MCP does: by a GET with the last id', async () => {
    const path: FlakyPath = [
      { body: 'id: s_1\nretry: 1\ndata:\n\n' },
      { body: 'id: s_2\ndata: {"result":1}\n\n' },
    ];
    const headers = { 'mcp-session-id': 's', 'content-type': 'application/json' };
    for (const body of [
      '{"jsonrpc":"2.0","id":1,"method":"tools/call"}',
      ' [{"jsonrpc": "2.0"}]',
    ]) {
      const { items, status, requests } = await run(path, (url) =>
        sse({ url, method: 'POST', headers, body, isEnd: ({ data }) => data.includes('"result"') }),
      );
      expect([items.length, status]).toEqual([2, 'complete']);
      expect(requests.map(({ method, body: sent }) => [method, sent])).toEqual([
        ['POST', body],
        ['GET', ''],
      ]);
      expect(requests[1]?.headers).toMatchObject({ 'last-event-id': 's_1', 'mcp-session-id': 's' });
      expect(requests[1]?.headers).not.toHaveProperty('content-type');
    }
  });
});

describe('resumeRequest', () => {
  const post = { method: 'POST', body: 'q', headers: { authorization: 'a', 'x-own': '1' } };

  it('makes the request that goes on, for every source', async () => {
    const seen: unknown[] = [];
    const made: [string, (url: string) => StreamSource<unknown>, FlakyResponse, FlakyResponse][] = [
      [
        'sse',
        (url) => sse({ url, ...post, isEnd: ({ data }) => data === 'end', resumeRequest: next }),
        cut({ body: 'id: 1\ndata: a\n\nid: 2\n' }, 18),
        { body: 'data: end\n\n' },
      ],
      [
        'ndjson',
        (url) =>
          ndjson({
            url,
            ...post,
            id: (line) => String(line),
            cursorParam: 'after',
            isEnd: (line) => line === 'end',
            resumeRequest: next,
          }),
        cut(lines('a', 'b'), 6),
        lines('end'),
      ],
      [
        'text',
        (url) => text({ url, ...post, terminal: 'eof', resumeRequest: next }),
        cut(plain('abcd'), 2),
        plain('cd'),
      ],
      [
        'bytes',
        (url) => bytes({ url, ...post, terminal: 'eof', resumeRequest: next }),
        cut(plain('abcd'), 2),
        plain('abcd'),
      ],
    ];
    function next({ cursor, items, bytes: size, chars, attempt }: RequestContext): ResumeRequest {
      seen.push({ cursor, items, size, chars, attempt });
      return { url: `${server?.url}/more`, headers: { 'X-Own': '2' } };
    }
    for (const [name, make, first, more] of made) {
      const path: FlakyPath = ({ url }) => (url.pathname === '/more' ? more : first);
      const { status, requests } = await run(path, make);
      expect([name, status]).toEqual([name, 'complete']);
      expect(requests.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual([
        'POST /x',
        'GET /more',
      ]);
      expect(requests[1]).toMatchObject({
        body: '',
        headers: { authorization: 'a', 'x-own': '2' },
      });
    }
    expect(seen).toMatchObject([
      { cursor: '1', items: 1, attempt: 1 },
      { cursor: 'a', items: 1 },
      { chars: 2, items: 1 },
      { size: 2, items: 1 },
    ]);
  });

  it('is not asked where nothing was received, and the POST is not sent again', async () => {
    const { status, sent } = await run({ fault: { kind: 'rst', at: 'head' } }, (url) =>
      sse({ url, ...post, resumeRequest: () => ({}) }),
    );
    expect([status, sent]).toEqual(['failed', ['POST']]);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('x');
      },
    ],
    ['rejects', () => Promise.reject(new Error('x'))],
    ['gives nothing', () => undefined],
    ['gives an unknown name', () => ({ uri: '/x' })],
    ['gives a method that writes', () => ({ method: 'POST' })],
    ['gives a body', () => ({ body: 'x' })],
  ])('that %s sends nothing', async (_, resumeRequest) => {
    const { status, sent } = await run(cut({ body: 'id: 1\ndata: a\n\nid: 2\n' }, 18), (url) =>
      sse({ url, ...post, resumeRequest: resumeRequest as never }),
    );
    expect([status, sent]).toEqual(['failed', ['POST']]);
  });
});

describe('a server that ignores the count', () => {
  it.each(['Paris is the capital.', '\uFEFFGood day', 'line 1\nline 1\nline 2\n'])(
    'and has said %j is asked once more',
    async (whole) => {
      const { items, status, sent } = await run(plain(whole), (url) => text({ url }));
      const all = whole.replace('\uFEFF', '');
      expect([items.join(''), status]).toEqual([all, 'complete']);
      expect(sent).toEqual(['GET', `GET?resumeAt=${all.length}`]);
    },
  );

  it.each(['Hi', 'aaaa', 'tick\ntick\n'])(
    'and has said %j, which may follow on itself, is asked once more, and the stream is not called complete',
    async (whole) => {
      const { items, status, sent } = await run(plain(whole), (url) => text({ url }));
      expect([items.join(''), status, sent.length]).toEqual([whole + whole, 'incomplete', 2]);
    },
  );

  it('with text of the same length each time is asked once more, and the stream is not called complete', async () => {
    const { items, status, sent } = await run(
      ({ nth }) => plain(`Answer ${nth}: Paris. `),
      (url) => text({ url }),
    );
    expect([items.join(''), status, sent.length]).toEqual([
      'Answer 1: Paris. Answer 2: Paris. ',
      'incomplete',
      2,
    ]);
  });

  it('that breaks off first is asked once more when the whole has come', async () => {
    const whole = 'Paris is the capital.';
    const path: FlakyPath = [cut(plain(whole), 3), plain(whole)];
    const { items, status, sent } = await run(path, (url) => text({ url }));
    expect([items.join(''), status, sent.length]).toEqual([`Par${whole}`, 'complete', 3]);
  });

  it('with bytes of the same length is asked once more', async () => {
    const { items, status, sent } = await run(plain('Paris'), (url) => bytes({ url }));
    expect([items.map(String).join(), status]).toEqual(['80,97,114,105,115', 'complete']);
    expect(sent).toEqual(['GET', 'GET']);
  });

  it('with lines gives each line once', async () => {
    const make = (url: string): StreamSource<unknown> =>
      ndjson({ url, itemsParam: 'n', isEnd: (line) => line === 'end' });
    const same = await run(lines({ n: 1 }, { n: 2 }), make);
    expect([same.items, same.status, same.sent.length]).toEqual([
      [{ n: 1 }, { n: 2 }],
      'failed',
      4,
    ]);
  });
});

describe('a server that honours the count', () => {
  const serve =
    (whole: string, ...parts: number[]): FlakyPath =>
    ({ url, nth }) => {
      const from = Number(url.searchParams.get('resumeAt') ?? 0);
      if (from >= whole.length) return { status: 204 };
      return plain(whole.slice(from, from + (parts[nth - 1] ?? Infinity)));
    };

  it.each<[string, string, number[]]>([
    ['that begins as the last did', 'The cat. The dog. The end.', [9, 9]],
    ['that grows', 'tick\ntick\ntick\n', [5, 7]],
    ['of one letter', 'aaaaaa', [1, 2]],
    ['in lines', 'line 1\nline 22\nline 3\n', [7, 8]],
    ['with U+FEFF in it', 'one\uFEFFtwo', [3]],
  ])('gives all of a text %s', async (_, whole, parts) => {
    const { items } = await run(serve(whole, ...parts), (url) => text({ url }));
    expect(items.join('')).toBe(whole);
  });

  it('loses nothing of a text that repeats, wherever it is cut', async () => {
    const whole = 'haha, hahaha, hahahahaha! haha, hahaha, hahahahaha!';
    for (let at = 1; at < whole.length; at += 3) {
      const path: FlakyPath = ({ url, nth }) => {
        const answer = plain(whole.slice(Number(url.searchParams.get('resumeAt') ?? 0)));
        return url.search === `?resumeAt=${whole.length}`
          ? { status: 204 }
          : nth === 1
            ? cut(answer, at)
            : answer;
      };
      const { items, status } = await run(path, (url) => text({ url }));
      expect([at, items.join(''), status]).toEqual([at, whole, 'complete']);
    }
  });
});
