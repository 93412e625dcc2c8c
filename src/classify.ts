/** What an error means: is another attempt of use, and when. By kind and code, never by message text. */

import { errorCode, isTlsCode, isUnsentCode } from '../machines/error-code.js';
import { isFatalKind } from '../machines/error-kinds.js';
import { errorInfo, ReconnectError } from '../machines/errors.js';
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
  const fatal = typeof own.fatal === 'boolean' ? own.fatal : isFatalKind(error);
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
