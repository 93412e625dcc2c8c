/** The meaning of each HTTP status for a stream: the one table, for every source and for errors that carry a status. */

export const HTTP_POLICIES = ['resilient', 'spec'] as const;
/** `spec`: what EventSource does (WHATWG HTML, 9.2.3), where any status but 200 is final. */
export type HttpPolicy = (typeof HTTP_POLICIES)[number];

/**
 * - `open`: a stream, if the content type says so too
 * - `nothing`: there is nothing (more) to read; never ask again
 * - `redirect`: the stream is elsewhere
 * - `credentials`: ask the provider of headers once more
 * - `refused`: the server does not take the request now; no work was begun, so the same request may be sent again
 * - `retry`: transient, but the server may have begun the work
 * - `fatal`: the same request would be refused again
 */
export type StatusClass =
  | 'open'
  | 'nothing'
  | 'redirect'
  | 'credentials'
  | 'refused'
  | 'retry'
  | 'fatal';

/** Returns what a status means. */
export function statusClass(status: number, policy: HttpPolicy = 'resilient'): StatusClass {
  const known = TABLE[status] ?? (status >= 500 && status <= 599 ? 'retry' : 'fatal');
  return policy === 'spec' && SPEC_IS_FATAL.has(known) ? 'fatal' : known;
}

/** Whether a request that was answered with this status may succeed later. */
export function isTransientStatus(status: number, policy?: HttpPolicy): boolean {
  const meaning = statusClass(status, policy);
  return meaning === 'refused' || meaning === 'retry';
}

const SPEC_IS_FATAL: ReadonlySet<StatusClass> = new Set(['refused', 'retry', 'credentials']);

const TABLE: Readonly<Record<number, StatusClass>> = {
  200: 'open',
  204: 'nothing',
  301: 'redirect',
  302: 'redirect',
  303: 'redirect',
  307: 'redirect',
  308: 'redirect',
  401: 'credentials',
  403: 'credentials',
  408: 'retry', // the server waited for the request too long, or says so of its own work
  425: 'refused', // too early
  429: 'refused', // too many
  503: 'refused', // unavailable
  529: 'refused', // overloaded (Anthropic)
};
