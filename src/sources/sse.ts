/** Server-sent events over fetch, as a source. */

import type { Connection, ResumePoint, StreamSource } from '../../machines/contract.js';
import { bodyConnection, singleBatch } from './http/body-batches.js';
import { openBody } from './http/open-body.js';
import { checkCursor, toHeaderBytes } from './http/request-parts.js';
import { createSseDecoder, EVENT_STREAM } from './sse/decoder.js';
import type { SseEvent } from './sse/decoder.js';
import { checkSseOptions } from './sse/options.js';
import type { SseOptions } from './sse/options.js';

/**
 * Reads an event stream: `text/event-stream`, any method, resumed by `Last-Event-ID`.
 *
 * A clean end of the bytes proves nothing: without `isEnd` the stream goes on for ever, or until
 * the server says 204. Give `isEnd`, or `terminal: 'eof'` if the server's word is enough for you.
 *
 * @example
 * ```ts
 * import { sse } from 'stream-reconnect/sources';
 *
 * const source = sse({ url: 'https://example.com/run/7', isEnd: (event) => event.data === '[DONE]' });
 * ```
 * @throws ReconnectError `config` where an option cannot work.
 */
export function sse(options: SseOptions): StreamSource<SseEvent> {
  const { words, contiguous, request, lastEventId, decoding } = checkSseOptions(options);
  const { name, resume, terminal, reopen } = words;
  const source = { name, resume, terminal, reopen, open };
  return Object.freeze(contiguous === undefined ? source : { ...source, contiguous });

  async function open(at: ResumePoint, signal: AbortSignal): Promise<Connection<SseEvent>> {
    // An empty cursor is a statement of the server: its ids start over, ours does not go out.
    const cursor = at.cursor ?? lastEventId;
    if (resume === 'cursor' && cursor !== undefined) checkCursor(cursor);
    const point = cursor === at.cursor ? at : { ...at, cursor };
    const { response, body } = await openBody(
      {
        request,
        contentTypes: [EVENT_STREAM],
        // One of the caller's own would be sent, and refused, again.
        withCursor: Boolean(at.cursor),
        refine: (headers) => {
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
