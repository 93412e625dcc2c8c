/** Who may access a local server. Loopback alone keeps no web page out: DNS rebinding and `fetch` reach it. */

export interface AccessDenied {
  readonly status: number;
  readonly reason: string;
}

/** The part of Node's request that is read. */
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
 * Accepts only requests that were sent to one of our host names, and only from our own pages. Returns 421 for
 * another Host, and 403 for a foreign or `null` Origin and for a foreign page that sends no Origin.
 *
 * @param hosts the names of the server itself, as `name:port`
 * @param pages the server whose pages have access, as `name:port`
 * @returns null if the request is accepted
 */
export function denyAccess(
  { method, headers }: Sent,
  hosts: readonly string[],
  pages: readonly string[] = hosts,
): AccessDenied | null {
  const { host, origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = headers;
  if (host === undefined || !hosts.includes(host.toLowerCase()))
    return { status: 421, reason: 'the Host header is not a name of this server' };
  if (origin !== undefined && !pages.some((name) => origin === `http://${name}`))
    return { status: 403, reason: 'requests of another origin are refused' };
  // A foreign page may load a script or an image without an Origin header. Our own page sends one where the
  // server is at another port, which is the same site but another origin.
  const isForeign = origin === undefined && (site === 'cross-site' || site === 'same-site');
  if (isForeign && !(mode === 'navigate' && method === 'GET'))
    return { status: 403, reason: 'requests of another site are refused' };
  return null;
}
