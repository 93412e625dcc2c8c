/** The source `openaiResponses()`: OpenAI Responses in background mode. */

import type { StreamSource } from '../../../machines/source-contract.js';
import type { ModelPart } from '../../tool-calls/response/answer.js';
import { fieldsOf, textOf, wholeOf } from '../../json/fields.js';
import { openaiResponsesReader } from '../../tool-calls/formats/openai-responses.js';
import { checkContiguity } from '../shared/contiguity.js';
import { checkModelOptions, MODEL_OPTIONS } from './shared/options.js';
import type { ModelOptions } from './shared/options.js';
import { resumableRun } from './shared/resumable-run.js';
import { checkKnown } from '../shared/validate-options.js';

/**
 * Reads a response that runs in the background, and resumes it after the last `sequence_number`. Without
 * `background: true` the server forgets the response when its connection ends, and a drop ends it as failed.
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
export function openaiResponses(options: ModelOptions): StreamSource<ModelPart> {
  checkKnown('openaiResponses', options, MODEL_OPTIONS);
  const model = checkModelOptions(options, {
    name: 'openai-responses',
    url: 'https://api.openai.com/v1/responses',
    needsStreamFlag: true,
  });
  return resumableRun(model, {
    createReader: openaiResponsesReader,
    cursorOf: (event) => sequenceOf(event)?.toString(),
    keyOf: (event, name) => {
      const { type, response } = fieldsOf(event);
      return (textOf(type) ?? name) === 'response.created'
        ? textOf(fieldsOf(response)['id'])
        : undefined;
    },
    query: (cursor) => ({ stream: 'true', starting_after: cursor }),
    contiguous: checkContiguity('numeric'),
  });
}

function sequenceOf(event: unknown): number | undefined {
  return wholeOf(fieldsOf(event)['sequence_number']);
}
