/** Classifies errors: whether another attempt can help, and when. By kind and code, never by message. */

import type { Failure } from '../../machines/source-contract.js';
import { ReconnectError } from '../../machines/errors.js';
import { delayOf, failureOf, flagOf } from '../../machines/failure.js';
import { ignoreRejection, isThenable } from '../../machines/thenable.js';

/** The argument of {@link ReconnectOptions.classify}. */
export interface ClassifyContext {
  readonly error: ReconnectError;
  /** Where the error happened. */
  readonly phase: 'opening' | 'reading';
  readonly attempt: number;
  /** The default: no further attempt is made. */
  readonly fatal: boolean;
  /** The default: the attempt began no work, so even a POST may be sent again. */
  readonly refused: boolean;
}

/** Where an error happened. */
export type LossPlace = Pick<ClassifyContext, 'phase' | 'attempt'>;

/** The decision of the hook; fields that it leaves out keep their default. */
export interface Classification {
  /** No further attempt can help. */
  readonly fatal?: boolean | undefined;
  /** The shortest next wait, in ms. */
  readonly retryAfterMs?: number | undefined;
  /** The server refused the request before it began any work: the same request may be sent again. */
  readonly refused?: boolean | undefined;
}

export type Classify = (context: ClassifyContext) => Classification | undefined | void;

/** Returns what an error means: the hook of the caller can override it. */
export function classify(error: ReconnectError, place: LossPlace, hook: Classify): Failure {
  const own = failureOf(error, place.phase);
  const { fatal, refused = false } = own;
  const decided: unknown = hook({ ...place, error, fatal, refused });
  if (isThenable(decided)) {
    ignoreRejection(decided);
    throw new ReconnectError('usage', 'expected classify to answer at once, got a promise');
  }
  const ruled = (decided ?? {}) as Partial<Record<keyof Classification, unknown>>;
  const retryAfterMs = delayOf(ruled.retryAfterMs) ?? own.retryAfterMs;
  return Object.freeze({
    error: own.error,
    fatal: flagOf(ruled.fatal) ?? fatal,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...((flagOf(ruled.refused) ?? refused) ? { refused: true } : {}),
  });
}
