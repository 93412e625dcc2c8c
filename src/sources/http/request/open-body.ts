/** Sends a request and opens the body of its response, or returns that there is nothing to read. */

import type { ResumePoint } from '../../../../machines/source-contract.js';
import type { SourceError } from '../../shared/source-error.js';
import { streamBody, withErrorBody } from './response.js';
import { cancelBody } from '../response/error-body.js';
import { sendRequest } from './send-request.js';
import { statusClass } from '../../../../machines/http-status.js';
import { abortedFailure } from '../response/network-error.js';
import type { RequestOptions } from './request.js';
import type { Framing } from '../response/sniff.js';

export interface BodyRequest {
  readonly request: RequestOptions;
  /** Content types to accept, the preferred one first. Null: any. */
  readonly contentTypes: readonly string[] | null;
  /** The request resumes from a position: then 410 means that the position is gone. */
  readonly withCursor: boolean;
  /** Statuses besides 200 that bring a body, such as 206. */
  readonly alsoOpen?: readonly number[] | undefined;
  /** The protocol's own headers. */
  readonly addHeaders?: ((headers: Record<string, string>) => void) | undefined;
  /** Returns whether a response other than 204 means that nothing follows. */
  readonly isOver?: ((response: Response) => boolean) | undefined;
  /** Returns the failure for a status that has a special meaning in this protocol. */
  readonly refusal?: ((response: Response) => SourceError | undefined) | undefined;
  /** Also accepts a body of another content type that begins like a stream of this framing. */
  readonly framing?: Framing | undefined;
  /** The peer streams only if the body of the request has `stream: true`. */
  readonly needsStreamFlag?: boolean | undefined;
}

export interface OpenBody {
  readonly response: Response;
  /** Null if there is nothing to read (204). */
  readonly body: ReadableStream<Uint8Array> | null;
}

/** @throws ReconnectError of the kind that the response means. */
export async function openBody(
  { request, addHeaders, refusal, isOver, ...rest }: BodyRequest,
  at: ResumePoint,
  signal: AbortSignal,
): Promise<OpenBody> {
  const { contentTypes } = rest;
  const answered = await sendRequest(request, at, signal, (headers) => {
    if (contentTypes !== null) headers['accept'] ??= contentTypes.join(', ');
    addHeaders?.(headers);
  });
  const { response } = answered;
  if (signal.aborted) {
    cancelBody(answered);
    throw abortedFailure(signal);
  }
  const refused = refusal?.(response);
  if (refused !== undefined) throw await withErrorBody(answered, refused, signal);
  if (statusClass(response.status) === 'nothing' || isOver?.(response) === true) {
    cancelBody(answered);
    return { response, body: null };
  }
  const { httpPolicy } = request;
  return { response, body: await streamBody(answered, { ...rest, httpPolicy }, signal) };
}
