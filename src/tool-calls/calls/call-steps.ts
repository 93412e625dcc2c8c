/** What a call says to the reader and to the account of the stream. */

import type { ToolCallDelta } from '../../../machines/source-contract.js';
import type { ModelPart, ResponseStep } from '../response/answer.js';
import type { Call } from './call.js';
import type { CallFault } from './call-piece.js';
import { textOf } from '../../json/fields.js';
import { eventStep } from '../response/steps.js';

/**
 * What is new of a call for the account of the stream.
 * @param formerId the id under which the account has it
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

/** The call turned out to be one that is recorded under another id. */
export function unrecord(call: Call, id: string): ResponseStep[] {
  if (!call.isRecorded) return [];
  call.isRecorded = false;
  return [{ part: progressOf(call), toolCall: [{ id, interrupted: true }] }];
}

export function progressOf({ id, name, size }: Pick<Call, 'id' | 'name' | 'size'>): ModelPart {
  return { type: 'toolCallProgress', id, name, chars: size };
}

/** A call without an id, in a format whose answers to calls need one: nobody could say what the result belongs to. */
export function withoutIdStep(name: unknown): ResponseStep {
  return malformedStep({ id: '', name: textOf(name) || null }, 'no id');
}

/** A call that must not run, with the reason. */
export function malformedStep(
  { id, name }: { readonly id: string; readonly name: string | null },
  reason: CallFault,
  toolCall: readonly ToolCallDelta[] = [],
): ResponseStep {
  const step = eventStep('malformedToolCall', { id, name, reason });
  return toolCall.length === 0 ? step : { ...step, toolCall };
}
