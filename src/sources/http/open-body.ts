/** Opens a body to read: the request, what its answer means, and the case that there is nothing. */

import type { ResumePoint } from '../../../machines/contract.js';
import type { OpenFailure } from '../failure.js';
import { streamBody } from './answer.js';
import { discard, exchange } from './exchange.js';
import { statusClass } from '../../../machines/http-status.js';
import { abortedFailure } from './network-error.js';
import type { RequestOptions } from './request.js';

export interface BodyRequest {
  readonly request: RequestOptions;
  /** What is asked for, and what the body may be, the first by preference. Null: anything. */
  readonly contentTypes: readonly string[] | null;
  /** The request asks to go on: then 410 says that this is not possible. */
  readonly withCursor: boolean;
  /** Statuses besides 200 that bring a body, such as 206. */
  readonly alsoOpen?: readonly number[] | undefined;
  /** The protocol's own headers. */
  readonly refine?: ((headers: Record<string, string>) => void) | undefined;
  /** What a status means in this protocol, where that is not what it means everywhere. */
  readonly refusal?: ((response: Response) => OpenFailure | undefined) | undefined;
}

export interface OpenBody {
  readonly response: Response;
  /** Null where the answer says that there is nothing to read (204). */
  readonly body: ReadableStream<Uint8Array> | null;
}

/** @throws ReconnectError of the kind that the answer calls for. */
export async function openBody(
  { request, contentTypes, withCursor, alsoOpen, refine, refusal }: BodyRequest,
  at: ResumePoint,
  signal: AbortSignal,
): Promise<OpenBody> {
  const response = await exchange(request, at, signal, (headers) => {
    if (contentTypes !== null) headers['accept'] ??= contentTypes.join(', ');
    refine?.(headers);
  });
  if (signal.aborted) {
    discard(response);
    throw abortedFailure(signal);
  }
  const refused = refusal?.(response);
  if (refused !== undefined) {
    discard(response);
    throw refused;
  }
  if (statusClass(response.status) === 'nothing') {
    discard(response);
    return { response, body: null };
  }
  const { httpPolicy } = request;
  const expected = { contentTypes, withCursor, httpPolicy, alsoOpen };
  return { response, body: streamBody(response, expected) };
}
