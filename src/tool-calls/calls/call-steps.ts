/** The steps of a call: its parts for the consumer, and its entries in the stream's record. */

import type { ToolCallDelta } from '../../../machines/source-contract.js';
import type { ModelPart, ResponseStep } from '../response/answer.js';
import type { Call } from './call.js';
import type { CallFault } from './call-piece.js';
import { textOf } from '../../json/fields.js';
import { eventStep } from '../response/steps.js';

/**
 * Returns what is new about a call for the stream's record.
 * @param formerId the id under which the record has the call
 */
export function record(
  call: Call,
  before: Pick<Call, 'name' | 'size'>,
  formerId: string | undefined,
): ResponseStep[] {
  const { id, name } = call;
  const isNew = !call.isRecorded;
  call.isRecorded = true;
  const isNamed = name !== null && (isNew || before.name === null);
  const isNews = call.text.isReplaced || call.hasNewValue || call.size !== before.size;
  const isChanged = isNew || isNamed || isNews;
  if (!isChanged && formerId === undefined) return [];
  const delta: ToolCallDelta = {
    id,
    ...(isNamed ? { name } : {}),
    ...call.recordedPiece(isNew),
    ...(formerId === undefined || isNew ? {} : { formerId }),
  };
  return [{ part: progressOf(call), toolCall: [delta] }];
}

/** Returns the entry for a call that is recorded under another id. */
export function unrecord(call: Call, id: string): ResponseStep[] {
  if (!call.isRecorded) return [];
  call.isRecorded = false;
  return [{ part: progressOf(call), toolCall: [{ id, interrupted: true }] }];
}

export function progressOf({ id, name, size }: Pick<Call, 'id' | 'name' | 'size'>): ModelPart {
  return { type: 'toolCallProgress', id, name, chars: size };
}

/** Returns the step for a call without an id, in a format where results of calls need one. */
export function withoutIdStep(name: unknown): ResponseStep {
  return malformedStep({ id: '', name: textOf(name) || null }, 'no id');
}

/** Returns the step for a call that must not run, with the reason. */
export function malformedStep(
  { id, name }: { readonly id: string; readonly name: string | null },
  reason: CallFault,
  toolCall: readonly ToolCallDelta[] = [],
): ResponseStep {
  const step = eventStep('malformedToolCall', { id, name, reason });
  return toolCall.length === 0 ? step : { ...step, toolCall };
}
