/** What a call says to the reader and to the account of the stream. */

import type { ToolCallDelta } from '../../../machines/source-contract.js';
import type { ModelPart, ResponseStep } from '../response/answer.js';
import type { CallFault } from './call-piece.js';
import { textOf } from '../../json/fields.js';
import { eventStep } from '../response/steps.js';

export function progressOf(call: {
  readonly id: string;
  readonly name: string | null;
  readonly size: number;
}): ModelPart {
  return { type: 'toolCallProgress', id: call.id, name: call.name, chars: call.size };
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
