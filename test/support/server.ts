/** One loopback server whose paths name misbehaviours. Every path takes its numbers from the query. */

import { setTimeout as sleep } from 'node:timers/promises';
import { flakyServer } from '../../src/testing/index.js';
import type {
  FlakyResponse,
  FlakyPath,
  FlakyRequest,
  FlakyServer,
} from '../../src/testing/index.js';
import { unicodeLog } from './unicode-log.js';

export type TestServer = FlakyServer;

export function startServer(): Promise<FlakyServer> {
  const queries = new Set<string>();
  const entries = Object.entries(paths).map(([name, answer]): [string, FlakyPath] => [
    name,
    (request) => {
      const { search, searchParams } = request.url;
      const query = (key: string, fallback: string | number): string =>
        searchParams.get(key) ?? String(fallback);
      const number = (key: string, fallback: number): number => Number(query(key, fallback));
      const isFirst = !queries.has(search);
      queries.add(search);
      return answer({ ...request, isFirst, query, number });
    },
  ]);
  return flakyServer({ paths: Object.fromEntries(entries) });
}

/** The event that ends each numbered log: `isEnd: (event) => event.type === END`. */
export const END = 'end';

/** Events 1 to n, each with its number as id and data, then the end marker. */
function log(n: number, after = 0): string {
  let text = '';
  for (let i = after + 1; i <= n; i++) text += `id: ${i}\ndata: ${i}\n\n`;
  return `${text}event: ${END}\ndata: \n\n`;
}

interface Call extends FlakyRequest {
  /** Whether it is the first with this query. */
  readonly isFirst: boolean;
  query(name: string, fallback: string | number): string;
  number(name: string, fallback: number): number;
}

const paths: Readonly<Record<string, (call: Call) => FlakyResponse>> = {
  /** ?n= events and the end marker. */
  '/ok': ({ number }) => ({ body: log(number('n', 3)) }),
  /** Like /ok, from `Last-Event-ID` on; each connection is cut after ?bytes= of body. */
  '/resume': (call) => cut(call, log(call.number('n', 10), after(call)), call.number('bytes', 64)),
  /** The log of all characters after `Last-Event-ID`; the first request of a query is cut after ?at= bytes. */
  '/unicode': (call) => {
    const id = Buffer.from(String(call.headers['last-event-id'] ?? ''), 'latin1').toString();
    return cut(call, unicodeLog(id), call.isFirst ? call.number('at', 0) : Infinity);
  },
  /** ?n= events, the last one cut at ?at= bytes before its end. */
  '/cut-mid-event': (call) => {
    const text = withoutEnd(log(call.number('n', 3)));
    return cut(call, text, text.length - call.number('at', 4));
  },
  /** One comment, then the connection is dropped. */
  '/accept-then-close': () => ({ body: ':\n\n' }),
  /** 200 and the right type, and nothing more. */
  '/empty-200': () => ({ body: '' }),
  /** The head, ?n= events, then silence for ever. */
  '/stalled': ({ number }) => {
    const body = withoutEnd(log(number('n', 0)));
    return { body, fault: { kind: 'stall', at: body.length } };
  },
  /** Not even a head. */
  '/no-answer': () => ({ fault: { kind: 'stall', at: 'head' } }),
  /** The socket is reset before the head. */
  '/reset': () => ({ fault: { kind: 'rst', at: 'head' } }),
  /** A comment each ?ms=, no event. */
  '/pings': ({ number }) => ({ body: pings(number('ms', 10)) }),
  /** `retry:` as given by ?ms=, then the end of the bytes. */
  '/retry': ({ query }) => ({ body: `retry: ${query('ms', 0)}\n\n` }),
  '/retry-0': () => ({ body: 'retry: 0\n\n' }),
  '/retry-overflow': () => ({ body: 'retry: 99999999999999999999\n\n' }),
  /** Always event 1, whatever the cursor, then the end of the bytes. */
  '/replay-one-then-eof': () => ({ body: 'id: 1\ndata: 1\n\n' }),
  /** Always the same event, which has no id, then the end of the bytes. */
  '/bare-one-then-eof': () => ({ body: 'data: 1\n\n' }),
  /** Two events without ids and the end marker; the first request of a query is cut after ?at= bytes, before the head if below 0. */
  '/bare-cut': (call) => {
    const at = call.isFirst ? call.number('at', 0) : Infinity;
    if (at < 0) return { fault: { kind: 'rst', at: 'head' } };
    return cut(call, `data: 1\n\ndata: 2\n\nevent: ${END}\ndata: \n\n`, at);
  },
  /** ?first= as status for the first ?times= requests, with Retry-After ?value=; then like /ok. */
  '/status-then-ok': (call) => {
    const { isFirst, nth, number, query } = call;
    if (!isFirst && nth > number('times', 1)) return { body: log(number('n', 3), after(call)) };
    return refusal(number('first', 503), query('value', ''));
  },
  '/status': ({ number, query }) => refusal(number('code', 503), query('value', '')),
  '/503-retry-after': ({ query }) => refusal(503, query('value', '1')),
  '/204': () => ({ status: 204 }),
  /** 204 from the second request on; the first is cut after ?bytes=. */
  '/204-on-resume': (call) =>
    call.nth > 1 ? { status: 204 } : cut(call, log(10), call.number('bytes', 40)),
  '/html': () => ({ headers: { 'content-type': 'text/html' }, body: '<html></html>' }),
  '/html-as-sse': () => ({ body: '<html>\n<body>Welcome</body>\n</html>\n' }),
  '/type': ({ query }) => ({
    headers: { 'content-type': query('type', '') || undefined },
    body: log(1),
  }),
  /** A stream that says it is packed by ?codings=. */
  '/encoding': ({ query }) => ({
    headers: { 'content-type': 'text/event-stream', 'content-encoding': query('codings', '') },
    body: log(1),
  }),
  /** ?code= and ?to=; a Location that is empty or missing with to='' or without `to`. */
  '/redirect': ({ number, query }) => ({
    status: number('code', 307),
    headers: { location: query('to', '/ok') },
  }),
  '/redirect-nowhere': () => ({ status: 307 }),
  /** A new place at each step. */
  '/redirect-endless': ({ nth }) => ({
    status: 307,
    headers: { location: `/redirect-endless?${nth}` },
  }),
  /** 401 unless `Authorization` is ?token=. */
  '/token': (call) => {
    const { headers, number, query } = call;
    if (headers['authorization'] !== query('token', 'Bearer new')) return { status: 401 };
    return { body: log(number('n', 3), after(call)) };
  },
  /** The request as its only event. */
  '/echo': ({ method, headers, body }) => {
    const data = JSON.stringify({ method, headers, body });
    return { body: `data: ${data}\n\nevent: ${END}\ndata: \n\n` };
  },
  /** ?head= (a field name, a colon, a comment), then characters without end, as fast as they are read. */
  '/endless-line': ({ query }) => ({ body: endless(query('head', 'data: '), 'x'.repeat(65_536)) }),
  /** Lines without a blank line between them, without end. */
  '/endless-event': ({ query }) => ({
    body: endless('', `${query('line', 'data: x')}\n`.repeat(4_096)),
  }),
};

function withoutEnd(text: string): string {
  return text.replace(/event: end[^]*/, '');
}

/** The number of the event that the client has seen last. */
function after({ headers }: Call): number {
  return Number(headers['last-event-id'] ?? 0) || 0;
}

function refusal(status: number, retryAfter: string): FlakyResponse {
  return { status, headers: { 'retry-after': retryAfter === '' ? undefined : retryAfter } };
}

function* endless(head: string, text: string): Generator<string> {
  yield head;
  for (;;) yield text;
}

async function* pings(ms: number): AsyncGenerator<string> {
  for (;;) {
    yield ':\n\n';
    await sleep(ms);
  }
}

/**
 * Sends no more than so many bytes and breaks the connection, unless all was sent: then the body
 * ends properly. ?kind= `fin` or `rst`; ?framing= `chunked` or `close` (delimited by the end).
 */
function cut({ query }: Call, body: string, at: number): FlakyResponse {
  const kind = query('kind', 'fin') === 'rst' ? 'rst' : 'fin';
  const framing = query('framing', 'chunked') === 'close' ? 'close' : 'chunked';
  return { body, framing, ...(at < Buffer.byteLength(body) && { fault: { kind, at } }) };
}
