/** What an error means: is another attempt of use, and when. By kind and code, never by message text. */

import { errorCode, isTlsCode, isUnsentCode } from '../machines/error-code.js';
import { isFatalKind } from '../machines/error-kinds.js';
import { errorInfo, ReconnectError } from '../machines/errors.js';
import { statusClass } from '../machines/http-status.js';
import type { Failure } from '../machines/contract.js';

/** What {@link ReconnectOptions.classify} is given. */
export interface ClassifyContext {
  readonly error: ReconnectError;
  /** Where it happened. */
  readonly phase: 'opening' | 'reading';
  readonly attempt: number;
  /** By default no further attempt is made. */
  readonly fatal: boolean;
  /** By default the attempt counts as one that began no work: even a POST may be sent again. */
  readonly refused: boolean;
}

/** Where an error happened. */
export type LossPlace = Pick<ClassifyContext, 'phase' | 'attempt'>;

/** What the hook may decide; what it leaves out stays as it was. */
export interface Classification {
  /** No further attempt can help. */
  readonly fatal?: boolean | undefined;
  /** A floor for the next wait, in ms. */
  readonly retryAfterMs?: number | undefined;
  /** The server refused the request before it began any work: the same request may be sent again. */
  readonly refused?: boolean | undefined;
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
  place: LossPlace,
  hook: Classify | undefined,
): Failure {
  const own = error as ReconnectError & Partial<Record<keyof Classification, unknown>>;
  const fatal = flag(own.fatal) ?? isFatalKind(error);
  const refused = flag(own.refused) ?? beganNoWork(error, place);
  const decided: unknown = hook?.({ ...place, error, fatal, refused });
  if (decided instanceof Promise) {
    // Too late to be heard: told like one that throws.
    decided.catch(() => {});
    throw new ReconnectError('usage', 'expected classify to answer at once, got a promise');
  }
  const ruled = (decided ?? {}) as Partial<Record<keyof Classification, unknown>>;
  const retryAfterMs = delayOf(ruled.retryAfterMs) ?? delayOf(own.retryAfterMs);
  return Object.freeze({
    error: errorInfo(error),
    fatal: flag(ruled.fatal) ?? fatal,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...((flag(ruled.refused) ?? refused) ? { refused: true } : {}),
  });
}

/** Whether sending the request again repeats nothing, by what the error says. */
function beganNoWork({ kind, status, code }: ReconnectError, { phase }: LossPlace): boolean {
  if (kind === 'http' && status !== undefined) return statusClass(status) === 'refused';
  return phase === 'opening' && (kind === 'callback' || (code !== undefined && isUnsentCode(code)));
}

function isAbort(thrown: unknown): boolean {
  return (
    typeof thrown === 'object' &&
    thrown !== null &&
    (thrown as { name?: unknown }).name === 'AbortError'
  );
}

function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function delayOf(ms: unknown): number | undefined {
  return typeof ms === 'number' && ms >= 0 ? ms : undefined;
}
