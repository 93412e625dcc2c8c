/** The source `sse()`: server-sent events over fetch. */

import type { Connection, ResumePoint, StreamSource } from '../../machines/source-contract.js';
import { bodyConnection, singleBatch } from './http/response/body-reader.js';
import { openBody } from './http/request/open-body.js';
import { checkCursor, toHeaderBytes } from './http/request/validate-request.js';
import { requestAt } from './http/request/resume-request.js';
import type { WithoutUrl } from './http/source-options.js';
import { createSseDecoder, EVENT_STREAM } from './sse/decoder.js';
import type { SseEvent } from './sse/decoder.js';
import { checkSseOptions } from './sse/options.js';
import type { SseOptions } from './sse/options.js';

/** Options with which the items are what `parse` returns. */
export interface Parsing<T> {
  parse: (event: SseEvent) => T | undefined;
}

/**
 * Reads an event stream: `text/event-stream`, by any method, resumed by `Last-Event-ID`.
 *
 * A clean end of the bytes proves nothing: without `isEnd` the stream goes on for ever, or until the server answers
 * 204. Give `isEnd`, or `terminal: 'eof'` if the end of the bytes is the end of your stream.
 *
 * @example
 * ```ts
 * import { sse } from 'stream-reconnect/sources';
 *
 * const source = sse('https://example.com/run/7', { isEnd: (event) => event.data === '[DONE]' });
 * const ticks = sse({
 *   url: 'https://example.com/feed',
 *   parse: (event) => JSON.parse(event.data) as { price: number },
 * });
 * ```
 * @throws ReconnectError `config` where an option cannot work.
 */
export function sse<T>(
  url: string | URL,
  options: WithoutUrl<SseOptions<T>> & Parsing<T>,
): StreamSource<T>;
export function sse<T>(options: SseOptions<T> & Parsing<T>): StreamSource<T>;
export function sse(url: string | URL, options?: WithoutUrl<SseOptions>): StreamSource<SseEvent>;
export function sse(options: SseOptions): StreamSource<SseEvent>;
export function sse<T>(
  first: string | URL | SseOptions<T>,
  rest?: WithoutUrl<SseOptions<T>>,
): StreamSource<T> {
  const checked = checkSseOptions(first, rest);
  const { words, feed, contiguous, request, resumeRequest } = checked;
  const { lastEventId, decoding } = checked;
  const { name, resume, terminal, reopen } = words;
  const source = { name, resume, terminal, reopen, ...feed, delivery: 'eager', open } as const;
  return Object.freeze(contiguous === undefined ? source : { ...source, contiguous });

  async function open(at: ResumePoint, signal: AbortSignal): Promise<Connection<T>> {
    // An empty cursor was sent by the server: its ids start over, and `lastEventId` is not sent.
    const cursor = at.cursor ?? lastEventId;
    if (resume === 'cursor' && cursor !== undefined) checkCursor(cursor);
    const point = cursor === at.cursor ? at : { ...at, cursor };
    const { response, body } = await openBody(
      {
        request: await requestAt(request, resumeRequest, point, signal),
        contentTypes: [EVENT_STREAM],
        // A rejected `lastEventId` of the caller would be sent, and rejected, again.
        withCursor: Boolean(at.cursor),
        addHeaders: (headers) => {
          if (resume !== 'cursor' || cursor === undefined) return;
          if (cursor === '') delete headers['last-event-id'];
          else headers['last-event-id'] = toHeaderBytes(cursor);
        },
      },
      point,
      signal,
    );
    if (body === null) {
      const outcome = at.items === 0 && !cursor ? 'complete' : 'incomplete';
      return singleBatch([{ type: 'end', outcome, detail: { status: response.status } }]);
    }
    return bodyConnection(body, createSseDecoder(decoding, cursor ?? ''));
  }
}
