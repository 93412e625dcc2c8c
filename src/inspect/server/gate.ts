/** Who may come in: this machine's own pages, under the server's own name, with its token. */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

export interface Gate {
  /** For every request: another name means a rebound DNS entry, another origin a foreign page. */
  refuse(request: IncomingMessage): Refusal | null;
  /** For what tells or changes anything. */
  refuseWithoutToken(request: IncomingMessage): Refusal | null;
}

/** @param names Host names, without the port. */
export function createGate(token: string, names: readonly string[], port: () => number): Gate {
  const expected = digest(token);
  const hosts = (): string[] => names.map((name) => `${name}:${port()}`);
  return {
    refuse({ headers, method }) {
      const { host, origin } = headers;
      if (host === undefined || !hosts().includes(host.toLowerCase()))
        return { status: 421, reason: 'this server is not known by that name' };
      if (origin !== undefined && !hosts().some((name) => origin === `http://${name}`))
        return { status: 403, reason: 'pages of another origin have no business here' };
      // A foreign page may load a script or an image without naming its origin.
      const site = headers['sec-fetch-site'];
      const isVisit = headers['sec-fetch-mode'] === 'navigate' && method === 'GET';
      if ((site === 'cross-site' || site === 'same-site') && !isVisit)
        return { status: 403, reason: 'pages of another site have no business here' };
      return null;
    },
    refuseWithoutToken({ headers }) {
      const [, given] = /^Bearer ([\w-]{1,200})$/u.exec(headers.authorization ?? '') ?? [];
      if (given !== undefined && timingSafeEqual(digest(given), expected)) return null;
      return { status: 403, reason: 'the token of this inspector is missing or wrong' };
    },
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
