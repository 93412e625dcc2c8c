/** The requests of the Durable Streams protocol, and what their responses say of the position in the log. */

import type { ResumePoint } from '../../../machines/source-contract.js';
import { nextRequest } from '../../host/request-pace.js';
import { sourceError } from '../shared/source-error.js';
import type { SourceError } from '../shared/source-error.js';
import { withAddress } from '../http/request/address.js';
import { discard } from '../http/response/error-body.js';
import { exchange } from '../http/request/send-request.js';
import { openBody } from '../http/request/open-body.js';
import type { OpenBody } from '../http/request/open-body.js';
import type { RequestOptions } from '../http/request/request.js';
import { checkOffset } from './position.js';
import type { StreamOffset } from './position.js';

export type LiveMode = 'sse' | 'long-poll';

export interface DurableRequest {
  readonly request: RequestOptions;
  /** Null: only what is there already. */
  readonly live: LiveMode | null;
  /** The caller's own offset: one that the server never gave. */
  readonly start: string;
  readonly at: ResumePoint;
  readonly signal: AbortSignal;
}

/** Asks for what follows this offset. */
export function askFrom(
  { offset, cursor }: StreamOffset,
  { request, live, start, at, signal }: DurableRequest,
): Promise<OpenBody> {
  const asked = withAddress(request, (url) => {
    url.searchParams.set('offset', offset);
    if (live !== null) url.searchParams.set('live', live);
    if (cursor !== undefined) url.searchParams.set('cursor', cursor);
  });
  // An offset of the caller's own would be asked for, and refused, again.
  const isServers = offset !== start && offset !== '-1';
  return openBody(
    {
      request: asked,
      contentTypes: live === 'sse' ? ['text/event-stream'] : null,
      withCursor: isServers,
      refusal: isServers ? refusal : undefined,
    },
    at,
    signal,
  );
}

/** The content type of the log, which events do not carry; null where the server does not say. */
export async function askContentType({
  request,
  at,
  signal,
}: DurableRequest): Promise<string | null> {
  await nextRequest(signal);
  const received = await exchange({ ...request, method: 'HEAD' }, at, signal, () => {});
  discard(received);
  const { response } = received;
  return response.ok ? response.headers.get('content-type') : null;
}

/** Whether the log is closed for good behind what this response brings. */
export function isClosed({ headers }: Response): boolean {
  return headers.get('stream-closed')?.toLowerCase() === 'true';
}

/** The offset behind what this response brings. @throws SourceError where it does not say. */
export function offsetAfter({ headers }: Response): StreamOffset {
  const offset = headers.get('stream-next-offset');
  if (offset === null || offset === '') {
    const message = 'expected the header Stream-Next-Offset, got a response without it';
    throw sourceError('protocol', message, { fatal: true });
  }
  return { offset: checkOffset(offset), cursor: headers.get('stream-cursor') ?? undefined };
}

/** The log has less behind an offset than it had before: it is another one. */
export function shorterLog(): SourceError {
  const message = 'The server has less behind the offset than it sent before';
  return sourceError('cursor-rejected', message, { fatal: false });
}

/** An offset before what is kept, one that is none, or a log that is gone. */
function refusal({ status }: Response): SourceError | undefined {
  if (status !== 400 && status !== 404 && status !== 410) return undefined;
  const message = `The server does not know the offset (status ${status})`;
  return sourceError('cursor-rejected', message, { fatal: false, status });
}
