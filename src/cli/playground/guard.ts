/** Strangers are refused, and what a handler throws becomes an answer. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { denyAccess, namesOf } from '../../loopback/access.js';

/** A request that is refused, with its reason: it becomes the answer. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
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
  const denied = denyAccess(request, namesOf(port), namesOf(pagePort));
  if (denied !== null) throw new Refusal(denied.status, denied.reason);
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
