/** The source `openaiChat()`: OpenAI Chat Completions, and servers with the same format. */

import type { StreamSource } from '../../../machines/source-contract.js';
import type { ModelPart } from '../../tool-calls/response/answer.js';
import { openaiChatReader } from '../../tool-calls/formats/openai-chat.js';
import { singleResponse } from './shared/single-response.js';
import type { SingleResponseOptions } from './shared/single-response.js';

/**
 * Reads the response of a chat. It has no cursor: a drop ends it as failed, unless `continueWith` continues the
 * text, or `allowRestart` permits a second request, which is billed.
 *
 * @example
 * ```ts
 * import { openaiChat } from 'stream-reconnect/sources';
 *
 * declare const key: string;
 * const source = openaiChat({
 *   headers: { authorization: `Bearer ${key}` },
 *   body: { model: 'gpt-5', messages: [{ role: 'user', content: 'Hello' }], stream: true },
 * });
 * ```
 * @throws ReconnectError `config` where an option cannot work.
 */
export function openaiChat(options: SingleResponseOptions): StreamSource<ModelPart> {
  return singleResponse(options, {
    name: 'openai-chat',
    url: 'https://api.openai.com/v1/chat/completions',
    needsStreamFlag: true,
    createReader: openaiChatReader,
  });
}
