/** The header by which a server recognises a repeated request, and does not run it twice. */

import { configFailure, describeType } from '../../shared/source-error.js';

/** https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ */
const HEADER = 'idempotency-key';

/** The key of one request: the same at each attempt. */
export interface IdempotencyKey {
  /** Adds the header. @throws ReconnectError `config` if the caller's own header has another value. */
  addTo(headers: Record<string, string>): void;
  /** Returns the key of the request that continues at this position. */
  at(position: string): IdempotencyKey;
}

/**
 * @param option `true`: the key of the caller's own header, otherwise a random key for the life of the source
 * @throws ReconnectError `config`
 */
export function checkIdempotencyKey(option: unknown): IdempotencyKey | undefined {
  if (option === undefined || option === false) return undefined;
  if (option === true) return keyOf(undefined, '');
  // Visible ASCII, which every server can compare.
  if (typeof option === 'string' && /^[\x21-\x7e]{1,255}$/.test(option)) return keyOf(option, '');
  const got = typeof option === 'string' ? 'a text that no header may hold' : describeType(option);
  throw configFailure('idempotencyKey to be true or a key', got, 'idempotencyKey: true');
}

function keyOf(given: string | undefined, suffix: string): IdempotencyKey {
  let key = given;
  return {
    addTo(headers) {
      const own = headers[HEADER];
      key ??= own ?? randomKey();
      if (own !== undefined && own !== key) {
        const write = 'idempotencyKey: true, and a header that stays the same, or no such header';
        throw configFailure('one Idempotency-Key for all attempts', 'two that differ', write);
      }
      headers[HEADER] = key + suffix;
    },
    at: (position) => keyOf((key ??= randomKey()), `${suffix}-${position}`),
  };
}

/** Returns 128 random bits; `randomUUID` is missing in pages that are not served over TLS. */
function randomKey(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
