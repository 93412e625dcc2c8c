/** The request that continues a stream, if it differs from the one that began it. */

import type { ResumePoint } from '../../../../machines/source-contract.js';
import { sourceError } from '../../shared/source-error.js';
import { checkFunction, checkKnown } from '../../shared/validate-options.js';
import { checkMethod, isRead } from './method.js';
import { toHeaders } from './validate-request.js';
import type { HeadersLike } from './validate-request.js';
import { askProvider, requestContext } from './request.js';
import type { RequestContext, RequestOptions } from './request.js';

/** The parts of the resuming request that differ from the first request. It never has a body. */
export interface ResumeRequest {
  /** @default that of the first request */
  url?: string | URL | undefined;
  /** @default 'GET' */
  method?: 'GET' | 'HEAD' | undefined;
  /** Added to the headers of the source; they replace headers of the same name. */
  headers?: HeadersLike | undefined;
}

export type ResumeRequestFunction = (
  context: RequestContext,
) => ResumeRequest | PromiseLike<ResumeRequest>;

/** @throws ReconnectError `config` */
export function checkResumeRequest(resumeRequest: unknown): ResumeRequestFunction | undefined {
  checkFunction('resumeRequest', resumeRequest, "resumeRequest: ({ cursor }) => ({ url: '…' })");
  return resumeRequest as ResumeRequestFunction | undefined;
}

/**
 * Returns the request for this position: that of `resumeRequest`, if anything was received.
 * @throws SourceError
 */
export async function requestAt(
  request: RequestOptions,
  resumeRequest: ResumeRequestFunction | undefined,
  at: ResumePoint,
  signal: AbortSignal,
): Promise<RequestOptions> {
  const isResuming = at.items > 0 || (at.cursor !== undefined && at.cursor !== '');
  if (resumeRequest === undefined || !isResuming) return request;
  const context = requestContext(at, signal, false);
  const answer = checkResponse(await askProvider('resumeRequest', resumeRequest, context));
  const { url = request.url } = answer;
  const method = checkMethod(answer.method);
  if (!isRead(method)) throw configError('a method that only reads');
  const resumeHeaders = toHeaders(answer.headers);
  return { ...request, url, method, body: undefined, idempotencyKey: undefined, resumeHeaders };
}

const NAMES = { url: true, method: true, headers: true } as const satisfies Record<
  keyof ResumeRequest,
  true
>;

function checkResponse(answer: unknown): ResumeRequest {
  if (typeof answer !== 'object' || answer === null) throw configError('an object');
  checkKnown('the answer of resumeRequest', answer, NAMES);
  return answer;
}

function configError(expected: string): Error {
  const message = `expected resumeRequest to return ${expected}: ({ cursor }) => ({ url: '…' })`;
  return sourceError('callback', message, { fatal: true });
}
