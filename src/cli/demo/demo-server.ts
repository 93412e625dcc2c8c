/** A loopback server that streams one response as SSE, and fails where the script says. */

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { denyAccess, namesOf } from '../../loopback/access.js';
import { encodeEvent } from '../../loopback/encode-event.js';
import { closeServer, listen } from '../../loopback/listen.js';
import type { Fault, Script, ScriptEvent } from './script.js';

export interface DemoServerOptions {
  readonly script: Script;
  /** Time between two events, in ms. @default 10 */
  readonly paceMs?: number | undefined;
  /** Called when a fault happens. */
  readonly onFault?: ((fault: Fault, number: number) => void) | undefined;
}

export interface DemoServer {
  readonly url: string;
  /** Cuts every connection; settles when the port is free. */
  close(): Promise<void>;
}

/** Listens on 127.0.0.1 at a port that the system chooses. */
export async function startDemoServer(options: DemoServerOptions): Promise<DemoServer> {
  const { script, paceMs = 10, onFault } = options;
  let played = 0;
  const server = createServer((request, response) => {
    const refusal = statusFor(request, port);
    const next = refusal === undefined ? startOf(request, script.events.length) : undefined;
    if (refusal !== undefined) return answer(response, refusal);
    if (next === undefined) return answer(response, 400);
    return perform(response, next);
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}/answer`, close: () => closeServer(server) };

  function perform(response: ServerResponse, start: number): void {
    if (step('busy', start)) return answer(response, 503, { 'Retry-After': '1' });
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(': hello\n\n');
    if (step('accept-then-close', start)) return void response.end();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    // Only a sleep whose client is gone rejects.
    void send(response, start, gone.signal).catch(() => undefined);
  }

  async function send(response: ServerResponse, start: number, gone: AbortSignal): Promise<void> {
    let number = start;
    for (const event of script.events.slice(start - 1)) {
      if (step('silence', number)) return;
      if (step('eof', number)) return void response.end();
      if (step('reset', number)) return cutInside(response, event, gone);
      response.write(encodeEvent(event));
      await sleep(paceMs, undefined, { signal: gone });
      number += 1;
    }
    response.end(encodeEvent({ event: 'done', data: '{"finish":"stop"}' }));
  }

  /** Returns true once for each fault: when it is the next one, and its event number is reached. */
  function step(kind: Fault['kind'], number: number): boolean {
    const fault = script.faults[played];
    if (fault?.kind !== kind || number < fault.at) return false;
    played += 1;
    onFault?.(fault, played);
    return true;
  }
}

/** The half event is sent first and gets time to arrive: a reset overtakes queued data. */
async function cutInside(
  response: ServerResponse,
  event: ScriptEvent,
  gone: AbortSignal,
): Promise<void> {
  const bytes = encodeEvent(event);
  response.write(bytes.slice(0, bytes.length / 2));
  await sleep(50, undefined, { signal: gone });
  response.socket?.resetAndDestroy();
}

/** A status for what is not answered. */
function statusFor(request: IncomingMessage, port: number): number | undefined {
  const denied = denyAccess(request, namesOf(port));
  if (denied !== null) return denied.status;
  if (request.url !== '/answer') return 404;
  return request.method === 'GET' ? undefined : 405;
}

/** Returns the number of the first event to send, or undefined for a foreign cursor. */
function startOf(request: IncomingMessage, total: number): number | undefined {
  const last = request.headers['last-event-id'] ?? '0';
  if (typeof last !== 'string' || !/^\d{1,6}$/u.test(last)) return undefined;
  return Number(last) <= total ? Number(last) + 1 : undefined;
}

function answer(response: ServerResponse, status: number, headers: object = {}): void {
  response.writeHead(status, { 'Content-Type': 'text/plain', ...headers });
  response.end(`${status}\n`);
}
