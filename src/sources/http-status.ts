/** What each HTTP status means for a stream: the one table. */

/**
 * - `open`: a stream, if the content type says so too
 * - `nothing`: there is nothing (more) to read; never ask again
 * - `redirect`: the stream is elsewhere
 * - `credentials`: ask the provider of headers once more
 * - `retry`: the weather of the server; later it may work
 * - `fatal`: the same request would be refused again
 */
export type StatusClass = 'open' | 'nothing' | 'redirect' | 'credentials' | 'retry' | 'fatal';

export function statusClass(status: number): StatusClass {
  const known = table[status];
  if (known) return known;
  return status >= 500 && status <= 599 ? 'retry' : 'fatal';
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
