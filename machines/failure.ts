/** From what was thrown to what it means for a stream, unless the caller says otherwise. */

import type { Failure } from './source-contract.js';
import { isUnsentCode } from './error-code.js';
import { isFatalKind } from './error-kinds.js';
import { errorInfo } from './errors.js';
import type { ErrorInfo, ReconnectError } from './errors.js';
import { statusClass } from './http-status.js';
import { quotedText } from './quoted-text.js';
import type { Loss } from './reconnect.types.js';
import { toReconnectError } from './thrown.js';

/** UTF-16 units of a message that contexts, events and checkpoints hold. */
const MAX_MESSAGE = 2000;

/** Fields that a source may set on its error. */
type Own = Partial<Record<'fatal' | 'retryAfterMs' | 'refused', unknown>>;

/**
 * Returns the loss that was reported, or thrown by a provided `open` or `reader`; of anything else what it means.
 * @param phase where it happened
 */
export function toLoss(value: unknown, phase: 'opening' | 'reading'): Loss {
  return isLoss(value) ? value : { failure: failureOf(toReconnectError(value), phase) };
}

/** @param phase where it happened: while a connection was made, or while it was read */
export function failureOf(error: ReconnectError, phase: 'opening' | 'reading'): Failure {
  const own = error as ReconnectError & Own;
  const retryAfterMs = delayOf(own.retryAfterMs);
  const isRefused = flagOf(own.refused) ?? beganNoWork(error, phase);
  return Object.freeze({
    error: errorInfo({ ...factsOf(error), message: quotedText(error.message, MAX_MESSAGE) }),
    fatal: flagOf(own.fatal) ?? isFatalKind(error),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(isRefused ? { refused: true } : {}),
  });
}

export function flagOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

/** A wait in ms. */
export function delayOf(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

/** Whether sending the request again repeats nothing, by what the error says. */
function beganNoWork({ kind, status, code }: ErrorInfo, phase: 'opening' | 'reading'): boolean {
  if (kind === 'http' && status !== undefined) return statusClass(status) === 'refused';
  return phase === 'opening' && (kind === 'callback' || (code !== undefined && isUnsentCode(code)));
}

function factsOf({ kind, status, code }: ReconnectError): Omit<ErrorInfo, 'message'> {
  return { kind, status, code };
}

function isLoss(value: unknown): value is Loss {
  const { failure } = (value ?? {}) as { failure?: { error?: { kind?: unknown } | null } | null };
  return typeof failure?.error?.kind === 'string';
}
