/** Strangers are refused, and what a handler throws becomes an answer. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { refusalOf } from '../../loopback/access.js';

/** A request that is refused, with its reason: it becomes the answer. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}

/** The names under which a browser reaches this port: nothing listens on [::1]. */
function namesOf(port: number): readonly string[] {
  return [`127.0.0.1:${port}`, `localhost:${port}`];
}

/**
 * @param pagePort port of the page that may ask
 * @returns the origin that asks, if it says so
 * @throws Refusal for a stranger
 */
export function checkSender(
  request: IncomingMessage,
  port: number,
  pagePort: number,
): string | undefined {
  const refusal = refusalOf(request, namesOf(port), namesOf(pagePort));
  if (refusal !== null) throw new Refusal(refusal.status, refusal.reason);
  return request.headers.origin;
}

/** Runs a handler; what it throws becomes an answer, and never takes the server down. */
export async function guarded(
  response: ServerResponse,
  handle: () => void | Promise<void>,
  headers: Record<string, string> = {},
): Promise<void> {
  try {
    await handle();
  } catch (error) {
    const [status, reason] =
      error instanceof Refusal ? [error.status, error.message] : [500, 'the playground broke'];
    if (response.headersSent) return void response.destroy();
    response.writeHead(status, { ...headers, 'Content-Type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify({ error: reason }));
  }
}
