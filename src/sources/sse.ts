/** Server-sent events over fetch, as a source. */

import type { Connection, ResumePoint, StreamSource } from '../../machines/contract.js';
import { streamBody } from './answer.js';
import { bodyConnection, singleBatch } from './body-batches.js';
import { discard, exchange } from './exchange.js';
import { openFailure } from './failure.js';
import { statusClass } from './http-status.js';
import { abortedFailure } from './network-error.js';
import { isSendable, toHeaderBytes } from './request-parts.js';
import { createSseDecoder } from './sse-decoder.js';
import type { SseEvent } from './sse-decoder.js';
import { checkSseOptions } from './sse-options.js';
import type { SseOptions } from './sse-options.js';

/**
 * Reads an event stream: `text/event-stream`, any method, resumed by `Last-Event-ID`.
 *
 * A clean end of the bytes proves nothing: without `isEnd` the stream goes on for ever, or until
 * the server says 204. Give `isEnd`, or `terminal: 'eof'` if the server's word is enough for you.
 *
 * @example
 * sse({ url: 'https://example.com/run/7', isEnd: (event) => event.data === '[DONE]' })
 * @throws ReconnectError `config` where an option cannot work.
 */
export function sse(options: SseOptions): StreamSource<SseEvent> {
  const checked = checkSseOptions(options);
  const { name, resume, terminal, reopen } = checked;
  return Object.freeze({ name, resume, terminal, reopen, open });

  async function open(at: ResumePoint, signal: AbortSignal): Promise<Connection<SseEvent>> {
    // An empty cursor is a statement of the server: its ids start over, ours does not go out.
    const cursor = at.cursor ?? checked.lastEventId;
    if (resume === 'cursor') checkCursor(cursor);
    const point = cursor === at.cursor ? at : { ...at, cursor };
    const response = await exchange(checked, point, signal, (headers) => {
      headers['accept'] ??= EVENT_STREAM;
      if (resume !== 'cursor' || cursor === undefined) return;
      if (cursor === '') delete headers['last-event-id'];
      else headers['last-event-id'] = toHeaderBytes(cursor);
    });
    if (signal.aborted) {
      discard(response);
      throw abortedFailure(signal);
    }
    if (statusClass(response.status) === 'nothing') {
      discard(response);
      const outcome = at.items === 0 && !cursor ? 'complete' : 'incomplete';
      return singleBatch([{ type: 'end', outcome, detail: { status: response.status } }]);
    }
    const body = streamBody(response, EVENT_STREAM, Boolean(cursor));
    return bodyConnection(body, createSseDecoder(checked, cursor ?? ''));
  }
}

const EVENT_STREAM = 'text/event-stream';

/** A cursor may come from a saved checkpoint: it is checked before it goes out. */
function checkCursor(cursor: string | undefined): void {
  if (cursor === undefined || isSendable(cursor)) return;
  throw openFailure('not-resumable', 'The cursor cannot be sent as a header', { fatal: true });
}
