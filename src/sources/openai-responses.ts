/** OpenAI Responses in background mode as a source. */

import type { StreamSource } from '../../machines/contract.js';
import type { AnswerPart } from '../tool-calls/answer.js';
import { fieldsOf, textOf, wholeOf } from '../tool-calls/fields.js';
import { openaiResponsesReader } from '../tool-calls/openai-responses.js';
import { checkContiguity } from './contiguity.js';
import { configFailure } from './failure.js';
import { checkModelOptions } from './model/options.js';
import type { ModelOptions } from './model/options.js';
import { runAnswer } from './model/run-answer.js';

/**
 * Reads a response that runs in the background: a drop goes on after the last `sequence_number`. Without
 * `background: true` the server forgets the response with its connection, and a drop ends it as failed.
 *
 * @example
 * ```ts
 * import { openaiResponses } from 'stream-reconnect/sources';
 *
 * declare const key: string;
 * const source = openaiResponses({
 *   headers: { authorization: `Bearer ${key}` },
 *   body: { model: 'gpt-5', input: 'Hello', background: true, stream: true },
 * });
 * ```
 * @throws ReconnectError `config` where an option cannot work.
 */
export function openaiResponses(options: ModelOptions): StreamSource<AnswerPart> {
  const model = checkModelOptions(options, {
    name: 'openai-responses',
    url: 'https://api.openai.com/v1/responses',
  });
  checkBody(options.body);
  return runAnswer(model, {
    createReader: openaiResponsesReader,
    cursorOf: (event) => sequenceOf(event)?.toString(),
    keyOf: (event) => {
      const { type, response } = fieldsOf(event);
      return type === 'response.created' ? textOf(fieldsOf(response)['id']) : undefined;
    },
    query: (cursor) => ({ stream: 'true', starting_after: cursor }),
    isAfter: (event, cursor) => (sequenceOf(event) ?? Infinity) > Number(cursor),
    contiguous: checkContiguity('numeric'),
  });
}

function sequenceOf(event: unknown): number | undefined {
  return wholeOf(fieldsOf(event)['sequence_number']);
}

/** A body that is not streamed would never give an event. Others are the caller's to know. */
function checkBody(body: unknown): void {
  const { stream } = fieldsOf(body);
  const isObject = Object.getPrototypeOf(fieldsOf(body)) === Object.prototype;
  if (isObject && stream !== true)
    throw configFailure('body with stream: true', 'one without', 'body: { …, stream: true }');
}
