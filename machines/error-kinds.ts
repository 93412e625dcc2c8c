/** Whether another attempt can help, by the kind of error: the one table, which docs/errors.md shows. */

import type { ErrorInfo, ReconnectErrorKind } from './errors.js';
import { isTransientStatus } from './http-status.js';

export interface KindRule {
  /**
   * `by-status`: as `http-status.ts` says. `by-place`: whoever throws it sets `fatal`. `from-the-start`: yes, but not
   * from where the stream was.
   */
  readonly again: 'yes' | 'never' | 'by-status' | 'by-place' | 'from-the-start';
  /** The reason, in words for a person. */
  readonly why: string;
}

export const ERROR_KINDS: Readonly<Record<ReconnectErrorKind, KindRule>> = {
  config: { again: 'never', why: 'An option has a value that cannot work.' },
  checkpoint: { again: 'never', why: 'A saved checkpoint is damaged, or from another version.' },
  wire: { again: 'never', why: 'A wire value is unknown or damaged.' },
  usage: {
    again: 'never',
    why: 'A call that the state of the stream does not allow, such as a second loop.',
  },
  eof: { again: 'yes', why: 'The bytes ended without the end marker.' },
  network: { again: 'yes', why: 'The connection broke, or was refused.' },
  'connect-timeout': { again: 'yes', why: 'No answer within `connectTimeoutMs`.' },
  stall: { again: 'yes', why: 'No bytes for `stallTimeoutMs`.' },
  'no-progress': { again: 'yes', why: 'Bytes, but no data for `progressTimeoutMs`.' },
  http: {
    again: 'by-status',
    why: '408, 425, 429 and 500 to 599 pass. The same request would be refused again with any other.',
  },
  tls: { again: 'never', why: 'Retrying will not make the certificate valid.' },
  protocol: {
    again: 'never',
    why: 'The answer is not a stream of the expected type, a redirect cannot be followed, or a source gives what is no item.',
  },
  limit: { again: 'never', why: 'The same bytes would pass the same limit again.' },
  callback: {
    again: 'by-place',
    why: 'Your code threw: `url`, `headers` or `body` are asked again at the next attempt, `isEnd` would throw again.',
  },
  source: {
    again: 'yes',
    why: 'The source threw something that has no better name. Also: the peer said itself that the stream failed; then it is over.',
  },
  'server-delay': {
    again: 'never',
    why: 'The server asks for a longer wait than `maxServerDelayMs`.',
  },
  'cursor-rejected': {
    again: 'from-the-start',
    why: 'The peer no longer knows where the stream was. Where it may not start over: `not-resumable`.',
  },
  'not-resumable': {
    again: 'never',
    why: 'To go on would lose something, double it, or bill it again.',
  },
  exhausted: {
    again: 'never',
    why: 'The attempts, or the time, are used up. The message says what the last error was.',
  },
  reported: { again: 'never', why: 'The host said so, by `attempt.failed`.' },
};

/** Whether no further attempt can help after this error, unless the error or the caller says otherwise. */
export function isFatalKind({ kind, status }: Pick<ErrorInfo, 'kind' | 'status'>): boolean {
  const { again } = ERROR_KINDS[kind];
  if (again === 'by-status') return status === undefined || !isTransientStatus(status);
  return again === 'never';
}
