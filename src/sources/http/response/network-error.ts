/** Classifies an error of fetch or of a body, by its code only: messages differ between engines. */

import { errorCode, isTlsCode } from '../../../../machines/error-code.js';
import { follow, readable, runQuietly } from '../../../../machines/thenable.js';
import { SourceError, sourceError } from '../../shared/source-error.js';

export function networkFailure(thrown: unknown, what: string): SourceError {
  const error = readable(thrown);
  if (error instanceof SourceError) return error;
  const code = errorCode(error);
  const facts = { code, cause: error };
  const tail = code === undefined ? '' : ` (${code})`;
  if (code !== undefined && isTlsCode(code)) {
    return sourceError('tls', `The TLS connection was refused${tail}`, { ...facts, fatal: true });
  }
  if (code !== undefined && /^(?:UND_ERR_INVALID_ARG|ERR_INVALID_)/.test(code)) {
    return sourceError('config', `fetch refused the request${tail}`, { ...facts, fatal: true });
  }
  return sourceError('network', `${what}${tail}`, { ...facts, fatal: false });
}

export function abortedFailure(signal: AbortSignal): SourceError {
  return sourceError('network', 'The attempt was aborted', {
    fatal: false,
    code: 'ABORT_ERR',
    cause: signal.reason,
  });
}

/** Settles like `promise`, but no later than the signal aborts; passes a late result to `late`. */
export function untilAborted<T>(
  promise: T | PromiseLike<T>,
  signal: AbortSignal,
  late?: (value: T) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(abortedFailure(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    follow<T>(
      promise,
      (value) => {
        signal.removeEventListener('abort', onAbort);
        if (signal.aborted) runQuietly(() => late?.(value));
        resolve(value);
      },
      (thrown: unknown) => {
        const error = readable(thrown);
        signal.removeEventListener('abort', onAbort);
        reject(error instanceof Error ? error : new Error('rejected', { cause: error }));
      },
    );
  });
}
