/** Whatever was thrown, as one of our errors. By kind and code; texts differ per engine and decide nothing. */

import { ENGINE_LIMIT, errorCode, isEngineLimit, isTlsCode } from './error-code.js';
import { errorInfo, ReconnectError } from './errors.js';
import { thrownText } from './thrown-text.js';

/** Returns an error of ours: the same, or one that says what was thrown and has it as its hidden cause. */
export function toReconnectError(thrown: unknown): ReconnectError {
  try {
    return readError(thrown);
  } catch {
    return new ReconnectError('source', 'the source threw what cannot be read');
  }
}

function readError(thrown: unknown): ReconnectError {
  if (thrown instanceof ReconnectError) {
    // Its getters may throw as well: here, and not when it is classified.
    errorInfo(thrown);
    for (const name of RULES) void Reflect.get(thrown, name);
    return thrown;
  }
  const code = errorCode(thrown);
  const text = thrownText(thrown);
  const said = text === undefined ? '' : `: ${text}`;
  const facts = { code, cause: thrown };
  if (isEngineLimit(thrown)) return new ReconnectError('limit', `${ENGINE_LIMIT}${said}`, facts);
  if (code !== undefined && isTlsCode(code))
    return new ReconnectError('tls', `the certificate was refused (${code})${said}`, facts);
  if (code !== undefined)
    return new ReconnectError('network', `the connection broke (${code})${said}`, facts);
  // What fetch rejects with, where no code says more.
  if (thrown instanceof TypeError || isAbort(thrown))
    return new ReconnectError('network', `the connection broke${said}`, facts);
  return new ReconnectError('source', text ?? 'the source threw an error without a text', facts);
}

/** What a source may say of its error besides its facts. */
const RULES = ['fatal', 'retryAfterMs', 'refused'] as const;

function isAbort(thrown: unknown): boolean {
  try {
    return (thrown as { name?: unknown } | null | undefined)?.name === 'AbortError';
  } catch {
    return false;
  }
}
