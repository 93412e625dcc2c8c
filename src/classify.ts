/** What an error means: is another attempt of use, and when. By kind and code, never by message text. */

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
  const code = networkCode(thrown);
  if (code !== undefined && TLS_CODE.test(code)) {
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
  return error.kind === 'callback' || (error.code !== undefined && NEVER_SENT.has(error.code));
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

const NEVER_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** OpenSSL's names for certificates that are refused, and for a peer that does not speak TLS. */
const TLS_CODE =
  /^(?!ERR_TLS_HANDSHAKE_TIMEOUT)(?:EPROTO$|ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERROR_IN_C)/;

/** The first code in the chain of causes: undici wraps the error of the socket. */
function networkCode(thrown: unknown): string | undefined {
  for (let error = thrown, depth = 0; depth < 4; depth++) {
    if (typeof error !== 'object' || error === null) return undefined;
    const { code, cause } = error as { code?: unknown; cause?: unknown };
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,63}$/.test(code)) return code;
    error = cause;
  }
  return undefined;
}

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
