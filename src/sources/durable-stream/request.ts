/** The requests of the Durable Streams protocol, and what their responses say of the position in the log. */

import type { ResumePoint } from '../../../machines/source-contract.js';
import { nextRequest } from '../../host/request-pace.js';
import { sourceError } from '../shared/source-error.js';
import type { SourceError } from '../shared/source-error.js';
import { withAddress } from '../http/request/address.js';
import { cancelBody } from '../http/response/error-body.js';
import { sendRequest } from '../http/request/send-request.js';
import { openBody } from '../http/request/open-body.js';
import type { OpenBody } from '../http/request/open-body.js';
import type { RequestOptions } from '../http/request/request.js';
import { checkOffset } from './position.js';
import type { StreamOffset } from './position.js';

export type LiveMode = 'sse' | 'long-poll';

export interface DurableRequest {
  readonly request: RequestOptions;
  /** Null: only the data that exists already. */
  readonly live: LiveMode | null;
  /** The caller's own offset, which the server may never have sent. */
  readonly start: string;
  readonly at: ResumePoint;
  readonly signal: AbortSignal;
}

/** Requests what follows this offset. */
export function askFrom(
  { offset, cursor }: StreamOffset,
  { request, live, start, at, signal }: DurableRequest,
): Promise<OpenBody> {
  const asked = withAddress(request, (url) => {
    url.searchParams.set('offset', offset);
    if (live !== null) url.searchParams.set('live', live);
    if (cursor !== undefined) url.searchParams.set('cursor', cursor);
  });
  // A rejected offset of the caller would be requested, and rejected, again.
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

/** Requests the content type of the log, which events do not carry; null if the server does not send it. */
export async function askContentType({
  request,
  at,
  signal,
}: DurableRequest): Promise<string | null> {
  await nextRequest(signal);
  const received = await sendRequest({ ...request, method: 'HEAD' }, at, signal, () => {});
  cancelBody(received);
  const { response } = received;
  return response.ok ? response.headers.get('content-type') : null;
}

/** Returns whether the log is closed at the end of this response. */
export function isClosed({ headers }: Response): boolean {
  return headers.get('stream-closed')?.toLowerCase() === 'true';
}

/** Returns the offset at the end of this response. @throws SourceError if the header is missing. */
export function offsetAfter({ headers }: Response): StreamOffset {
  const offset = headers.get('stream-next-offset');
  if (offset === null || offset === '') {
    const message = 'expected the header Stream-Next-Offset, got a response without it';
    throw sourceError('protocol', message, { fatal: true });
  }
  return { offset: checkOffset(offset), cursor: headers.get('stream-cursor') ?? undefined };
}

/** Returns the failure for a log that has become shorter: it is another one. */
export function shorterLog(): SourceError {
  const message = 'The server has less data after the offset than it sent before';
  return sourceError('cursor-rejected', message, { fatal: false });
}

/** Returns the failure for an offset that the server rejects: too old, invalid, or of a log that is gone. */
function refusal({ status }: Response): SourceError | undefined {
  if (status !== 400 && status !== 404 && status !== 410) return undefined;
  const message = `The server does not know the offset (status ${status})`;
  return sourceError('cursor-rejected', message, { fatal: false, status });
}
