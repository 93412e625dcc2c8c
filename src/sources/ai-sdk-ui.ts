/** The UI message stream of the AI SDK as a source. */

import type { Connection, ResumePoint, StreamSource } from '../../machines/contract.js';
import { aiSdkUiReader } from '../tool-calls/ai-sdk-ui.js';
import type { AnswerPart } from '../tool-calls/answer.js';
import { configFailure, openFailure } from './failure.js';
import { bodyConnection, singleBatch } from './http/body-batches.js';
import { openBody } from './http/open-body.js';
import type { RequestOptions } from './http/request.js';
import { checkHttpOptions } from './http/options.js';
import type { HttpOptions } from './http/options.js';
import { createAnswerProtocol } from './model/answer-protocol.js';
import { checkModelOptions } from './model/options.js';
import type { ModelOptions } from './model/options.js';
import { EVENT_STREAM } from './sse/decoder.js';
import { createProtocolDecoder } from './sse/protocol.js';

export interface AiSdkUiOptions extends Omit<ModelOptions, 'body'> {
  /** Where a message is sent. Not needed to follow an answer that runs already. */
  url?: ModelOptions['url'];
  /** The message. Left out, nothing is sent: the stream follows the answer at `resumeUrl`. */
  body?: ModelOptions['body'] | undefined;
  /** Where the running answer is replayed from its start: `{api}/{chatId}/stream`. */
  resumeUrl: HttpOptions['url'];
}

/**
 * Reads an answer. The message is sent once; after a drop the answer is replayed from `resumeUrl`, so the stream
 * tells `restarted` and all of it comes again. 204 there means that nothing runs any more.
 *
 * @example
 * aiSdkUi({ url: '/api/chat', body: { id, messages }, resumeUrl: `/api/chat/${id}/stream` })
 * @throws ReconnectError `config` where an option cannot work.
 */
export function aiSdkUi(options: AiSdkUiOptions): StreamSource<AnswerPart> {
  const { resumeUrl, body, ...shared } = options;
  if (resumeUrl === undefined)
    throw configFailure('resumeUrl', 'none', 'resumeUrl: `/api/chat/${id}/stream`');
  const { name, request, ...limits } = checkModelOptions(
    { ...shared, body: body ?? '', url: options.url ?? resumeUrl },
    { name: 'ai-sdk-ui' },
  );
  const follow = checkHttpOptions({ ...shared, url: resumeUrl, method: 'GET' });
  const isSending = body !== undefined;
  const reopen = isSending ? 'restarts-work' : 'safe';
  let hasParts = false;
  return Object.freeze({ name, resume: 'replay', terminal: 'explicit', reopen, open });

  async function open(at: ResumePoint, signal: AbortSignal): Promise<Connection<AnswerPart>> {
    const sends = isSending && at.fresh !== false;
    const answer = await ask(sends ? request : follow, at, signal);
    if (answer === null) return nothingRuns(sends);
    const reader = aiSdkUiReader();
    const protocol = createAnswerProtocol(reader, { endsAt: 'eof' });
    const decoder = createProtocolDecoder(
      {
        ...protocol,
        read(event, id) {
          hasParts = true;
          return protocol.read(event, id);
        },
      },
      limits,
    );
    return bodyConnection(answer, decoder);
  }

  async function ask(
    asked: RequestOptions,
    at: ResumePoint,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array> | null> {
    const refine = (headers: Record<string, string>): void => {
      if (asked.method === 'POST') headers['content-type'] ??= 'application/json';
    };
    const { body: bytes } = await openBody(
      { request: asked, contentTypes: [EVENT_STREAM], withCursor: false, refine },
      at,
      signal,
    );
    return bytes;
  }

  /** 204: the answer is over, and its end was not seen; or there never was one. */
  function nothingRuns(sent: boolean): Connection<AnswerPart> {
    if (isSending && !sent && !hasParts) {
      const why =
        'The message was sent, but no answer to it runs: sending it again could run it twice';
      throw openFailure('not-resumable', why, { fatal: true, status: 204 });
    }
    return singleBatch([{ type: 'end', outcome: hasParts ? 'incomplete' : 'complete' }]);
  }
}
