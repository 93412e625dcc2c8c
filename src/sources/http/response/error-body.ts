/** Reads the body of a refusal within limits, and releases it. */

import { MAX_ERROR_BODY } from '../../../../machines/errors.js';
import { adopt, runQuietly } from '../../../../machines/thenable.js';
import type { LinkedSignal } from './linked-signal.js';

/** Time for the body of a refusal, in ms: an attempt does not wait longer for an explanation. */
export const MAX_BODY_MS: number = 1000;

/** A response that was not read, and the signal of its fetch. */
export interface Unread {
  readonly response: Response;
  readonly link: Pick<LinkedSignal, 'release' | 'abort'>;
}

/** Returns the text of the body that arrives in time; empty if there is none, or it cannot be read. */
export async function readErrorBody(
  body: ReadableStream<Uint8Array> | null,
  signal: AbortSignal,
): Promise<string> {
  const reader = readerOf(body);
  if (reader === undefined) return '';
  let stop = (): void => {};
  const stopped = new Promise<undefined>((resolve) => (stop = () => resolve(undefined)));
  const timer = setTimeout(stop, MAX_BODY_MS);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const decoder = new TextDecoder();
  let text = '';
  try {
    while (text.length < MAX_ERROR_BODY) {
      const result = await Promise.race([adopt(reader.read()), stopped]);
      if (result === undefined || result.done) break;
      text += decoder.decode(result.value, { stream: true });
    }
  } catch {
    // The body broke, or is no text: the text so far counts.
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    release(() => reader.cancel());
  }
  return text.slice(0, MAX_ERROR_BODY);
}

/** Returns whether a body is text that may be shown. */
export function isTextual({ headers }: Response): boolean {
  const type = headers.get('content-type') ?? '';
  return type === '' || /text|json|xml|javascript|urlencoded/i.test(type);
}

/** Cancels the body of a response that is not read: an unread body keeps its socket. */
export function cancelBody({ response, link }: Unread): void {
  const body = response.body as ForeignBody | null | undefined;
  // A peer may send a body with a status that has none (205).
  if (body === null || body === undefined) return link.abort();
  link.release();
  release(() => (typeof body.cancel === 'function' ? body.cancel() : body.destroy?.()));
}

interface ForeignBody {
  cancel?(): unknown;
  destroy?(): unknown;
}

function release(cancel: () => unknown): void {
  runQuietly(cancel);
}

function readerOf(
  body: ReadableStream<Uint8Array> | null,
): ReadableStreamDefaultReader<Uint8Array> | undefined {
  try {
    return body?.getReader();
  } catch {
    // The body of a custom fetch, or one that is being read elsewhere.
    release(() => body?.cancel());
    return undefined;
  }
}
