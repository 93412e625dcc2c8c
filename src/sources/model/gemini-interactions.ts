/** The source `geminiInteractions()`. */

import type { StreamSource } from '../../../machines/source-contract.js';
import type { ModelPart } from '../../tool-calls/response/answer.js';
import { fieldsOf, textOf } from '../../json/fields.js';
import { geminiReader } from '../../tool-calls/formats/gemini.js';
import { checkModelOptions, MODEL_OPTIONS } from './shared/options.js';
import type { ModelOptions } from './shared/options.js';
import { resumableRun } from './shared/resumable-run.js';
import { checkKnown } from '../shared/validate-options.js';

/**
 * Reads an interaction, and resumes it after the last `event_id`.
 *
 * @example
 * ```ts
 * import { geminiInteractions } from 'stream-reconnect/sources';
 *
 * declare const key: string;
 * const source = geminiInteractions({
 *   headers: { 'x-goog-api-key': key },
 *   body: { model: 'gemini-2.5-flash', input: 'Hello', stream: true },
 * });
 * ```
 * @throws ReconnectError `config` where an option cannot work.
 */
export function geminiInteractions(options: ModelOptions): StreamSource<ModelPart> {
  checkKnown('geminiInteractions', options, MODEL_OPTIONS);
  const model = checkModelOptions(options, {
    name: 'gemini-interactions',
    url: 'https://generativelanguage.googleapis.com/v1beta/interactions',
    needsStreamFlag: true,
  });
  return resumableRun(model, {
    createReader: geminiReader,
    cursorOf: (event) => textOf(fieldsOf(event)['event_id']),
    keyOf: (event, name) => {
      const { event_type: given, type, interaction } = fieldsOf(event);
      if ((textOf(given) ?? textOf(type) ?? name) !== 'interaction.created') return undefined;
      // An interaction that is not stored has the empty id, and cannot be resumed.
      return textOf(fieldsOf(interaction)['id']) || undefined;
    },
    query: (cursor) => ({ stream: 'true', last_event_id: cursor }),
  });
}
