/** One loopback server whose paths name misbehaviours. Every path takes its numbers from the query. */

import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { onLoopback } from '../src/testing/loopback.js';
import { createFacts } from '../src/testing/facts.js';
import { unicodeLog } from './support/unicode-log.js';

export interface SeenRequest {
  readonly path: string;
  /** The query with its `?`. */
  readonly search: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface TestServer {
  /** `http://127.0.0.1:port`, without a slash at the end. */
  readonly url: string;
  /** All requests so far, oldest first. */
  readonly requests: readonly SeenRequest[];
  /** Open sockets that have carried a request: undici opens a spare one after each abort. */
  connections(): number;
  /** Resolves when there are none. */
  idle(): Promise<void>;
  /** Resolves at the nth request, counted from 1 over the life of the server. */
  requested(n: number): Promise<void>;
  close(): Promise<void>;
}

export async function startServer(): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const queries = new Set<string>();
  const busy = new Set<Socket>();
  const { until, changed } = createFacts();

  const server = createServer({ keepAliveTimeout: 1 }, (req, res) => {
    let body = '';
    busy.add(req.socket);
    req.setEncoding('utf8').on('data', (text: string) => (body += text));
    req.on('end', () => {
      const { method = '', headers } = req;
      const url = new URL(req.url ?? '/', 'http://127.0.0.1');
      requests.push({ path: url.pathname, search: url.search, method, headers, body });
      const nth = requests.filter((one) => one.path === url.pathname).length;
      const query = (name: string, fallback: string | number): string =>
        url.searchParams.get(name) ?? String(fallback);
      const number = (name: string, fallback: number): number => Number(query(name, fallback));
      changed();
      const path = paths[url.pathname] ?? notFound;
      const isFirst = !queries.has(url.search);
      queries.add(url.search);
      path({ req, res, nth, isFirst, query, number, socket: req.socket, body });
    });
  });
  server.on('connection', (socket) => {
    socket.on('close', () => {
      busy.delete(socket);
      changed();
    });
  });
  const { url, close } = await onLoopback(server);
  return {
    url,
    requests,
    connections: () => busy.size,
    idle: () => until(() => busy.size === 0),
    requested: (n) => until(() => requests.length >= n),
    close,
  };
}

/** The event that ends each numbered log: `isEnd: (event) => event.type === END`. */
export const END = 'end';

/** Events 1 to n, each with its number as id and data, then the end marker. */
function log(n: number, after = 0): string {
  let text = '';
  for (let i = after + 1; i <= n; i++) text += `id: ${i}\ndata: ${i}\n\n`;
  return `${text}event: ${END}\ndata: \n\n`;
}

interface Call {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly socket: Socket;
  /** 1 for the first request of this path. */
  readonly nth: number;
  /** Whether it is the first with this query. */
  readonly isFirst: boolean;
  readonly body: string;
  query(name: string, fallback: string | number): string;
  number(name: string, fallback: number): number;
}

const paths: Readonly<Record<string, (call: Call) => void>> = {
  /** ?n= events and the end marker. */
  '/ok': ({ res, number }) => void open(res).end(log(number('n', 3))),
  /** Like /ok, from `Last-Event-ID` on; each connection is cut after ?bytes= of body. */
  '/resume': (call) => {
    const text = log(call.number('n', 10), after(call));
    cut(call, text, call.number('bytes', 64));
  },
  /** The log of all letters after `Last-Event-ID`; the first request of a query is cut after ?at= bytes. */
  '/unicode': (call) => {
    const id = Buffer.from(String(call.req.headers['last-event-id'] ?? ''), 'latin1').toString();
    cut(call, unicodeLog(id), call.isFirst ? call.number('at', 0) : Infinity);
  },
  /** ?n= events, the last one cut at ?at= bytes before its end. */
  '/cut-mid-event': (call) => {
    const text = log(call.number('n', 3)).replace(/event: end[^]*/, '');
    cut(call, text, text.length - call.number('at', 4));
  },
  /** One comment, then the connection is dropped. */
  '/accept-then-close': ({ res }) => void open(res).end(':\n\n'),
  /** 200 and the right type, and nothing more. */
  '/empty-200': ({ res }) => void open(res).end(),
  /** The head, ?n= events, then silence for ever. */
  '/stalled': ({ res, number }) => {
    const text = log(number('n', 0)).replace(/event: end[^]*/, '');
    open(res).flushHeaders();
    if (text !== '') res.write(text);
  },
  /** Not even a head. */
  '/no-answer': () => {},
  /** The socket is reset before the head. */
  '/reset': ({ socket }) => void socket.resetAndDestroy(),
  /** A comment each ?ms=, no event. */
  '/pings': ({ res, number }) => {
    open(res).write(':\n\n');
    const timer = setInterval(() => res.write(':\n\n'), number('ms', 10));
    res.on('close', () => clearInterval(timer));
  },
  /** `retry:` as given by ?ms=, then the end of the bytes. */
  '/retry': ({ res, query }) => void open(res).end(`retry: ${query('ms', 0)}\n\n`),
  '/retry-0': ({ res }) => void open(res).end('retry: 0\n\n'),
  '/retry-overflow': ({ res }) => void open(res).end('retry: 99999999999999999999\n\n'),
  /** Always event 1, whatever the cursor, then the end of the bytes. */
  '/replay-one-then-eof': ({ res }) => void open(res).end('id: 1\ndata: 1\n\n'),
  /** Always the same event, which has no id, then the end of the bytes. */
  '/bare-one-then-eof': ({ res }) => void open(res).end('data: 1\n\n'),
  /** Two events without ids and the end marker; the first request of a query is cut after ?at= bytes, before the head if below 0. */
  '/bare-cut': (call) => {
    const at = call.isFirst ? call.number('at', 0) : Infinity;
    if (at < 0) return void call.socket.resetAndDestroy();
    cut(call, `data: 1\n\ndata: 2\n\nevent: ${END}\ndata: \n\n`, at);
  },
  /** ?first= as status for the first ?times= requests, with Retry-After ?value=; then like /ok. */
  '/status-then-ok': (call) => {
    const { res, nth, number, query } = call;
    if (!call.isFirst && nth > number('times', 1))
      return void open(res).end(log(number('n', 3), after(call)));
    answer(res, number('first', 503), { 'retry-after': query('value', '') });
  },
  '/status': ({ res, number, query }) =>
    answer(res, number('code', 503), { 'retry-after': query('value', '') }),
  '/503-retry-after': ({ res, query }) => answer(res, 503, { 'retry-after': query('value', '1') }),
  '/204': ({ res }) => answer(res, 204, {}),
  /** 204 from the second request on; the first is cut after ?bytes=. */
  '/204-on-resume': (call) => {
    if (call.nth > 1) return answer(call.res, 204, {});
    cut(call, log(10), call.number('bytes', 40));
  },
  '/html': ({ res }) => answer(res, 200, { 'content-type': 'text/html' }, '<html></html>'),
  '/html-as-sse': ({ res }) => void open(res).end('<html>\n<body>Welcome</body>\n</html>\n'),
  '/type': ({ res, query }) => answer(res, 200, { 'content-type': query('type', '') }, log(1)),
  /** ?code= and ?to=; a Location that is empty or missing with to='' or without `to`. */
  '/redirect': ({ res, number, query }) =>
    answer(res, number('code', 307), { location: query('to', '/ok') }),
  '/redirect-nowhere': ({ res }) => answer(res, 307, {}),
  /** A new place at each step. */
  '/redirect-endless': ({ res, nth }) => answer(res, 307, { location: `/redirect-endless?${nth}` }),
  /** 401 unless `Authorization` is ?token=. */
  '/token': (call) => {
    const { req, res, number, query } = call;
    if (req.headers.authorization !== query('token', 'Bearer new')) return answer(res, 401, {});
    open(res).end(log(number('n', 3), after(call)));
  },
  /** The request as its only event. */
  '/echo': ({ req, res, body }) => {
    const data = JSON.stringify({ method: req.method, headers: req.headers, body });
    open(res).end(`data: ${data}\n\nevent: ${END}\ndata: \n\n`);
  },
  /** ?head= (a field name, a colon, a comment), then letters without end, as fast as they are read. */
  '/endless-line': ({ res, query }) => {
    open(res).write(query('head', 'data: '));
    pour(res, 'x'.repeat(65_536));
  },
  /** Lines without a blank line between them, without end. */
  '/endless-event': ({ res, query }) => {
    open(res);
    pour(res, `${query('line', 'data: x')}\n`.repeat(4_096));
  },
};

function notFound({ res }: Call): void {
  answer(res, 404, {});
}

/** The number of the event that the client has seen last. */
function after({ req }: Call): number {
  return Number(req.headers['last-event-id'] ?? 0) || 0;
}

/** Every answer ends its socket, so that open sockets can be counted. */
function open(res: ServerResponse): ServerResponse {
  res.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' });
  return res;
}

function answer(
  res: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body = '',
): void {
  const sent = Object.entries(headers).filter(
    ([name, value]) => value !== '' || name === 'location',
  );
  res.writeHead(status, { ...Object.fromEntries(sent), connection: 'close' }).end(body);
}

/** Writes as long as it is read: not reading stops it. */
function pour(res: ServerResponse, text: string): void {
  const more = (): void => {
    while (!res.destroyed && res.write(text));
  };
  res.on('drain', more);
  more();
}

/**
 * Sends no more than so many bytes and breaks the connection, unless all was sent: then the body
 * ends properly. ?kind= `fin` or `rst`; ?framing= `chunked` or `close` (delimited by the end).
 */
function cut({ socket, query }: Call, text: string, bytes: number): void {
  const chunked = query('framing', 'chunked') === 'chunked';
  const all = Buffer.from(text);
  const part = all.subarray(0, bytes);
  const whole = part.length === all.length;
  // With `Connection: close`, undici takes a FIN inside a chunk for a clean end.
  const framing = [
    ...(chunked ? ['Transfer-Encoding: chunked'] : []),
    ...(chunked && !whole ? [] : ['Connection: close']),
  ].join('\r\n');
  const head = `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n${framing}\r\n\r\n`;
  // The chunk is announced as longer than it is, so that the cut falls inside it.
  const size = (whole ? part.length : part.length + 10).toString(16);
  const last = chunked && whole ? '\r\n0\r\n\r\n' : '';
  socket.write(head + (chunked ? `${size}\r\n` : ''));
  socket.write(Buffer.concat([part, Buffer.from(last)]), () => {
    if (!whole && query('kind', 'fin') === 'rst') socket.resetAndDestroy();
    else socket.end();
  });
}
