/** The source `geminiContent()`: Gemini's content API. */

import type { StreamSource } from '../../../machines/source-contract.js';
import { adopt } from '../../../machines/thenable.js';
import type { ModelPart } from '../../tool-calls/response/answer.js';
import { geminiContentReader } from '../../tool-calls/formats/gemini-content.js';
import { configFailure } from '../shared/source-error.js';
import { checkKnown, checkString } from '../shared/validate-options.js';
import { POST_OPTIONS, singleResponse } from './shared/single-response.js';
import type { SingleResponseOptions } from './shared/single-response.js';

export interface GeminiContentOptions extends SingleResponseOptions {
  /** The model, as in `'gemini-3-flash'`. Not needed with `url`. */
  model?: string | undefined;
  /** The address up to `:streamGenerateContent`, as of Vertex AI. `alt=sse` is added. @default that of `model` at Google */
  url?: SingleResponseOptions['url'];
}

const GEMINI_OPTIONS = { ...POST_OPTIONS, model: true } as const satisfies Record<
  keyof GeminiContentOptions,
  true
>;

/**
 * Reads the response of `:streamGenerateContent`. It has no cursor: a drop ends it as failed, unless `continueWith`
 * continues the text, or `allowRestart` permits a second request, which is billed.
 *
 * @example
 * ```ts
 * import { geminiContent } from 'stream-reconnect/sources';
 *
 * const source = geminiContent({
 *   model: 'gemini-3-flash',
 *   headers: { 'x-goog-api-key': 'your key' },
 *   body: { contents: [{ role: 'user', parts: [{ text: 'Why is the sky blue?' }] }] },
 * });
 * ```
 * @throws ReconnectError `config` where an option cannot work.
 */
export function geminiContent(options: GeminiContentOptions): StreamSource<ModelPart> {
  checkKnown('geminiContent', options, GEMINI_OPTIONS);
  const { model, ...rest } = options;
  return singleResponse(withEvents(rest, model), {
    name: 'gemini-content',
    createReader: geminiContentReader,
  });
}

const BASE = 'https://generativelanguage.googleapis.com/v1beta';

function withEvents(options: SingleResponseOptions, model: unknown): SingleResponseOptions {
  const { url } = options;
  if (url === undefined) return { ...options, url: addressOf(model) };
  if (model !== undefined)
    throw configFailure('model or url', 'both', 'the model in the url, or no url');
  return {
    ...options,
    url:
      typeof url === 'function'
        ? async (context) => toEvents(await adopt(url(context)))
        : toEvents(url),
  };
}

function addressOf(model: unknown): string {
  if (model === undefined) throw configFailure('model, or url', 'none', "model: 'gemini-3-flash'");
  const path = checkString('model', model).split('/').map(encodeURIComponent);
  const place = path.length > 1 ? path.join('/') : `models/${path[0]}`;
  return `${BASE}/${place}:streamGenerateContent?alt=sse`;
}

/** Adds `alt=sse`: without it the response is one list, whose parts no reader can distinguish from cut ones. */
function toEvents(url: string | URL): string {
  const [address = '', hash] = String(url).split('#', 2);
  if (address.split('?', 1)[0]?.endsWith(':generateContent') === true)
    throw configFailure(
      'url of :streamGenerateContent',
      'one of :generateContent',
      '…:streamGenerateContent',
    );
  const alt = /[?&]alt=([^&]*)/.exec(address)?.[1];
  if (alt !== undefined && alt !== 'sse')
    throw configFailure('url with alt=sse', 'another alt', 'the url without alt');
  const asked =
    alt === undefined ? `${address}${address.includes('?') ? '&' : '?'}alt=sse` : address;
  return hash === undefined ? asked : `${asked}#${hash}`;
}
