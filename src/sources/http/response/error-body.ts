/** What a refused request is answered with: read within bounds, then released. */

import { MAX_ERROR_BODY } from '../../../../machines/errors.js';
import { adopt, runQuietly } from '../../../../machines/thenable.js';
import type { LinkedSignal } from './linked-signal.js';

/** A peer that has refused has little to say; an attempt is not held up for the rest. In ms. */
export const MAX_BODY_MS: number = 1000;

/** A response that nobody has read, and the signal of its fetch. */
export interface Unread {
  readonly response: Response;
  readonly link: Pick<LinkedSignal, 'release' | 'abort'>;
}

/** Text of the body as far as it comes in time; empty for none, and for one that cannot be read. */
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
    // It broke, or is no text: what came before it counts.
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    release(() => reader.cancel());
  }
  return text.slice(0, MAX_ERROR_BODY);
}

/** Whether a body may be shown to a person. */
export function isTextual({ headers }: Response): boolean {
  const type = headers.get('content-type') ?? '';
  return type === '' || /text|json|xml|javascript|urlencoded/i.test(type);
}

/** Releases a response whose body nobody reads; an unread one keeps its socket. */
export function discard({ response, link }: Unread): void {
  const body = response.body as ForeignBody | null | undefined;
  // A status without a body (205) does not keep a peer from sending one.
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
    // A foreign body, or one that somebody else reads.
    release(() => body?.cancel());
    return undefined;
  }
}
