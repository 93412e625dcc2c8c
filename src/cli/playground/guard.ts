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

/** The names under which a browser reaches this port: nothing listens on [::1]. */
function namesOf(port: number): readonly string[] {
  return [`127.0.0.1:${port}`, `localhost:${port}`];
}

/**
 * Lets by only what was sent to one of our names, and by one of our pages if by any page at all.
 *
 * @param pagePort port of the page that may ask
 * @returns the origin that asks, if it says so
 * @throws Refusal 421 for a foreign Host, 403 for a foreign or `null` Origin, and for a foreign page without one
 */
export function checkSender(
  request: IncomingMessage,
  port: number,
  pagePort: number,
): string | undefined {
  const { host, origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = request.headers;
  if (host === undefined || !namesOf(port).includes(host.toLowerCase()))
    throw new Refusal(421, 'this server answers to 127.0.0.1 and localhost only');
  if (origin !== undefined && !namesOf(pagePort).some((name) => origin === `http://${name}`))
    throw new Refusal(403, 'only the page of the playground may ask');
  // A foreign page may load a script or an image without naming its origin. Ours names it: to the
  // answer server, at another port, its requests are of the same site only.
  const isForeign = origin === undefined && (site === 'cross-site' || site === 'same-site');
  if (isForeign && !(mode === 'navigate' && request.method === 'GET'))
    throw new Refusal(403, 'pages of another site have no business here');
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
