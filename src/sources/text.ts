/** The source `text()`: plain text over fetch. The position is the number of UTF-16 code units received. */

import type {
  Connection,
  EndOutcome,
  ResumePoint,
  SourceItem,
  StreamSource,
} from '../../machines/source-contract.js';
import { withAddress } from './http/request/address.js';
import { bodyConnection, singleBatch } from './http/response/body-reader.js';
import type { BodyDecoder } from './http/response/body-reader.js';
import { LastResponse, Repetition } from './http/response/last-response.js';
import { openBody } from './http/request/open-body.js';
import { checkHttpOptions, HTTP_OPTIONS } from './http/options.js';
import type { HttpOptions } from './http/options.js';
import { checkResumeRequest, requestAt } from './http/request/resume-request.js';
import type { ResumeRequestFunction } from './http/request/resume-request.js';
import { checkPositionWords, toOptions } from './http/source-options.js';
import type { WithoutUrl } from './http/source-options.js';
import { Utf8Decoder } from './http/response/utf8.js';
import { checkString } from './shared/validate-options.js';

export interface TextOptions extends HttpOptions {
  /** The query parameter that carries the number of UTF-16 code units received. @default 'resumeAt' */
  resumeParam?: string | undefined;
  /** `'count'`: a drop requests what follows. `'none'`: it ends the stream. @default 'count' for GET and HEAD, else 'none' */
  resume?: 'count' | 'none' | undefined;
  /**
   * `'eof'`: the end of the bytes is the end. `'explicit'`: when the bytes end, the server is asked for more, and the end
   * is 204, or the same text again.
   * @default 'explicit' where the stream can be resumed, else 'eof'
   */
  terminal?: StreamSource<string>['terminal'] | undefined;
  /** @default 'safe' for GET, HEAD and with `idempotencyKey`, else 'restarts-work' */
  reopen?: StreamSource<string>['reopen'] | undefined;
  /** The request that continues after a drop, where the first one is a POST. */
  resumeRequest?: ResumeRequestFunction | undefined;
  /** The name in diagnostics. @default 'text' */
  name?: string | undefined;
}

const TEXT_OPTIONS = {
  ...HTTP_OPTIONS,
  resumeParam: true,
  resume: true,
  terminal: true,
  reopen: true,
  resumeRequest: true,
  name: true,
} as const satisfies Record<keyof TextOptions, true>;

/**
 * Reads text as it arrives. A drop requests what follows the UTF-16 code units received, as `resumable-stream` counts them.
 * A character is never split across items. If the server ignores the count and sends the same text again, that is the end.
 *
 * @example
 * ```ts
 * import { text } from 'stream-reconnect/sources';
 *
 * const source = text({ url: '/answers/7' }); // GET /answers/7?resumeAt=120 after a drop
 * ```
 * @throws ReconnectError `config` where an option cannot work.
 */
export function text(url: string | URL, options?: WithoutUrl<TextOptions>): StreamSource<string>;
export function text(options: TextOptions): StreamSource<string>;
export function text(
  first: string | URL | TextOptions,
  rest?: WithoutUrl<TextOptions>,
): StreamSource<string> {
  const options = toOptions('text', first, rest, TEXT_OPTIONS);
  const request = checkHttpOptions(options);
  const param = checkString('resumeParam', options.resumeParam ?? 'resumeAt');
  const words = checkPositionWords(options, request, 'text');
  const resumeRequest = checkResumeRequest(options.resumeRequest);
  const last = new LastResponse();
  return Object.freeze({ ...words, open });

  async function open(at: ResumePoint, signal: AbortSignal): Promise<Connection<string>> {
    const asked = withAddress(await requestAt(request, resumeRequest, at, signal), (url) => {
      if (at.chars > 0) url.searchParams.set(param, String(at.chars));
    });
    const withCursor = at.chars > 0;
    const { body } = await openBody({ request: asked, contentTypes: null, withCursor }, at, signal);
    if (body === null) return singleBatch([{ type: 'end', outcome: 'complete' }]);
    return bodyConnection(body, new TextChunks(last, at.chars));
  }
}

class TextChunks implements BodyDecoder<string> {
  readonly ended = false;
  readonly failure = undefined;
  readonly #utf8 = new Utf8Decoder();
  readonly #last: LastResponse;
  readonly #repetition: Repetition;
  /** UTF-16 code units of the stream, those of this connection included. */
  #chars: number;
  readonly #isFirst: boolean;
  #isStart = true;
  #bytes = 0;

  constructor(last: LastResponse, chars: number) {
    this.#last = last;
    this.#chars = chars;
    this.#isFirst = chars === 0;
    this.#repetition = new Repetition(last.endingAt(chars));
    last.forget();
  }

  decode(chunk: Uint8Array): readonly SourceItem<string>[] {
    let data = this.#utf8.decode(chunk);
    this.#bytes += chunk.length;
    if (this.#isStart && data !== '') {
      this.#isStart = false;
      // In the middle of a text U+FEFF is a character, not a byte order mark.
      const rest = data.slice(1);
      if (data.startsWith('\uFEFF') && (this.#isFirst || this.#repetition.beganWith(rest)))
        data = rest;
    }
    return this.#items(this.#repetition.take(data));
  }

  /** Ends the text. A character that was cut is not counted, and comes again. */
  finish(): readonly SourceItem<string>[] {
    const repetition = this.#repetition;
    if (repetition.isSame) return [end('complete')];
    const items = this.#items(repetition.finish());
    this.#last.keep(repetition.text, this.#chars);
    // It cannot be known whether this text repeats the last one, or continues it.
    return repetition.isSuspect ? [...items, end('incomplete')] : items;
  }

  #items(data: string): SourceItem<string>[] {
    if (data === '') return [];
    this.#chars += data.length;
    const bytes = this.#bytes;
    this.#bytes = 0;
    return [{ type: 'data', data, bytes, chars: data.length }];
  }
}

function end(outcome: EndOutcome): SourceItem<string> {
  return { type: 'end', outcome };
}
