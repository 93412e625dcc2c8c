/** What a peer writes, or an old checkpoint holds, never leads a request to another path or host. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StreamSource } from '../../src/index.js';
import {
  agUi,
  aiSdkUi,
  bytes,
  durableStream,
  geminiInteractions,
  mcpRequest,
  ndjson,
  openaiResponses,
  sse,
  text,
} from '../../src/sources/index.js';
import { runs } from '../support/effort.js';
import { peerIds } from '../support/peer-ids.js';

const ORIGIN = 'http://run.test:8080';
const BASE = '/v1/base';

interface Request {
  readonly method: string;
  readonly address: string;
  readonly headers: Record<string, string>;
}

type Fetch = (address: string | URL, init: RequestInit) => Promise<Response>;

const url = `${ORIGIN}${BASE}?tenant=7`;
const body = { model: 'm', stream: true };
const message = { id: 1, method: 'tools/call' };

/** Those whose ids stand in a path. */
const PATH_SOURCES: Record<string, (fetch: Fetch) => StreamSource<unknown>> = {
  openaiResponses: (fetch) => openaiResponses({ url, body, fetch }),
  geminiInteractions: (fetch) => geminiInteractions({ url, body, fetch }),
};

/** Every source that makes a request of an id or a cursor. */
const SOURCES: Record<string, (fetch: Fetch) => StreamSource<unknown>> = {
  ...PATH_SOURCES,
  'durableStream, as events': (fetch) => durableStream({ url, fetch }),
  'durableStream, by long polls': (fetch) => durableStream({ url, live: 'long-poll', fetch }),
  mcpRequest: (fetch) => mcpRequest({ url, message, fetch }),
  agUi: (fetch) => agUi({ url, body, fetch }),
  sse: (fetch) => sse({ url, fetch }),
  'sse after a POST': (fetch) =>
    sse({
      url,
      method: 'POST',
      body: '',
      resume: 'cursor',
      resumeRequest: () => ({}),
      fetch,
    }),
  ndjson: (fetch) =>
    ndjson<{ id: string }>({
      url,
      id: (one) => one.id,
      cursorParam: 'after',
      terminal: 'eof',
      fetch,
    }),
  text: (fetch) => text({ url, fetch }),
  bytes: (fetch) => bytes({ url, fetch }),
  aiSdkUi: (fetch) => aiSdkUi({ url, chatId: 'chat-1', body, fetch }),
};

/** Beneath the base: nothing, one segment for the run, or that and a word of the protocol. */
const PATHS = /^\/v1\/base(?:\/([^/]+)(\/cancel|\/stream)?)?$/;

function expectInside({ address, headers }: Request): void {
  const { origin, pathname, username, password, hash, searchParams } = new URL(address);
  expect([origin, username, password, hash]).toEqual([ORIGIN, '', '', '']);
  expect(searchParams.get('tenant')).toBe('7');
  expect(address).toMatch(/^[!-~]*$/);
  const segment = PATHS.exec(pathname)?.[1];
  expect(pathname).toMatch(PATHS);
  // Some servers decode once or twice, and only then look for what leads elsewhere.
  for (let at = segment ?? 'run', depth = 0; depth < 3; at = decoded(at), depth++)
    expect(at.split(/[/\\]/)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^\.{0,2}$/)]),
    );
  // A header with a line end would be two, and fetch refuses it.
  for (const [name, value] of Object.entries(headers)) new Headers([[name, value]]);
}

function decoded(segment: string): string {
  return segment.replaceAll(/%[\da-f]{2}/gi, (byte) =>
    String.fromCharCode(parseInt(byte.slice(1), 16)),
  );
}

/** What the source asks for at this point: when it goes on, when it begins again, and when it is cancelled. */
async function requestsAt(
  create: (fetch: Fetch) => StreamSource<unknown>,
  key: string,
  cursor: string,
): Promise<Request[]> {
  const requests: Request[] = [];
  const source = create((address, { method = 'GET', headers }) => {
    requests.push({ method, address: String(address), headers: { ...(headers as object) } });
    return Promise.reject(new TypeError('no network here'));
  });
  const at = { key, cursor, items: 3, bytes: 30, chars: 30, attempt: 1 };
  const { signal } = new AbortController();
  await source.open(at, signal).catch(() => {});
  await source.cancel?.(at, cursor, signal).catch(() => {});
  return requests;
}

describe.each(Object.entries(SOURCES))('%s', (name, create) => {
  it('asks beneath its own address alone, whatever the ids are', async () => {
    let requests = 0;
    const property = fc.asyncProperty(peerIds, peerIds, async (key, cursor) => {
      for (const request of await requestsAt(create, key, cursor)) {
        requests += 1;
        expectInside(request);
      }
    });
    // Two ids each.
    await fc.assert(property, { numRuns: runs(300, name in PATH_SOURCES ? 50_000 : 10_000) });
    expect(requests).toBeGreaterThan(runs(20, 1_000));
  }, 1_200_000);

  it('goes on, and is cancelled, by an id as peers give it', async () => {
    const requests = await requestsAt(create, 'run_1', '42');
    expect(requests.map(({ method }) => method)).not.toEqual([]);
    requests.forEach(expectInside);
    if (name in PATH_SOURCES)
      expect(
        requests.map(({ method, address }) => `${method} ${new URL(address).pathname}`),
      ).toEqual([`GET ${BASE}/run_1`, `POST ${BASE}/run_1/cancel`]);
  });
});

it.each(Object.entries(PATH_SOURCES))(
  'an id that leads elsewhere, however often it is decoded, is asked for by nobody: %s',
  async (_, create) => {
    const plain = '. .. ../../admin a/../b a//b / \\ //evil.test \\\\evil.test \ud800';
    const encoded = '%2e%2e .%2E %2E%2e%2Fadmin ..%5cadmin %252e%252e %25252e. a%2f%2fb';
    for (const id of `${plain} ${encoded}`.split(' '))
      expect([id, await requestsAt(create, id, '42')]).toEqual([id, []]);
  },
);
