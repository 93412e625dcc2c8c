/** Access to the inspector: from its own page, under its own host name, with its token. */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { denyAccess } from '../../loopback/access.js';
import type { AccessDenied } from '../../loopback/access.js';

export interface Gate {
  /** Checks every request. */
  refuse(request: IncomingMessage): AccessDenied | null;
  /** Checks requests that read or change anything. */
  refuseWithoutToken(request: IncomingMessage): AccessDenied | null;
}

/** @param names host names, without the port */
export function createGate(token: string, names: readonly string[], port: () => number): Gate {
  const expected = digest(token);
  const hosts = (): string[] => names.map((name) => `${name}:${port()}`);
  return {
    refuse: (request) => denyAccess(request, hosts()),
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
