/** The requests of the Durable Streams protocol, and what their answers say of the place in the stream. */

import type { ResumePoint } from '../../../machines/contract.js';
import { openFailure } from '../failure.js';
import type { OpenFailure } from '../failure.js';
import { withAddress } from '../http/address.js';
import { openBody } from '../http/open-body.js';
import type { OpenBody } from '../http/open-body.js';
import type { RequestOptions } from '../http/request.js';

export interface DurablePlace {
  /** Opaque; `-1` is the start, `now` the tail. */
  readonly offset: string;
  /** The server's own, for its caches; echoed. */
  readonly cursor?: string | undefined;
}

export type LiveMode = 'sse' | 'long-poll';

export interface DurableQuestion {
  readonly request: RequestOptions;
  readonly live: LiveMode | null;
  readonly at: ResumePoint;
  readonly signal: AbortSignal;
}

/** Asks for what follows this place. */
export function askFrom(
  { offset, cursor }: DurablePlace,
  { request, live, at, signal }: DurableQuestion,
): Promise<OpenBody> {
  const asked = withAddress(request, (url) => {
    url.searchParams.set('offset', offset);
    if (live !== null) url.searchParams.set('live', live);
    if (cursor !== undefined) url.searchParams.set('cursor', cursor);
  });
  // A place of the caller's own would be asked for, and refused, again.
  const isPlace = at.cursor !== undefined && offset !== '-1';
  return openBody(
    {
      request: asked,
      contentTypes: live === 'sse' ? ['text/event-stream'] : null,
      withCursor: isPlace,
      refusal: isPlace ? refusal : undefined,
    },
    at,
    signal,
  );
}

/** Whether the stream is closed for good behind what this answer brings. */
export function isClosed({ headers }: Response): boolean {
  return headers.get('stream-closed') === 'true';
}

/** The place behind what this answer brings. @throws OpenFailure where it does not say. */
export function placeAfter({ headers }: Response): DurablePlace {
  const offset = headers.get('stream-next-offset');
  if (offset === null || offset === '') throw lost();
  return { offset, cursor: headers.get('stream-cursor') ?? undefined };
}

export function lost(): OpenFailure {
  const message = 'expected Stream-Next-Offset, got an answer without it';
  return openFailure('protocol', message, { fatal: true });
}

/** A place before what is kept, one that is none, or a stream that is gone. */
function refusal({ status }: Response): OpenFailure | undefined {
  if (status !== 400 && status !== 404 && status !== 410) return undefined;
  const message = `The server does not know the offset (status ${status})`;
  return openFailure('cursor-rejected', message, { fatal: false, status });
}
