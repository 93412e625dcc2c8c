/** Durable Streams over server-sent events: data, and after it a control event with the place behind it. */

import type { SourceItem } from '../../../machines/contract.js';
import { fieldsOf, textOf } from '../../tool-calls/fields.js';
import type { SseEvent } from '../sse/decoder.js';
import { parseEvent } from '../sse/protocol.js';
import type { SseProtocol } from '../sse/protocol.js';
import { byteItems, fromBase64, textItems } from './messages.js';
import type { DurableFormat } from './messages.js';
import { lost } from './request.js';
import type { DurablePlace } from './request.js';

export interface DurableEvents extends SseProtocol<unknown> {
  readonly place: DurablePlace;
  /** Whether data came for which no control event did. */
  readonly hasOpenData: boolean;
}

export function durableEvents(
  from: DurablePlace,
  format: DurableFormat,
  isBase64: boolean,
): DurableEvents {
  let place = from;
  let hasOpenData = false;
  return {
    get place() {
      return place;
    },
    get hasOpenData() {
      return hasOpenData;
    },
    read(event) {
      if (event.type === 'control') return control(event);
      if (event.type !== 'data' && event.type !== 'message') return [];
      hasOpenData = true;
      return isBase64 ? byteItems(fromBase64(event.data), format) : textItems(event.data, format);
    },
  };

  function control(event: SseEvent): SourceItem<unknown>[] {
    const fields = fieldsOf(parseEvent(event));
    const offset = textOf(fields['streamNextOffset']);
    if (offset === undefined || offset === '') throw lost();
    const items: SourceItem<unknown>[] =
      offset === place.offset ? [] : [{ type: 'checkpoint', cursor: offset }];
    place = { offset, cursor: textOf(fields['streamCursor']) };
    hasOpenData = false;
    if (fields['streamClosed'] === true) items.push({ type: 'end', outcome: 'complete' });
    return items;
  }
}
