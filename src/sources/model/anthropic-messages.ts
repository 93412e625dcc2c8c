/** The source `anthropicMessages()`. */

import type { StreamSource } from '../../../machines/source-contract.js';
import { anthropicReader } from '../../tool-calls/formats/anthropic.js';
import type { ModelPart } from '../../tool-calls/response/answer.js';
import { singleResponse } from './shared/single-response.js';
import type { SingleResponseOptions } from './shared/single-response.js';

/**
 * Reads the response to a message. It has no cursor: a drop ends it as failed, unless `continueWith` continues the
 * text, or `allowRestart` permits a second request, which is billed.
 *
 * @example
 * ```ts
 * import { anthropicMessages } from 'stream-reconnect/sources';
 *
 * declare const key: string;
 * const messages = [{ role: 'user', content: 'Hello' }];
 * const source = anthropicMessages({
 *   headers: { 'x-api-key': key },
 *   body: { model: 'claude-sonnet-4-5', max_tokens: 1024, messages, stream: true },
 * });
 * ```
 * @throws ReconnectError `config` where an option cannot work.
 */
export function anthropicMessages(options: SingleResponseOptions): StreamSource<ModelPart> {
  return singleResponse(options, {
    name: 'anthropic-messages',
    url: 'https://api.anthropic.com/v1/messages',
    needsStreamFlag: true,
    createReader: anthropicReader,
    headers: { 'anthropic-version': '2023-06-01' },
  });
}
