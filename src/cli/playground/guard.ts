/** Refuses foreign pages, and turns what a handler throws into a response. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { denyAccess, namesOf } from '../../loopback/access.js';

/** A refused request; the reason is sent as the response. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}

/**
 * @param pagePort port of the page that has access
 * @returns the origin of the request, if it has one
 * @throws Refusal for a foreign page
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

/** Runs a handler; what it throws becomes a response, and never ends the server. */
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
