/** Responses that the peer keeps as a run: a POST begins the run, and a GET by its id resumes after a cursor. */

import type {
  Connection,
  ResumePoint,
  StreamSource,
} from '../../../../machines/source-contract.js';
import type { ModelPart, ResponseReader } from '../../../tool-calls/response/answer.js';
import { SourceError, sourceError } from '../../shared/source-error.js';
import { bodyConnection, singleBatch } from '../../http/response/body-reader.js';
import { withAddress } from '../../http/request/address.js';
import { cancelBody } from '../../http/response/error-body.js';
import { sendRequest } from '../../http/request/send-request.js';
import { openBody } from '../../http/request/open-body.js';
import type { OpenBody } from '../../http/request/open-body.js';
import { reopenBy } from '../../http/options.js';
import type { RequestOptions } from '../../http/request/request.js';
import { EVENT_STREAM } from '../../sse/decoder.js';
import { createProtocolDecoder } from '../../sse/protocol.js';
import { withOutcome } from './response-outcome.js';
import { createResponseProtocol, deliveredOf } from './response-protocol.js';
import type { ResponseFormat } from './response-protocol.js';
import type { CheckedModel } from './options.js';
import { pathSegment } from './path-segment.js';
import { createPeerReport } from './peer-report.js';
import { rejectedPosition } from './unknown-run.js';
import { ReplayedEvents } from './replayed-events.js';

export interface RunFormat extends ResponseFormat {
  readonly createReader: () => ResponseReader;
  /** Returns the query parameters of the GET that resumes. */
  readonly query: (cursor: string) => Readonly<Record<string, string>>;
  readonly contiguous?: StreamSource<ModelPart>['contiguous'];
}

export function resumableRun(model: CheckedModel, format: RunFormat): StreamSource<ModelPart> {
  const { name, request, ...limits } = model;
  const { contiguous } = format;
  let reader = format.createReader();
  let replays = new ReplayedEvents(contiguous);
  const report = createPeerReport();
  /** This process has received nothing yet. */
  let isNew = true;
  return Object.freeze({
    name,
    resume: 'cursor',
    terminal: 'explicit',
    reopen: reopenBy(request),
    delivery: 'commit',
    leavesOutReplays: true,
    open,
    cancel,
  });

  async function open(at: ResumePoint, signal: AbortSignal): Promise<Connection<ModelPart>> {
    const { key, cursor } = at;
    const hasPlace = cursor !== undefined && cursor !== '';
    // A second POST would run, and bill, the work again.
    if (hasPlace && !key) return report.explain(() => Promise.reject(unnamed()));
    const isResuming = key !== undefined && hasPlace;
    if (!isResuming) {
      reader = format.createReader();
      replays = new ReplayedEvents(contiguous);
      report.note(null);
    }
    const { body } = isResuming
      ? await report.explain(() => {
          replays.checkProgress();
          return goOn(key, cursor);
        })
      : await begin();
    const isRestored = isResuming && isNew;
    isNew = false;
    if (body === null && reader.end === null) report.throwLast();
    // The run was over before the drop: nothing is left to read.
    if (body === null) return singleBatch([{ type: 'end', outcome: reader.end ?? 'incomplete' }]);
    reader.begin(at.toolCalls ?? {});
    if (isRestored) reader.goOnAfter?.(at.chars);
    replays.follow(at, isResuming ? cursor : undefined, isRestored);
    const protocol = createResponseProtocol(reader, {
      ...format,
      replays,
      isBeginning: (event, name) => key !== undefined && format.keyOf?.(event, name) === key,
      readAgain: () => {
        reader = format.createReader();
        reader.begin(deliveredOf(at.toolCalls));
        return reader;
      },
      onRead: () => report.note(null),
      onReport: report.note,
    });
    const connection = bodyConnection(body, createProtocolDecoder(protocol, limits));
    return withOutcome(connection, () => protocol.outcome);

    function begin(): Promise<OpenBody> {
      const addHeaders = (headers: Record<string, string>): void => {
        headers['content-type'] ??= 'application/json';
      };
      return openBody(
        {
          request,
          contentTypes: [EVENT_STREAM],
          withCursor: false,
          addHeaders,
          framing: 'events',
          needsStreamFlag: true,
        },
        at,
        signal,
      );
    }

    async function goOn(id: string, after: string): Promise<OpenBody> {
      const get = byId(request, 'GET', [segmentOf(id)], format.query(after));
      try {
        return await openBody(
          {
            request: get,
            contentTypes: [EVENT_STREAM],
            withCursor: true,
            refusal: rejectedPosition,
            framing: 'events',
          },
          at,
          signal,
        );
      } catch (thrown) {
        // A run whose end was read may be gone: a drop after that loses nothing.
        if (reader.end === null || !isRejection(thrown)) throw thrown;
        return { response: new Response(null), body: null };
      }
    }
  }

  async function cancel(
    at: ResumePoint,
    _reason: string,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<void> {
    if (at.key === undefined) return;
    const post = byId(request, 'POST', [segmentOf(at.key), 'cancel'], {});
    cancelBody(await sendRequest(post, at, signal, () => {}));
  }
}

function unnamed(): SourceError {
  const message = 'The peer did not send the id of the run, so the run cannot be resumed';
  return sourceError('cursor-rejected', message, { fatal: false });
}

function isRejection(thrown: unknown): boolean {
  return thrown instanceof SourceError && thrown.kind === 'cursor-rejected';
}

/** @throws SourceError for an id that would lead to the address of something else than a run. */
function segmentOf(id: string): string {
  const segment = pathSegment(id);
  if (segment !== undefined) return segment;
  const message =
    'The peer sent an id that cannot be part of an address, so the run cannot be resumed';
  throw sourceError('cursor-rejected', message, { fatal: true });
}

/** Returns the request for one run: a path below the address of all runs, with query parameters. */
function byId(
  request: RequestOptions,
  method: 'GET' | 'POST',
  path: readonly string[],
  query: Readonly<Record<string, string>>,
): RequestOptions {
  const other = { ...request, method, body: undefined, idempotencyKey: undefined };
  return withAddress(other, (url) => {
    url.pathname = [url.pathname.replace(/\/$/, ''), ...path].join('/');
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  });
}
