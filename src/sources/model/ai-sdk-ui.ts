/** The source `aiSdkUi()`: the UI message stream of the AI SDK. */

import type {
  Connection,
  EndOutcome,
  ResumePoint,
  StreamSource,
} from '../../../machines/source-contract.js';
import { aiSdkUiReader } from '../../tool-calls/formats/ai-sdk-ui.js';
import type { ModelPart } from '../../tool-calls/response/answer.js';
import { configFailure, sourceError } from '../shared/source-error.js';
import type { SourceError } from '../shared/source-error.js';
import { withAddress } from '../http/request/address.js';
import { bodyConnection, singleBatch } from '../http/response/body-reader.js';
import { openBody } from '../http/request/open-body.js';
import { checkHttpOptions, reopenBy } from '../http/options.js';
import type { HttpOptions } from '../http/options.js';
import type { RequestOptions } from '../http/request/request.js';
import { withOutcome } from './shared/response-outcome.js';
import { createResponseProtocol } from './shared/response-protocol.js';
import type { ResponseProtocol } from './shared/response-protocol.js';
import { checkModelOptions, MODEL_OPTIONS } from './shared/options.js';
import type { ModelOptions } from './shared/options.js';
import { pathSegment } from './shared/path-segment.js';
import { checkKnown, checkString } from '../shared/validate-options.js';
import { EVENT_STREAM } from '../sse/decoder.js';
import { begun } from './shared/begun.js';
import { createPeerReport } from './shared/peer-report.js';
import type { OpenBody } from '../http/request/open-body.js';
import { createProtocolDecoder } from '../sse/protocol.js';

export interface AiSdkUiOptions extends Omit<ModelOptions, 'body'> {
  /** Where the message is sent. Not needed to follow a response by its `resumeUrl`. */
  url?: ModelOptions['url'];
  /** The message. Without it nothing is sent: the stream follows the response that is running. */
  body?: ModelOptions['body'] | undefined;
  /** The id of the chat: a running response is replayed at `{url}/{chatId}/stream`. */
  chatId?: string | undefined;
  /** Where a running response is replayed from its start. @default `{url}/{chatId}/stream` */
  resumeUrl?: HttpOptions['url'] | undefined;
}

/**
 * Reads a response. The message is sent once; after a drop the response is replayed from its start, so the stream
 * emits `restarted` and all of it comes again. 204 to the replay means that no response is running any more.
 *
 * @example
 * ```ts
 * import { aiSdkUi } from 'stream-reconnect/sources';
 *
 * const messages = [{ id: 'm-1', role: 'user', parts: [{ type: 'text', text: 'Hello' }] }];
 * const source = aiSdkUi({ url: '/api/chat', chatId: 'chat-1', body: { id: 'chat-1', messages } });
 * ```
 * @throws ReconnectError `config` where an option cannot work.
 */
export function aiSdkUi(options: AiSdkUiOptions): StreamSource<ModelPart> {
  const { name, request, replay, isSending, ...limits } = checkOptions(options);
  /** What was read so far, on all connections. */
  let hasParts = false;
  let ended: EndOutcome | null = null;
  const report = createPeerReport();
  /** No request was made yet: an earlier process may have read parts. */
  let isNew = true;
  return Object.freeze({
    name,
    resume: 'replay',
    terminal: 'explicit',
    reopen: isSending ? reopenBy(request) : 'safe',
    open,
  });

  async function open(at: ResumePoint, signal: AbortSignal): Promise<Connection<ModelPart>> {
    // The message is sent by the first request only, whatever became of it, unless the server recognises a repetition.
    const isKeyed = request.idempotencyKey !== undefined && !hasParts;
    const sends = isSending && (at.fresh !== false || isKeyed);
    const hasBegun = hasParts || (isNew && at.fresh === false);
    isNew = false;
    const ask = (): Promise<OpenBody> =>
      openBody(
        {
          request: sends ? request : replay,
          contentTypes: [EVENT_STREAM],
          withCursor: false,
          framing: 'events',
          addHeaders: (headers) => {
            if (sends) headers['content-type'] ??= 'application/json';
          },
          refusal: isSending && !sends ? refusedReplay : undefined,
        },
        at,
        signal,
      );
    const { body } = await report.explain(ask);
    if (body === null) return nothingRuns(sends, at);
    const protocol = follow(at);
    const connection = bodyConnection(body, createProtocolDecoder(protocol, limits));
    // The stream starts over with the first part of the replay: an empty replay takes nothing back.
    const opened = hasBegun ? await begun(connection) : connection;
    return withOutcome(opened, () => protocol.outcome);
  }

  function follow(at: ResumePoint): ResponseProtocol {
    const reader = aiSdkUiReader();
    reader.begin(at.toolCalls ?? {});
    const protocol = createResponseProtocol(reader, {
      onRead: () => report.note(null),
      onReport: report.note,
    });
    return {
      get outcome() {
        return protocol.outcome;
      },
      finish: () => protocol.finish?.() ?? [],
      read(event, id) {
        const items = protocol.read(event, id);
        hasParts = true;
        ended = reader.end;
        return items;
      },
    };
  }

  /** Handles a 204: the response is over, or there never was one. */
  function nothingRuns(sent: boolean, at: ResumePoint): Connection<ModelPart> {
    if (isSending && !sent && !hasParts) throw unanswered(204);
    if (ended === null) report.throwLast();
    const isFirst = !hasParts && at.fresh !== false;
    const outcome = ended ?? (isFirst ? 'complete' : 'incomplete');
    return { ...singleBatch([{ type: 'end', outcome }]), keepsDelivered: true };
  }
}

/** Statuses by which a peer says that there is no such response. */
const UNKNOWN: ReadonlySet<number> = new Set([404, 410]);

function refusedReplay({ status }: Response): SourceError | undefined {
  return UNKNOWN.has(status) ? unanswered(status) : undefined;
}

function unanswered(status: number): SourceError {
  const message = `The message was sent, but no response to it is running any more (status ${status}): sending it again could run it twice`;
  return sourceError('not-resumable', message, { fatal: true, status });
}

interface Checked extends ReturnType<typeof checkModelOptions> {
  /** The GET that replays the answer. */
  readonly replay: RequestOptions;
  readonly isSending: boolean;
}

const AI_SDK_UI_OPTIONS = {
  ...MODEL_OPTIONS,
  chatId: true,
  resumeUrl: true,
} as const satisfies Record<keyof AiSdkUiOptions, true>;

/** @throws ReconnectError `config` */
function checkOptions(options: AiSdkUiOptions): Checked {
  checkKnown('aiSdkUi', options, AI_SDK_UI_OPTIONS);
  const { chatId, resumeUrl, body, ...shared } = options;
  const isSending = body !== undefined;
  const url = shared.url ?? (isSending ? undefined : resumeUrl);
  const model = checkModelOptions({ ...shared, body: body ?? '', url }, { name: 'ai-sdk-ui' });
  const get = (address: HttpOptions['url']): RequestOptions =>
    checkHttpOptions({ ...shared, url: address, method: 'GET', body: undefined });
  if (resumeUrl !== undefined) return { ...model, isSending, replay: get(resumeUrl) };
  if (chatId === undefined || shared.url === undefined)
    throw configFailure('chatId with url, or resumeUrl', 'neither', 'chatId, the id of the chat');
  const id = pathSegment(checkString('chatId', chatId));
  if (id === undefined)
    throw configFailure(
      'chatId to be one segment of a path',
      'an empty text, or one with . or .. in it',
      'chatId, the id of the chat',
    );
  const replay = withAddress(get(shared.url), (address) => {
    address.pathname = `${address.pathname.replace(/\/$/, '')}/${id}/stream`;
  });
  return { ...model, isSending, replay };
}
