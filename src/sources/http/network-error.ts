/** What an error of fetch or of a body means. Only codes are read: texts differ per engine. */

import { OpenFailure, openFailure } from '../failure.js';

export function networkFailure(error: unknown, what: string): OpenFailure {
  if (error instanceof OpenFailure) return error;
  const code = errorCode(error);
  const facts = { code, cause: error };
  const tail = code === undefined ? '' : ` (${code})`;
  if (code !== undefined && isTls(code)) {
    return openFailure('tls', `The TLS connection was refused${tail}`, { ...facts, fatal: true });
  }
  if (code !== undefined && /^(?:UND_ERR_INVALID_ARG|ERR_INVALID_)/.test(code)) {
    return openFailure('config', `fetch refused the request${tail}`, { ...facts, fatal: true });
  }
  return openFailure('network', `${what}${tail}`, { ...facts, fatal: false });
}

export function abortedFailure(signal: AbortSignal): OpenFailure {
  return openFailure('network', 'The attempt was aborted', {
    fatal: false,
    code: 'ABORT_ERR',
    cause: signal.reason,
  });
}

/** Settles like `promise`, but no later than the signal; what comes late goes to `late`. */
export function untilAborted<T>(
  promise: PromiseLike<T>,
  signal: AbortSignal,
  late?: (value: T) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(abortedFailure(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    promise.then(
      (value) => {
        signal.removeEventListener('abort', onAbort);
        if (signal.aborted) late?.(value);
        resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', onAbort);
        reject(error instanceof Error ? error : new Error('rejected', { cause: error }));
      },
    );
  });
}

/** The first code in the chain of causes, such as `ECONNRESET`. */
export function errorCode(error: unknown): string | undefined {
  let at: unknown = error;
  // fetch nests two or three deep; the bound only guards against circles.
  for (let depth = 0; depth < 6 && typeof at === 'object' && at !== null; depth++) {
    const { code, cause, errors } = facts(at);
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)) return code;
    at = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return undefined;
}

function facts(error: object): { code?: unknown; cause?: unknown; errors?: unknown } {
  try {
    const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown };
    return { code, cause, errors };
  } catch {
    return {};
  }
}

/** OpenSSL's verification codes, and Node's; a handshake that timed out is weather. */
function isTls(code: string): boolean {
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return false;
  return (
    /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|ERROR_IN_C)/.test(code) ||
    tlsCodes.has(code)
  );
}

const tlsCodes: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'EPROTO',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
]);
