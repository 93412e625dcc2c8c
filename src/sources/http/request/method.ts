/** Request methods. */

import { configFailure, describeType } from '../../shared/source-error.js';

/** Returns the method in capitals; GET for none. @throws ReconnectError `config` */
export function checkMethod(method: unknown): string {
  if (method === undefined) return 'GET';
  if (typeof method === 'string' && /^[A-Za-z]+$/.test(method)) {
    const upper = method.toUpperCase();
    if (!['CONNECT', 'TRACE', 'TRACK'].includes(upper)) return upper;
  }
  throw configFailure(
    'method to be a method that fetch allows',
    describeType(method),
    "method: 'POST'",
  );
}

/** Returns whether the method only reads, so that sending it again is harmless (RFC 9110, 9.2.1). */
export function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}
