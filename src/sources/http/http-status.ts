/** What each HTTP status means for a stream: the one table. */

export const HTTP_POLICIES = ['resilient', 'spec'] as const;
/** `spec`: what EventSource does (WHATWG HTML, 9.2.3), where any status but 200 is final. */
export type HttpPolicy = (typeof HTTP_POLICIES)[number];

/**
 * - `open`: a stream, if the content type says so too
 * - `nothing`: there is nothing (more) to read; never ask again
 * - `redirect`: the stream is elsewhere
 * - `credentials`: ask the provider of headers once more
 * - `retry`: the weather of the server; later it may work
 * - `fatal`: the same request would be refused again
 */
export type StatusClass = 'open' | 'nothing' | 'redirect' | 'credentials' | 'retry' | 'fatal';

export function statusClass(status: number, policy: HttpPolicy = 'resilient'): StatusClass {
  const known = table[status] ?? (status >= 500 && status <= 599 ? 'retry' : 'fatal');
  return policy === 'spec' && (known === 'retry' || known === 'credentials') ? 'fatal' : known;
}

const table: Readonly<Record<number, StatusClass>> = {
  200: 'open',
  204: 'nothing',
  301: 'redirect',
  302: 'redirect',
  303: 'redirect',
  307: 'redirect',
  308: 'redirect',
  401: 'credentials',
  403: 'credentials',
  408: 'retry', // the server was tired of waiting
  425: 'retry', // too early
  429: 'retry', // too many
};
