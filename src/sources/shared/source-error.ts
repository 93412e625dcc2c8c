/** The error that a source throws: a `ReconnectError` that says whether another attempt can help. */

import { ENGINE_LIMIT, isEngineLimit } from '../../../machines/error-code.js';
import { ReconnectError } from '../../../machines/errors.js';
import type { ReconnectErrorKind, ReconnectErrorOptions } from '../../../machines/errors.js';
import { isThenable } from '../../../machines/thenable.js';

export { isThenable } from '../../../machines/thenable.js';

export interface SourceErrorFacts extends ReconnectErrorOptions {
  /** No further attempt can help. */
  fatal: boolean;
  /** The server's `Retry-After`, in ms. */
  retryAfterMs?: number | undefined;
  /** The peer refused the request before any work began: sending it again repeats nothing. */
  refused?: boolean | undefined;
}

/** A connection that could not be made, or that broke, with the server's advice. */
export class SourceError extends ReconnectError {
  readonly fatal: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly refused?: boolean | undefined;

  constructor(kind: ReconnectErrorKind, message: string, facts: SourceErrorFacts) {
    super(kind, message, facts);
    this.fatal = facts.fatal;
    if (facts.retryAfterMs !== undefined) this.retryAfterMs = facts.retryAfterMs;
    if (facts.refused !== undefined) this.refused = facts.refused;
  }
}

export function sourceError(
  kind: ReconnectErrorKind,
  message: string,
  facts: SourceErrorFacts,
): SourceError {
  // A callback may throw its own RangeError, which is no limit of the engine.
  if (kind === 'callback' || !isEngineLimit(facts.cause))
    return new SourceError(kind, message, facts);
  return new SourceError('limit', `${message}: ${ENGINE_LIMIT}`, { ...facts, fatal: true });
}

/** Returns the failure with another message, and with more fields. */
export function amended(
  failure: SourceError,
  message: string,
  more: Partial<SourceErrorFacts> = {},
): SourceError {
  const { kind, fatal, status, code, retryAfterMs, refused, body, cause } = failure;
  const facts = { fatal, status, code, retryAfterMs, refused, body, cause };
  return new SourceError(kind, message, { ...facts, ...more });
}

/** Returns the error for a value that cannot work: what was expected, what came, what to write instead. */
export function configFailure(
  expected: string,
  got: string,
  write: string,
  cause?: unknown,
): SourceError {
  return new SourceError('config', `expected ${expected}, got ${got}; write ${write}`, {
    fatal: true,
    cause,
  });
}

/** Returns the type of a value without its content, which may be a secret. */
export function describeType(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return 'an array';
  if (isThenable(value)) return 'a promise';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
