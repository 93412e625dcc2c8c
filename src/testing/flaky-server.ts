/** A loopback server whose responses break as a script says: faults over real sockets, as data. */

// Projects whose `lib` is older than `Symbol.asyncDispose` use these types too.
/// <reference lib="esnext.disposable" preserve="true" />

import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { configError } from '../../machines/config.js';
import { createWaiter } from './wait-until.js';
import { sendAnswer } from './flaky-response.js';
import { checkResponse } from './validate-faults.js';
import type { FlakyResponse } from './flaky-response.types.js';
import { onLoopback } from '../loopback/listen.js';
import { reset } from '../loopback/socket-write.js';

/** A request as the server received it. */
export interface FlakyRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** 1 for the first request of this path. */
  readonly nth: number;
}

/** A request that waits for its response. */
export interface FlakyCall extends FlakyRequest {
  /** Aborted when the connection is over. */
  readonly signal: AbortSignal;
}

/** The response of a path: one, a list of which the last one repeats, or a function of the request. */
export type FlakyPath =
  | FlakyResponse
  | readonly FlakyResponse[]
  | ((call: FlakyCall) => FlakyResponse | Promise<FlakyResponse>);

export interface FlakyServerOptions {
  /** Responses by path, such as `/answer`; `*` matches every other path. Without it those are 404. */
  readonly paths: Readonly<Record<string, FlakyPath>>;
  /** Origins of pages that may send requests, such as `http://localhost:5173`. @default none */
  readonly origins?: readonly string[] | undefined;
}

export interface FlakyServer {
  /** `http://127.0.0.1:port`, without a slash at the end. */
  readonly url: string;
  /** All requests so far, oldest first. */
  readonly requests: readonly FlakyRequest[];
  /** Errors that functions and bodies threw, and reasons why a response could not be sent: those connections broke. */
  readonly errors: readonly unknown[];
  /** Number of open sockets that have carried a request; some clients open a spare one, which is not counted. */
  readonly connections: number;
  /** Resolves when no connection is open. */
  idle(): Promise<void>;
  /** Resolves at the nth request, counted from 1 over the life of the server. */
  requested(n: number): Promise<void>;
  /** Ends every open connection now. */
  cut(how: 'fin' | 'rst'): void;
  /** Ends all connections and frees the port. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a server on 127.0.0.1 at a free port. Each response has a connection of its own, so that a fault
 * breaks one response only and open connections can be counted.
 *
 * @throws ReconnectError kind `config`
 *
 * ```ts
 * const server = await flakyServer({
 *   paths: {
 *     '/answer': [
 *       { body: 'id: 1\ndata: one\n\nid: 2\ndata: two\n\n', fault: { kind: 'rst', at: 20 } },
 *       { status: 503, headers: { 'retry-after': '1' } },
 *       { body: 'id: 2\ndata: two\n\nevent: done\ndata:\n\n' },
 *     ],
 *   },
 * });
 * ```
 */
export async function flakyServer(options: FlakyServerOptions): Promise<FlakyServer> {
  const { paths, origins = [] } = options;
  checkPaths(paths);
  const requests: FlakyRequest[] = [];
  const errors: unknown[] = [];
  const asked = new Map<string, number>();
  const busy = new Set<Socket>();
  const { until, changed } = createWaiter();
  const server = createServer({ keepAliveTimeout: 1 }, (req) => {
    busy.add(req.socket);
    req.socket.once('close', () => {
      busy.delete(req.socket);
      changed();
    });
    void serve(req).catch((error: unknown) => {
      errors.push(error);
      req.socket.destroy();
    });
  });
  const { url, close } = await onLoopback(server);
  return {
    url,
    requests,
    errors,
    get connections() {
      return busy.size;
    },
    idle: () => until(() => busy.size === 0),
    requested: (n) => until(() => requests.length >= n),
    cut: (how) => {
      for (const socket of busy) {
        if (how === 'rst') reset(socket);
        else socket.destroySoon();
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };

  async function serve(req: IncomingMessage): Promise<void> {
    const { headers } = req;
    const { origin } = headers;
    // Loopback alone does not keep web pages out: they reach it by DNS rebinding or by `fetch`.
    if (!LOOPBACK.test(headers.host ?? '')) return sendAnswer(req.socket, { status: 421 });
    const isForeign = origin !== undefined && origin !== url && !origins.includes(origin);
    if (isForeign) return sendAnswer(req.socket, { status: 403 });
    const request = await read(req);
    requests.push(request);
    changed();
    const answer = await answerTo(request, req.socket);
    const allowed = origin === undefined ? {} : { 'access-control-allow-origin': origin };
    const fields = { ...allowed, ...answer.headers };
    return sendAnswer(req.socket, { ...answer, headers: fields }, request.method);
  }

  async function read(req: IncomingMessage): Promise<FlakyRequest> {
    const { method = '' } = req;
    const target = new URL(req.url ?? '/', url);
    let body = '';
    for await (const chunk of req.setEncoding('utf8')) body += String(chunk);
    const nth = (asked.get(target.pathname) ?? 0) + 1;
    asked.set(target.pathname, nth);
    const headers = Object.fromEntries(
      Object.entries(req.headers).map(([name, value]) => [name, String(value)]),
    );
    return { method, url: target, headers, body, nth };
  }

  async function answerTo(request: FlakyRequest, socket: Socket): Promise<FlakyResponse> {
    if (request.method === 'OPTIONS') return { status: 204, headers: PREFLIGHT };
    const path = paths[request.url.pathname] ?? paths['*'] ?? { status: 404 };
    if (typeof path === 'function') {
      const answer = await path({ ...request, signal: signalOf(socket) });
      checkResponse('the answer', answer);
      return answer;
    }
    if (!isScript(path)) return path;
    return path[Math.min(request.nth, path.length) - 1] ?? { status: 404 };
  }
}

/** Any port is accepted: a proxy may be in front of the server. */
const LOOPBACK = /^(127\.0\.0\.1|localhost)(:\d+)?$/;

/** Only pages at `origins` get this far. */
const PREFLIGHT = { 'access-control-allow-headers': '*', 'access-control-allow-methods': '*' };

function signalOf(socket: Socket): AbortSignal {
  const over = new AbortController();
  if (socket.destroyed) over.abort();
  else socket.once('close', () => over.abort());
  return over.signal;
}

function isScript(
  path: FlakyResponse | readonly FlakyResponse[],
): path is readonly FlakyResponse[] {
  return Array.isArray(path);
}

function checkPaths(paths: unknown): void {
  if (typeof paths !== 'object' || paths === null)
    throw configError(
      'paths',
      "an object of paths and answers, such as { '/answer': { body } }",
      paths,
    );
  for (const [name, path] of Object.entries(paths)) {
    if (name !== '*' && !name.startsWith('/'))
      throw configError('paths', "names that begin with '/', or '*'", name);
    const place = `paths['${name}']`;
    if (typeof path === 'function') continue;
    if (typeof path !== 'object' || path === null)
      throw configError(place, 'an answer, a list of answers or a function', path);
    for (const answer of [path as FlakyResponse].flat()) {
      checkResponse(place, answer);
      checkRepeatable(place, answer);
    }
  }
}

/** The response is sent for every request, and an iterator can be read only once. */
function checkRepeatable(place: string, { body }: FlakyResponse): void {
  const isOnce =
    typeof body === 'object' &&
    'next' in body &&
    typeof (body as { next: unknown }).next === 'function';
  if (isOnce)
    throw configError(
      `${place}.body`,
      'what can be sent again',
      body,
      'Write () => ({ body: … }).',
    );
}
