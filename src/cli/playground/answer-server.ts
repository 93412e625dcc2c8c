/** The server that streams the responses. It can be killed and restarted on the same port. */

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

import { closeServer, listen } from '../../loopback/listen.js';
import { checkSender, guarded, Refusal } from './guard.js';
import type { Run } from './run.js';

export interface AnswerServer {
  readonly port: number;
  readonly isUp: boolean;
  /** Closes the listening socket and every connection; settles when the port is free. */
  kill(): Promise<void>;
  /** Listens on the same port again. */
  restart(): Promise<void>;
}

export interface AnswerServerOptions {
  readonly runs: ReadonlyMap<string, Run>;
  /** The port of the page whose requests are permitted. */
  readonly pagePort: number;
}

/** Listens on 127.0.0.1 at a port that the system chooses. */
export async function startAnswerServer(options: AnswerServerOptions): Promise<AnswerServer> {
  const { runs, pagePort } = options;
  let server: Server | null = makeServer();
  const port = await listen(server);

  return {
    port,
    get isUp() {
      return server !== null;
    },
    async kill() {
      const dying = server;
      server = null;
      if (dying !== null) await closeServer(dying);
    },
    async restart() {
      if (server !== null) return;
      const fresh = makeServer();
      await listen(fresh, port);
      server = fresh;
    },
  };

  function makeServer(): Server {
    return createServer((request, response) => void serve(request, response));
  }

  function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const headers: Record<string, string> = {
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    };
    return guarded(
      response,
      () => {
        const origin = checkSender(request, port, pagePort);
        if (origin !== undefined) Object.assign(headers, permission(origin));
        if (request.method === 'OPTIONS') return void response.writeHead(204, headers).end();
        if (request.method !== 'GET') throw new Refusal(405, 'an answer is read by GET');
        const { run, cursor } = asked(request, runs);
        run.follow(response, cursor, headers);
      },
      headers,
    );
  }
}

/** `Retry-After` must be exposed, or a page of another origin cannot read it. */
function permission(origin: string): Record<string, string> {
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Headers': 'last-event-id',
    'Access-Control-Expose-Headers': 'retry-after',
    'Access-Control-Max-Age': '600',
    Vary: 'Origin',
  };
}

function asked(
  request: IncomingMessage,
  runs: ReadonlyMap<string, Run>,
): { run: Run; cursor: number } {
  const id = /^\/answers\/([\w-]{1,64})$/u.exec(request.url ?? '')?.[1];
  const run = id === undefined ? undefined : runs.get(id);
  if (run === undefined) throw new Refusal(404, 'there is no such answer');
  const last = request.headers['last-event-id'] ?? '0';
  if (typeof last !== 'string' || !/^\d{1,6}$/u.test(last) || Number(last) > run.written)
    throw new Refusal(400, 'Last-Event-ID must be the number of an event that was sent');
  return { run, cursor: Number(last) };
}
