/** Who may ask a server of this machine. Loopback alone keeps no page out: DNS rebinding and `fetch` reach it. */

export interface AccessDenied {
  readonly status: number;
  readonly reason: string;
}

/** What Node knows of a request. */
interface Sent {
  readonly method?: string | undefined;
  readonly headers: {
    readonly host?: string | undefined;
    readonly origin?: string | undefined;
    readonly 'sec-fetch-site'?: string | undefined;
    readonly 'sec-fetch-mode'?: string | undefined;
  };
}

/** The names under which a browser reaches a server of this port: nothing listens on [::1]. */
export function namesOf(port: number): readonly string[] {
  return [`127.0.0.1:${port}`, `localhost:${port}`];
}

/**
 * Lets by only what was sent to one of our names, and by one of our pages if by any page at all: 421 for
 * another Host, 403 for a foreign or `null` Origin, and for a foreign page that does not name its own.
 *
 * @param hosts the server itself, as `name:port`
 * @param pages the server whose pages may ask, as `name:port`
 * @returns null where nothing speaks against it
 */
export function denyAccess(
  { method, headers }: Sent,
  hosts: readonly string[],
  pages: readonly string[] = hosts,
): AccessDenied | null {
  const { host, origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = headers;
  if (host === undefined || !hosts.includes(host.toLowerCase()))
    return { status: 421, reason: 'this server is not known by that name' };
  if (origin !== undefined && !pages.some((name) => origin === `http://${name}`))
    return { status: 403, reason: 'pages of another origin have no business here' };
  // A foreign page may load a script or an image without naming its origin. Ours names it wherever the
  // server is not its own: at another port it is of the same site only.
  const isForeign = origin === undefined && (site === 'cross-site' || site === 'same-site');
  if (isForeign && !(mode === 'navigate' && method === 'GET'))
    return { status: 403, reason: 'pages of another site have no business here' };
  return null;
}
