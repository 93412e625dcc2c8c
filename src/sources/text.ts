/** Plain text over fetch, as a source: the position is the number of letters received. */

import type { Connection, ResumePoint, SourceItem, StreamSource } from '../../machines/contract.js';
import { withAddress } from './http/address.js';
import { bodyConnection, singleBatch } from './http/body-batches.js';
import type { BodyDecoder } from './http/body-batches.js';
import { openBody } from './http/open-body.js';
import { checkHttpOptions, reopenBy } from './http/options.js';
import type { HttpOptions } from './http/options.js';
import { Utf8Decoder } from './http/utf8.js';
import { checkString, checkWords } from './option-checks.js';

export interface TextOptions extends HttpOptions {
  /** The name in the query by which the number of UTF-16 units received goes out. @default 'resumeAt' */
  resumeParam?: string | undefined;
  /**
   * `'eof'`: the bytes may simply end. `'explicit'`: after the bytes ended the server is asked for more, and the end
   * is when it answers 204.
   * @default 'explicit'
   */
  terminal?: StreamSource<string>['terminal'] | undefined;
  /** @default 'safe' for GET and HEAD, else 'restarts-work' */
  reopen?: StreamSource<string>['reopen'] | undefined;
  /** The name in diagnostics. @default 'text' */
  name?: string | undefined;
}

/**
 * Reads text as it comes. A drop asks for what follows the UTF-16 units received, as `resumable-stream` counts them.
 * A letter is handed out whole or not at all.
 *
 * @example
 * ```ts
 * import { text } from 'stream-reconnect/sources';
 *
 * const source = text({ url: '/answers/7' }); // GET /answers/7?resumeAt=120 after a drop
 * ```
 * @throws ReconnectError `config` where an option cannot work.
 */
export function text(options: TextOptions): StreamSource<string> {
  const request = checkHttpOptions(options);
  const param = checkString('resumeParam', options.resumeParam ?? 'resumeAt');
  const { name, resume, terminal, reopen } = checkWords(
    { ...options, resume: 'count' },
    { name: 'text', resume: 'count', terminal: 'explicit', reopen: reopenBy(request) },
  );
  const asked = withAddress(request, (url, { chars }) => {
    if (chars > 0) url.searchParams.set(param, String(chars));
  });
  return Object.freeze({ name, resume, terminal, reopen, open });

  async function open(at: ResumePoint, signal: AbortSignal): Promise<Connection<string>> {
    const withCursor = at.chars > 0;
    const { body } = await openBody({ request: asked, contentTypes: null, withCursor }, at, signal);
    if (body === null) return singleBatch([{ type: 'end', outcome: 'complete' }]);
    return bodyConnection(body, new TextChunks(at.chars === 0));
  }
}

class TextChunks implements BodyDecoder<string> {
  readonly ended = false;
  readonly failure = undefined;
  readonly #utf8 = new Utf8Decoder();
  #isStart: boolean;

  constructor(isStart: boolean) {
    this.#isStart = isStart;
  }

  decode(chunk: Uint8Array): readonly SourceItem<string>[] {
    let data = this.#utf8.decode(chunk);
    if (this.#isStart && data !== '') {
      this.#isStart = false;
      if (data.startsWith('\uFEFF')) data = data.slice(1);
    }
    if (data === '') return [];
    return [{ type: 'data', data, bytes: chunk.length, chars: data.length }];
  }

  /** A letter that was cut is not counted: it comes again. */
  finish(): undefined {
    return undefined;
  }
}
