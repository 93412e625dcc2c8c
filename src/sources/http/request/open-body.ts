/** Opens a body to read: the request, what its answer means, and the case that there is nothing. */

import type { ResumePoint } from '../../../../machines/source-contract.js';
import type { SourceError } from '../../shared/source-error.js';
import { streamBody, withErrorBody } from './response.js';
import { discard } from '../response/error-body.js';
import { exchange } from './send-request.js';
import { statusClass } from '../../../../machines/http-status.js';
import { abortedFailure } from '../response/network-error.js';
import type { RequestOptions } from './request.js';
import type { Framing } from '../response/sniff.js';

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
  /** Whether the response says that nothing follows, where that is not 204. */
  readonly isOver?: ((response: Response) => boolean) | undefined;
  /** What a status means in this protocol, where that is not what it means everywhere. */
  readonly refusal?: ((response: Response) => SourceError | undefined) | undefined;
  /** A body of another type is read too, if it begins as a stream of this kind does. */
  readonly framing?: Framing | undefined;
  /** The peer streams only where the body of the request has `stream: true`. */
  readonly needsStreamFlag?: boolean | undefined;
}

export interface OpenBody {
  readonly response: Response;
  /** Null where the answer says that there is nothing to read (204). */
  readonly body: ReadableStream<Uint8Array> | null;
}

/** @throws ReconnectError of the kind that the answer calls for. */
export async function openBody(
  { request, refine, refusal, isOver, ...rest }: BodyRequest,
  at: ResumePoint,
  signal: AbortSignal,
): Promise<OpenBody> {
  const { contentTypes } = rest;
  const answered = await exchange(request, at, signal, (headers) => {
    if (contentTypes !== null) headers['accept'] ??= contentTypes.join(', ');
    refine?.(headers);
  });
  const { response } = answered;
  if (signal.aborted) {
    discard(answered);
    throw abortedFailure(signal);
  }
  const refused = refusal?.(response);
  if (refused !== undefined) throw await withErrorBody(answered, refused, signal);
  if (statusClass(response.status) === 'nothing' || isOver?.(response) === true) {
    discard(answered);
    return { response, body: null };
  }
  const { httpPolicy } = request;
  return { response, body: await streamBody(answered, { ...rest, httpPolicy }, signal) };
}
