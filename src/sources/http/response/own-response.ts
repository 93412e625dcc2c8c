/** Wraps the response of a custom fetch, so that none of its fields and methods can throw later. */

import { readQuietly } from '../../../../machines/thenable.js';

/** The part of a response that the sources read. */
export type AnyResponse = Pick<Response, 'status' | 'ok' | 'type' | 'bodyUsed' | 'body'> & {
  readonly headers: Pick<Headers, 'get' | 'has'>;
};

/** Returns a response of the platform unchanged, and undefined for a value that is no response. */
export function ownResponse(value: unknown): Response | undefined {
  if (readQuietly(() => value instanceof globalThis.Response) === true) return value as Response;
  const response = value as Response;
  const status = readQuietly(() => response.status);
  const headers = readQuietly(() => response.headers) as Headers | undefined;
  const canGet = readQuietly(() => typeof headers?.get === 'function') === true;
  if (headers === undefined || !canGet || typeof status !== 'number') return undefined;
  const get = (name: string): string | null => {
    const field = readQuietly(() => headers.get(name));
    return typeof field === 'string' ? field : null;
  };
  const read: AnyResponse = {
    status,
    ok: status >= 200 && status < 300,
    type: readQuietly(() => response.type, 'default') as ResponseType,
    headers: { get, has: (name) => get(name) !== null },
    get bodyUsed() {
      return readQuietly(() => response.bodyUsed) === true;
    },
    body: readQuietly(() => response.body, null) as Response['body'],
  };
  return read as Response;
}
