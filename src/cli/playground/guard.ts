/** Who may ask. Loopback alone does not keep web pages out: they reach it by DNS rebinding or by `fetch`. */

import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request that is refused, with its reason: it becomes the answer. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}

/** The names under which a browser reaches this port of this machine. */
function namesOf(port: number): readonly string[] {
  return [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
}

/**
 * Lets by only what was sent to one of our names, and by one of our pages if by any page at all.
 *
 * @param pagePort port of the page that may ask
 * @returns the origin that asks, if it says so
 * @throws Refusal 421 for a foreign Host, 403 for a foreign or `null` Origin
 */
export function checkSender(
  request: IncomingMessage,
  port: number,
  pagePort: number,
): string | undefined {
  const { host, origin } = request.headers;
  if (host === undefined || !namesOf(port).includes(host.toLowerCase()))
    throw new Refusal(421, 'this server answers to 127.0.0.1 and localhost only');
  if (origin !== undefined && !namesOf(pagePort).some((name) => origin === `http://${name}`))
    throw new Refusal(403, 'only the page of the playground may ask');
  return origin;
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
