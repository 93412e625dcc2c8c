/** What an error means: is another attempt of use, and when. By kind and code, never by message text. */

import { errorCode, isTlsCode, isUnsentCode } from '../machines/error-code.js';
import { errorInfo, ReconnectError } from '../machines/errors.js';
import type { ReconnectErrorKind } from '../machines/errors.js';
import type { Failure } from '../machines/contract.js';

/** What {@link ReconnectOptions.classify} is given. */
export interface ClassifyContext {
  readonly error: ReconnectError;
  /** Where it happened. */
  readonly phase: 'opening' | 'reading';
  readonly attempt: number;
  /** What the library would do. */
  readonly fatal: boolean;
}

/** What the hook may decide; what it leaves out stays as it was. */
export interface Classification {
  readonly fatal?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
}

export type Classify = (context: ClassifyContext) => Classification | undefined | void;

/** An error as one of ours, with the original as its hidden cause. */
export function toReconnectError(thrown: unknown): ReconnectError {
  if (thrown instanceof ReconnectError) return thrown;
  const code = errorCode(thrown);
  if (code !== undefined && isTlsCode(code)) {
    return new ReconnectError('tls', `the certificate was refused (${code})`, {
      code,
      cause: thrown,
    });
  }
  if (code !== undefined) {
    return new ReconnectError('network', `the connection broke (${code})`, { code, cause: thrown });
  }
  if (thrown instanceof TypeError || isAbort(thrown)) {
    return new ReconnectError('network', 'the connection broke', { cause: thrown });
  }
  return new ReconnectError('source', 'the source threw an error', { cause: thrown });
}

/** Whether another attempt can help, with the server's advice; the hook of the caller has the last word. */
export function classify(
  error: ReconnectError,
  context: Omit<ClassifyContext, 'error' | 'fatal'>,
  hook: Classify | undefined,
): Failure {
  const own = error as ReconnectError & { fatal?: unknown; retryAfterMs?: unknown };
  const fatal = typeof own.fatal === 'boolean' ? own.fatal : isFatal(error);
  const advice = typeof own.retryAfterMs === 'number' ? own.retryAfterMs : undefined;
  const decided: unknown = hook?.({ ...context, error, fatal });
  if (decided instanceof Promise) {
    // Too late to be heard: told like one that throws.
    decided.catch(() => {});
    throw new ReconnectError('usage', 'expected classify to answer at once, got a promise');
  }
  const { fatal: ruled, retryAfterMs: wished } = (decided ?? {}) as Classification;
  const retryAfterMs = delayOf(wished) ?? delayOf(advice);
  return Object.freeze({
    error: errorInfo(error),
    fatal: typeof ruled === 'boolean' ? ruled : fatal,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Whether the request certainly never reached the server, so that sending it again repeats nothing. */
export function wasNeverSent(error: ReconnectError): boolean {
  return error.kind === 'callback' || (error.code !== undefined && isUnsentCode(error.code));
}

/** By its kind, and an HTTP answer by its status (RFC 9110 §15: those that say 'later'). */
function isFatal({ kind, status }: ReconnectError): boolean {
  if (kind !== 'http' || status === undefined) return FATAL[kind];
  return !(status >= 500 || status === 408 || status === 425 || status === 429);
}

/** Where the comment beside a kind in `errors.ts` says "yes", another attempt can help. */
const FATAL: Record<ReconnectErrorKind, boolean> = {
  config: true,
  checkpoint: true,
  wire: true,
  usage: true,
  eof: false,
  network: false,
  'connect-timeout': false,
  stall: false,
  'no-progress': false,
  http: true,
  tls: true,
  protocol: true,
  limit: true,
  callback: false,
  source: false,
  'server-delay': true,
  'cursor-rejected': false,
  'not-resumable': true,
  exhausted: true,
  reported: true,
};

function isAbort(thrown: unknown): boolean {
  return (
    typeof thrown === 'object' &&
    thrown !== null &&
    (thrown as { name?: unknown }).name === 'AbortError'
  );
}

function delayOf(ms: number | undefined): number | undefined {
  return typeof ms === 'number' && ms >= 0 ? ms : undefined;
}
