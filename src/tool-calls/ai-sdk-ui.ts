/** AI SDK UI message stream, version 1. */

import type { EndOutcome } from '../../machines/contract.js';
import type { AnswerReader, AnswerStep } from './answer.js';
import { CallReader, wholeCall } from './calls.js';
import { eventFields, peerError, textOf } from './fields.js';
import type { Fields } from './fields.js';
import { FinishedCalls } from './finished-calls.js';
import { eventStep, textStep } from './steps.js';

/**
 * Reads the parts of a UI message stream. Pieces of an input are for the progress only: `tool-input-available`
 * repeats it whole, parsed. `[DONE]` is not one of the parts: the end is `finish` or `abort`, and data may follow.
 */
export function aiSdkUiReader(): AnswerReader {
  return new AiSdkUiReader();
}

const ENDS: ReadonlyMap<unknown, EndOutcome> = new Map([
  ['length', 'incomplete'],
  ['content-filter', 'incomplete'],
  ['error', 'failed'],
]);

class AiSdkUiReader implements AnswerReader {
  end: EndOutcome | null = null;
  readonly #calls = new CallReader<string>();
  readonly #finished = new FinishedCalls();
  /** Open calls that the peer runs itself. */
  readonly #server = new Set<string>();

  read(event: unknown): readonly AnswerStep[] {
    const fields = eventFields(event);
    const type = textOf(fields['type']);
    switch (type) {
      case 'text-delta':
        return textStep('text', fields['delta']);
      case 'reasoning-delta':
        return textStep('reasoning', fields['delta']);
      case 'reset-step':
        return [
          ...this.#calls.open().flatMap((id) => this.#interrupt(id)),
          eventStep('reset-step', fields),
        ];
      case 'error':
        throw peerError();
      case 'abort':
        this.end = 'cancelled';
        return [eventStep('abort', fields)];
      case 'finish':
        this.end = ENDS.get(fields['finishReason']) ?? 'complete';
        return [eventStep('finish', fields)];
      case undefined:
        return [];
      default:
        if (type.startsWith('tool-')) return this.#tool(type, fields);
        return [eventStep(type, fields)];
    }
  }

  #tool(type: string, fields: Fields): AnswerStep[] {
    const id = textOf(fields['toolCallId']) ?? '';
    const isInput = type.startsWith('tool-input-');
    if (isInput && (id === '' || this.#finished.has(id))) return [];
    switch (type) {
      case 'tool-input-start':
        if (fields['providerExecuted'] === true) this.#server.add(id);
        return [this.#calls.start(id, { id, name: textOf(fields['toolName']) })];
      case 'tool-input-delta':
        return this.#calls.append(id, textOf(fields['inputTextDelta']) ?? '');
      case 'tool-input-available':
        return [this.#available(id, fields)];
      case 'tool-input-error':
        return [...this.#interrupt(id), eventStep(type, withoutInput(fields))];
      default:
        return [eventStep(type, withoutInput(fields))];
    }
  }

  #available(id: string, fields: Fields): AnswerStep {
    const { input, providerExecuted } = fields;
    const isServerTool = providerExecuted === true || this.#server.delete(id);
    const args = input === undefined ? '{}' : JSON.stringify(input);
    const [open] = this.#calls.close(id, { args, name: textOf(fields['toolName']) });
    const name = nameIn(open) ?? textOf(fields['toolName']);
    const step = wholeCall({ id, name, args, isServerTool });
    if (step.part.type === 'toolCall') this.#finished.add(id);
    return step;
  }

  /** What is no JSON is interrupted in the account of the stream: the call must not run. */
  #interrupt(id: string): AnswerStep[] {
    this.#server.delete(id);
    return this.#calls.close(id, { args: '{' });
  }
}

/** The name that came with the start. */
function nameIn(step: AnswerStep | undefined): string | undefined {
  return step?.part.type === 'toolCall' ? step.part.name : undefined;
}

/** Parts about a call, without what it is called with. */
function withoutInput(fields: Fields): Fields {
  const { type, toolCallId, toolName, approvalId, signature } = fields;
  if (type === 'tool-input-error') return { type, toolCallId, toolName };
  if (type === 'tool-approval-request') return { type, toolCallId, approvalId, signature };
  const { input: _, inputTextDelta: __, ...rest } = fields;
  return rest;
}
