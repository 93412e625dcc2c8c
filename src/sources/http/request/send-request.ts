/** Sends the request of one attempt, follows redirects, refreshes credentials once, and returns the final response. */

import type { ResumePoint } from '../../../../machines/source-contract.js';
import { nextRequest } from '../../../host/request-pace.js';
import { cancelBody } from '../response/error-body.js';
import { configFailure, describeType, sourceError } from '../../shared/source-error.js';
import type { SourceError } from '../../shared/source-error.js';
import { statusClass } from '../../../../machines/http-status.js';
import { isFollowable } from '../../../../machines/thenable.js';
import { linkSignal } from '../response/linked-signal.js';
import type { LinkedSignal } from '../response/linked-signal.js';
import { guardedInit } from './node-fetch.js';
import { abortedFailure, networkFailure, untilAborted } from '../response/network-error.js';
import { ownResponse } from '../response/own-response.js';
import { hasProvider, prepareRequest } from './request.js';
import type { PreparedRequest, RequestOptions } from './request.js';

export interface Exchange {
  /** The response; its body is not read yet. */
  readonly response: Response;
  /** The request that was sent. */
  readonly sent: PreparedRequest;
  /** Must be released when the body has ended or broken: an abort must not reach the fetch any more. */
  readonly link: LinkedSignal;
}

/**
 * Sends a request. After a 401 or 403 it is sent once more, with new credentials, if a function can return some.
 * @param addHeaders adds the protocol's own headers
 */
export async function sendRequest(
  options: RequestOptions,
  at: ResumePoint,
  signal: AbortSignal,
  addHeaders: (headers: Record<string, string>) => void,
): Promise<Exchange> {
  if (signal.aborted) throw abortedFailure(signal);
  const first = await sendOnce();
  const meaning = statusClass(first.response.status, options.httpPolicy);
  if (meaning !== 'credentials' || !hasProvider(options)) return first;
  cancelBody(first);
  await nextRequest(signal);
  return sendOnce(first.sent);

  async function sendOnce(refused?: PreparedRequest): Promise<Exchange> {
    const sent = await prepareRequest(options, at, signal, refused);
    addHeaders(sent.headers);
    if (signal.aborted) throw abortedFailure(signal);
    return { ...(await follow(options, sent, signal)), sent };
  }
}

type Received = Omit<Exchange, 'sent'>;

const MAX_REDIRECTS = 5;

/**
 * Follows redirects within the origin. Method and body never change: a 301, 302 or 303, which would change a POST
 * into a GET, is refused for any method but GET and HEAD.
 */
async function follow(
  options: RequestOptions,
  request: PreparedRequest,
  signal: AbortSignal,
): Promise<Received> {
  let url = request.url;
  const seen = new Set([url.href]);
  for (;;) {
    const received = await send(options, url, request.init, signal);
    const { response } = received;
    if (response.type === 'opaqueredirect') {
      throw redirectFailure(
        received,
        'cannot be followed safely in a browser; give its target as url',
      );
    }
    if (statusClass(response.status) !== 'redirect') return received;
    const { method } = options;
    if (response.status <= 303 && method !== 'GET' && method !== 'HEAD') {
      throw redirectFailure(received, `would turn the ${method} into a GET`);
    }
    const target = locationOf(response, url);
    if (!target) throw redirectFailure(received, 'names no place to go to');
    if (target.origin !== url.origin) throw redirectFailure(received, 'leads to another origin');
    if (target.username !== '' || target.password !== '') {
      throw redirectFailure(received, 'carries a user and password');
    }
    if (seen.has(target.href)) throw redirectFailure(received, 'leads back in a circle');
    if (seen.size > MAX_REDIRECTS)
      throw redirectFailure(received, `follows ${MAX_REDIRECTS} others`);
    seen.add(target.href);
    cancelBody(received);
    url = target;
    await nextRequest(signal);
    if (signal.aborted) throw abortedFailure(signal);
  }
}

function redirectFailure(received: Received, why: string): SourceError {
  cancelBody(received);
  const { response } = received;
  return sourceError('protocol', `The redirect ${why}`, {
    fatal: true,
    ...(response.status === 0 ? {} : { status: response.status }),
  });
}

function locationOf(response: Response, base: URL): URL | undefined {
  const location = response.headers.get('location');
  if (!location) return undefined;
  try {
    const url = new URL(location, base);
    url.hash = '';
    return url;
  } catch {
    return undefined;
  }
}

async function send(
  options: RequestOptions,
  url: URL,
  init: RequestInit,
  signal: AbortSignal,
): Promise<Received> {
  // Looked up at each call, so that a fetch patched later is used.
  const { fetch = globalThis.fetch } = options;
  const link = linkSignal(signal);
  let promise: unknown;
  let answer: unknown;
  try {
    promise = fetch(url.href, guardedInit(fetch, { ...init, signal: link.signal }));
    answer = await untilAborted(promise, signal, (late) => {
      const response = ownResponse(late);
      if (response !== undefined) cancelBody({ response, link });
    });
  } catch (error) {
    // A fetch whose promise cannot be followed may still be running.
    if (promise === undefined || isFollowable(promise)) link.release();
    else link.abort();
    if (signal.aborted) throw abortedFailure(signal);
    throw networkFailure(error, 'The request failed');
  }
  const response = ownResponse(answer);
  if (response === undefined)
    throw configFailure(
      'fetch to return a Response',
      describeType(answer),
      'fetch: globalThis.fetch',
    );
  return { response, link };
}
