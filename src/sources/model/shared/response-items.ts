/** Converts the parts of a model's response into items. */

import type { DataItem } from '../../../../machines/source-contract.js';
import type { ModelPart, ResponseStep } from '../../../tool-calls/response/answer.js';
import type { SseEvent } from '../../sse/decoder.js';

/**
 * Returns the steps of one event as items. The first one has the size of the event. The last one carries the cursor, so
 * that it commits all of them, and the text of the event, by which a repetition is recognised.
 */
export function responseItems(
  steps: readonly ResponseStep[],
  { data: text }: Pick<SseEvent, 'data'>,
  id?: string,
): DataItem<ModelPart>[] {
  return steps.map(({ part, toolCall }, n) => {
    const bytes = n === 0 ? text.length : 0;
    const chars = part.type === 'text' ? part.text.length : undefined;
    const item = { type: 'data', data: part, bytes, chars, toolCall } as const;
    return n === steps.length - 1 && id !== undefined ? { ...item, id, raw: text } : item;
  });
}
