/** Answers that the peer keeps as a run of its own: a POST begins it, a GET by its id goes on after a cursor. */

import type { Connection, ResumePoint, StreamSource } from '../../../machines/contract.js';
import type { AnswerPart, ResumableReader } from '../../tool-calls/answer.js';
import { OpenFailure, openFailure } from '../failure.js';
import { bodyConnection, singleBatch } from '../http/body-batches.js';
import { withAddress } from '../http/address.js';
import { discard, exchange } from '../http/exchange.js';
import { openBody } from '../http/open-body.js';
import type { OpenBody } from '../http/open-body.js';
import type { RequestOptions } from '../http/request.js';
import { EVENT_STREAM } from '../sse/decoder.js';
import { createProtocolDecoder } from '../sse/protocol.js';
import { createAnswerProtocol } from './answer-protocol.js';
import type { AnswerDialect } from './answer-protocol.js';
import type { CheckedModel } from './options.js';
import { refusedPlace } from './refusal.js';

export interface RunDialect extends AnswerDialect {
  readonly createReader: () => ResumableReader;
  /** Names of the query that a GET goes on by. */
  readonly query: (cursor: string) => Readonly<Record<string, string>>;
  /** Whether the event comes after the cursor; by default all do. */
  readonly isAfter?: ((event: unknown, cursor: string) => boolean) | undefined;
  readonly contiguous?: StreamSource<AnswerPart>['contiguous'];
}

export function runAnswer(model: CheckedModel, dialect: RunDialect): StreamSource<AnswerPart> {
  const { name, request, ...limits } = model;
  const { contiguous } = dialect;
  let reader = dialect.createReader();
  const source: StreamSource<AnswerPart> = {
    name,
    resume: 'cursor',
    terminal: 'explicit',
    reopen: 'restarts-work',
    open,
    cancel,
  };
  return Object.freeze(contiguous === undefined ? source : { ...source, contiguous });

  async function open(at: ResumePoint, signal: AbortSignal): Promise<Connection<AnswerPart>> {
    const { key, cursor } = at;
    const hasPlace = cursor !== undefined && cursor !== '';
    // A second POST would run, and bill, the work again.
    if (hasPlace && !key) throw unnamed();
    const isResuming = key !== undefined && hasPlace;
    if (!isResuming) reader = dialect.createReader();
    const { body } = isResuming ? await goOn(key, cursor) : await begin();
    // The run is over, and was before the drop: nothing is left to read.
    if (body === null) return singleBatch([{ type: 'end', outcome: reader.end ?? 'incomplete' }]);
    reader.begin(at.toolCalls ?? {});
    const { isAfter = (): boolean => true } = dialect;
    const isOld = (event: unknown): boolean => isResuming && !isAfter(event, cursor);
    const protocol = createAnswerProtocol(reader, { ...dialect, isOld });
    return bodyConnection(body, createProtocolDecoder(protocol, limits));

    function begin(): Promise<OpenBody> {
      const refine = (headers: Record<string, string>): void => {
        headers['content-type'] ??= 'application/json';
      };
      return openBody(
        { request, contentTypes: [EVENT_STREAM], withCursor: false, refine },
        at,
        signal,
      );
    }

    async function goOn(id: string, after: string): Promise<OpenBody> {
      const get = byId(request, 'GET', id, dialect.query(after));
      try {
        return await openBody(
          { request: get, contentTypes: [EVENT_STREAM], withCursor: true, refusal: refusedPlace },
          at,
          signal,
        );
      } catch (thrown) {
        // A run whose end was read may be gone: a drop after it loses nothing.
        if (reader.end === null || !isRejection(thrown)) throw thrown;
        return { response: new Response(null), body: null };
      }
    }
  }

  async function cancel(at: ResumePoint): Promise<void> {
    if (at.key === undefined) return;
    const post = byId(request, 'POST', `${at.key}/cancel`, {});
    discard(await exchange(post, at, new AbortController().signal, () => {}));
  }
}

function unnamed(): OpenFailure {
  const message = 'The peer has not told which run it is, so nobody can go on with it';
  return openFailure('cursor-rejected', message, { fatal: false });
}

function isRejection(thrown: unknown): boolean {
  return thrown instanceof OpenFailure && thrown.kind === 'cursor-rejected';
}

/** The request for one run: beneath the address of all, with what it asks for in the query. */
function byId(
  request: RequestOptions,
  method: 'GET' | 'POST',
  path: string,
  query: Readonly<Record<string, string>>,
): RequestOptions {
  return withAddress({ ...request, method, body: undefined }, (url) => {
    const places = path.split('/').map(encodeURIComponent).join('/');
    url.pathname = `${url.pathname.replace(/\/$/, '')}/${places}`;
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  });
}
