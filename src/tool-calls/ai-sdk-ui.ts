/** AI SDK UI message stream, version 1. */

import type { EndOutcome } from '../../machines/contract.js';
import type { AnswerReader, AnswerStep } from './answer.js';
import { CallReader, wholeCall } from './calls.js';
import { eventFields, peerError, textOf } from './fields.js';
import type { Fields } from './fields.js';
import { eventStep, textStep } from './steps.js';

/**
 * Reads the parts of a UI message stream. Pieces of an input are for the progress only: `tool-input-available`
 * repeats it whole, parsed. `[DONE]` is not one of the parts: the end is `finish` or `abort`.
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

  read(event: unknown): readonly AnswerStep[] {
    const fields = eventFields(event);
    const id = textOf(fields['toolCallId']) ?? '';
    switch (fields['type']) {
      case 'text-delta':
        return textStep('text', fields['delta']);
      case 'reasoning-delta':
        return textStep('reasoning', fields['delta']);
      case 'tool-input-start':
        return [this.#calls.start(id, startOf(id, fields))];
      case 'tool-input-delta':
        return this.#calls.append(id, textOf(fields['inputTextDelta']) ?? '');
      case 'tool-input-available':
        return this.#available(id, fields);
      case 'tool-input-error':
        return this.#refused(id, fields);
      case 'reset-step':
        return [
          ...this.#calls.open().flatMap((call) => this.#interrupt(call)),
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
      default:
        return typeof fields['type'] === 'string' ? [eventStep(fields['type'], fields)] : [];
    }
  }

  #available(id: string, fields: Fields): AnswerStep[] {
    const args = JSON.stringify(fields['input'] ?? {});
    const { name, isServerTool } = startOf(id, fields);
    if (this.#calls.isOpen(id)) return this.#calls.close(id, { args, name });
    return [wholeCall({ id, name, args, isServerTool })];
  }

  /** The input is no input: the call must not run. */
  #refused(id: string, fields: Fields): AnswerStep[] {
    const told = eventStep('tool-input-error', { toolCallId: id, toolName: fields['toolName'] });
    return [...this.#interrupt(id), told];
  }

  #interrupt(id: string): AnswerStep[] {
    return this.#calls.close(id, { args: '{' });
  }
}

function startOf(
  id: string,
  { toolName, providerExecuted }: Fields,
): {
  readonly id: string;
  readonly name: string | undefined;
  readonly isServerTool: boolean;
} {
  return { id, name: textOf(toolName), isServerTool: providerExecuted === true };
}
