/** The parts of a model's answer as items. */

import type { DataItem } from '../../../machines/contract.js';
import type { AnswerPart, AnswerStep } from '../../tool-calls/answer.js';

/**
 * The steps of one event: their size is told once, and the last one carries the cursor, so that
 * it commits them all.
 */
export function answerItems(
  steps: readonly AnswerStep[],
  bytes: number,
  id?: string,
): DataItem<AnswerPart>[] {
  return steps.map(({ part, toolCall }, n) => ({
    type: 'data',
    data: part,
    bytes: n === 0 ? bytes : 0,
    id: n === steps.length - 1 ? id : undefined,
    toolCall,
  }));
}
