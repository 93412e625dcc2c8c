/** What an error of the platform is. Only names and codes are read: texts differ per engine. */

/** The first code in the chain of causes, such as `ECONNRESET`: fetch wraps the error of the socket. */
export function errorCode(error: unknown): string | undefined {
  let at: unknown = error;
  // fetch nests two or three deep; the bound only guards against circles.
  for (let depth = 0; depth < 6 && typeof at === 'object' && at !== null; depth++) {
    const { code, cause, errors } = factsOf(at);
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)) return code;
    at = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return undefined;
}

/** OpenSSL's names for certificates that are refused, and for a peer that does not speak TLS. */
export function isTlsCode(code: string): boolean {
  // A handshake that timed out is transient.
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return false;
  return (
    /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|ERROR_IN_C)/.test(code) ||
    TLS_CODES.has(code)
  );
}

/** Whether the request certainly never reached a server. */
export function isUnsentCode(code: string): boolean {
  return UNSENT_CODES.has(code);
}

const TLS_CODES: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'EPROTO',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
]);

const UNSENT_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function factsOf(error: object): { code?: unknown; cause?: unknown; errors?: unknown } {
  try {
    const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown };
    return { code, cause, errors };
  } catch {
    return {};
  }
}

/** Added to the message of such an error. */
export const ENGINE_LIMIT = 'what was read is more than this JavaScript engine can hold';

/**
 * Whether it is a `RangeError` (a string, an array or a buffer of too great a length, too deep a recursion), of whatever
 * realm, or what Node has in its place. The same bytes would bring the same again.
 */
export function isEngineLimit(thrown: unknown): boolean {
  try {
    const { name, code } = thrown as { readonly name?: unknown; readonly code?: unknown };
    return thrown instanceof RangeError || name === 'RangeError' || code === 'ERR_STRING_TOO_LONG';
  } catch {
    // Not an object, or a trap.
    return false;
  }
}
