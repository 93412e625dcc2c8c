/** AG-UI over POST as a source: TanStack AI and other agent servers that keep a log of the run. */

import type { Connection, ResumePoint, StreamSource } from '../../machines/contract.js';
import { agUiReader } from '../tool-calls/ag-ui.js';
import type { AnswerPart } from '../tool-calls/answer.js';
import { fieldsOf, textOf } from '../tool-calls/fields.js';
import { bodyConnection, singleBatch } from './http/body-batches.js';
import { openBody } from './http/open-body.js';
import { isSendable, toHeaderBytes } from './http/request-parts.js';
import { createAnswerProtocol } from './model/answer-protocol.js';
import { checkModelOptions } from './model/options.js';
import type { ModelOptions } from './model/options.js';
import { refusedPlace } from './model/refusal.js';
import { EVENT_STREAM } from './sse/decoder.js';
import { createProtocolDecoder } from './sse/protocol.js';

export interface AgUiOptions extends ModelOptions {
  url: NonNullable<ModelOptions['url']>;
}

/**
 * Reads a run. A drop sends the same request again with `Last-Event-ID` and `X-Run-Id`: a server that keeps a log
 * goes on in it and runs nothing twice. Where events have no ids there is no log, and a drop ends the stream as failed.
 *
 * @example
 * agUi({ url: '/api/chat', body: { threadId, runId, messages, tools: [], context: [] } })
 * @throws ReconnectError `config` where an option cannot work.
 */
export function agUi(options: AgUiOptions): StreamSource<AnswerPart> {
  const { name, request, ...limits } = checkModelOptions(options, { name: 'ag-ui' });
  let reader = agUiReader();
  return Object.freeze({
    name,
    resume: 'cursor',
    terminal: 'explicit',
    reopen: 'restarts-work',
    open,
  });

  async function open(at: ResumePoint, signal: AbortSignal): Promise<Connection<AnswerPart>> {
    const { key, cursor } = at;
    const isResuming = cursor !== undefined && cursor !== '';
    if (!isResuming) reader = agUiReader();
    const { body } = await openBody(
      {
        request,
        contentTypes: [EVENT_STREAM],
        withCursor: isResuming,
        refine: (headers) => {
          headers['content-type'] ??= 'application/json';
          if (isResuming) headers['last-event-id'] = toHeaderBytes(cursor);
          if (isResuming && key !== undefined && isSendable(key))
            headers['x-run-id'] = toHeaderBytes(key);
        },
        refusal: isResuming ? refusedPlace : undefined,
      },
      at,
      signal,
    );
    if (body === null) return singleBatch([{ type: 'end', outcome: reader.end ?? 'incomplete' }]);
    reader.begin(at.toolCalls ?? {});
    let isKnown = key !== undefined;
    const protocol = createAnswerProtocol(reader, {
      endsAt: 'eof',
      cursorOf: (_, id) => id,
      // The first run names the log; others may follow in it.
      keyOf: (event) => {
        const run = isKnown ? undefined : runOf(event);
        isKnown ||= run !== undefined;
        return run;
      },
    });
    return bodyConnection(body, createProtocolDecoder(protocol, limits));
  }
}

/** TanStack AI names the run in an event before the first of the run itself. */
function runOf(event: unknown): string | undefined {
  const { type, name, value, runId } = fieldsOf(event);
  if (type === 'CUSTOM' && name === 'run.accepted') return textOf(fieldsOf(value)['runId']);
  return type === 'RUN_STARTED' ? textOf(runId) : undefined;
}
