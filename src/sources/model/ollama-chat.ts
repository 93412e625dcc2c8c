/** The source `ollamaChat()`: Ollama's own API. */

import type { StreamSource } from '../../../machines/source-contract.js';
import type { ModelPart } from '../../tool-calls/response/answer.js';
import { ollamaChatReader } from '../../tool-calls/formats/ollama-chat.js';
import { singleResponse } from './shared/single-response.js';
import type { SingleResponseOptions } from './shared/single-response.js';

/**
 * Reads the response of `/api/chat`, or of `/api/generate` if that is the `url`. It has no cursor: a drop ends it as
 * failed, unless `continueWith` continues the text, or `allowRestart` permits a second request.
 *
 * @example
 * ```ts
 * import { ollamaChat } from 'stream-reconnect/sources';
 *
 * const source = ollamaChat({
 *   body: { model: 'qwen3', messages: [{ role: 'user', content: 'Why is the sky blue?' }] },
 * });
 * ```
 * @throws ReconnectError `config` where an option cannot work.
 */
export function ollamaChat(options: SingleResponseOptions): StreamSource<ModelPart> {
  return singleResponse(options, {
    name: 'ollama-chat',
    url: 'http://127.0.0.1:11434/api/chat',
    framing: 'lines',
    createReader: ollamaChatReader,
  });
}
