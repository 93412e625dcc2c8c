/** `inspectorServer()`: a local page that shows running actors, and needs no network. */

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AccessDenied } from '../../loopback/access.js';
import { listen } from '../../loopback/listen.js';
import { sendCommand } from '../collect/command.js';
import { InspectionLog } from '../collect/inspection-log.js';
import type { InspectorServer } from './inspector-server.types.js';
import { readCommand } from './read-command.js';
import { createGate } from './access.js';
import { resolveServerOptions } from './options.js';
import type { InspectorServerOptions } from './options.js';
import { isPage, SAFE_HEADERS, sendPage } from './static-files.js';
import { createViewers } from './viewers.js';

/**
 * Starts the viewer on 127.0.0.1; it keeps the process alive until it is closed.
 * @throws ReconnectError kind `config` for a wrong option; rejects if the port is in use.
 */
export async function inspectorServer(
  options: InspectorServerOptions = {},
): Promise<InspectorServer> {
  const { port, ipv6, readOnly, maxViewers, ...recording } = resolveServerOptions(options);
  const token = randomBytes(24).toString('base64url');
  const names = ['127.0.0.1', 'localhost', ...(ipv6 ? ['[::1]'] : [])];
  const gate = createGate(token, names, () => chosen);
  const viewers = createViewers();
  const log = new InspectionLog({ ...recording, onMessages: (news) => viewers.send(news) });
  const servers = [listener()];
  let chosen = 0;
  try {
    chosen = await listen(servers[0] as Server, port, '127.0.0.1');
    if (ipv6) await listen(servers[servers.push(listener()) - 1] as Server, chosen, '::1');
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${chosen}/#token=${token}`,
    inspect: (event) => log.record(event),
    get viewers() {
      return viewers.count;
    },
    close,
    [Symbol.asyncDispose]: close,
  };

  function listener(): Server {
    const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 });
    server.maxHeadersCount = 64;
    server.maxConnections = MAX_CONNECTIONS;
    server.on('request', (request, response) => void answer(request, response));
    return server;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Without a listener a broken connection would be an uncaught exception.
    request.on('error', () => {});
    try {
      const refusal = await serve(request, response);
      if (refusal !== null) refuse(request, response, refusal);
    } catch {
      if (response.headersSent) response.destroy();
      else refuse(request, response, { status: 500, reason: 'the inspector failed' });
    }
  }

  async function serve(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<AccessDenied | null> {
    const refusal = gate.refuse(request);
    if (refusal !== null) return refusal;
    const [path = ''] = (request.url ?? '').split('?', 1);
    const allowed = path === '/command' ? 'POST' : 'GET';
    if (!isPage(path) && path !== '/command' && path !== '/events')
      return { status: 404, reason: 'there is nothing of that name' };
    if (request.method !== allowed) {
      response.setHeader('Allow', allowed);
      return { status: 405, reason: `${allowed} is what can be done here` };
    }
    if (isPage(path))
      return (await sendPage(path, response))
        ? null
        : { status: 500, reason: 'no viewer was built' };
    return (
      gate.refuseWithoutToken(request) ??
      (path === '/events' ? watch(response) : command(request, response))
    );
  }

  function watch(response: ServerResponse): AccessDenied | null {
    if (viewers.count >= maxViewers)
      return { status: 503, reason: `${maxViewers} viewers look on already` };
    viewers.add(response, log.hello(readOnly));
    return null;
  }

  async function command(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<AccessDenied | null> {
    if (readOnly) return { status: 403, reason: 'this inspector only shows' };
    const asked = await readCommand(request);
    if ('status' in asked) return asked;
    const actor = log.actor(asked.sessionId);
    if (actor === undefined) {
      return log.knows(asked.sessionId)
        ? { status: 409, reason: 'that actor is over' }
        : { status: 404, reason: 'there is no actor of that id' };
    }
    const why = sendCommand(actor, asked.event);
    if (why !== null) return { status: 400, reason: why };
    response.writeHead(204, SAFE_HEADERS).end();
    return null;
  }

  async function close(): Promise<void> {
    log.close();
    viewers.close();
    await Promise.all(servers.map(shut));
  }
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, reason }: AccessDenied,
): void {
  response.writeHead(status, {
    ...SAFE_HEADERS,
    'Content-Type': 'text/plain; charset=utf-8',
    // The rest of a refused body must not be read as the next request.
    ...(request.complete ? {} : { Connection: 'close' }),
  });
  response.end(`${reason}\n`);
}

function shut(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve();
    // The event streams were ended; connections that are still open are idle.
    const grace = setTimeout(() => server.closeAllConnections(), GRACE_MS);
    server.close(() => {
      clearTimeout(grace);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Connections at once: a page needs six. */
const MAX_CONNECTIONS = 128;
/** Time for the last messages to reach local pages, in ms. */
const GRACE_MS = 200;
