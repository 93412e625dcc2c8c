/** AG-UI, as TanStack AI and other agent servers speak it. */

import type { EndOutcome } from '../../machines/contract.js';
import type { AnswerStep, OpenToolCalls, ResumableReader } from './answer.js';
import { CallReader } from './calls.js';
import { eventFields, textOf } from './fields.js';
import type { Fields } from './fields.js';
import { eventStep, textStep } from './steps.js';

/**
 * Reads AG-UI events. A run that finished may be followed by another: what ends there is told as `end`, and more
 * may come.
 */
export function agUiReader(): ResumableReader {
  return new AgUiReader();
}

/** Finish reasons after which the answer is not whole. */
const CUT_SHORT: ReadonlySet<unknown> = new Set(['length', 'content_filter']);

class AgUiReader implements ResumableReader {
  end: EndOutcome | null = null;
  readonly #calls = new CallReader<string>();

  begin(calls: OpenToolCalls): void {
    this.#calls.rewind(calls);
  }

  read(event: unknown): readonly AnswerStep[] {
    const fields = eventFields(event);
    const id = textOf(fields['toolCallId']) ?? '';
    switch (fields['type']) {
      case 'TEXT_MESSAGE_CONTENT':
      case 'TEXT_MESSAGE_CHUNK':
        return textStep('text', fields['delta']);
      case 'THINKING_TEXT_MESSAGE_CONTENT':
      case 'REASONING_MESSAGE_CONTENT':
      case 'REASONING_MESSAGE_CHUNK':
        return textStep('reasoning', fields['delta']);
      case 'TOOL_CALL_START':
        return [this.#start(id, fields)];
      case 'TOOL_CALL_ARGS':
        return this.#calls.append(id, textOf(fields['delta']) ?? '');
      case 'TOOL_CALL_CHUNK':
        return this.#chunk(id, fields);
      case 'TOOL_CALL_END':
        return this.#calls.close(id);
      case 'RUN_STARTED':
        this.end = null;
        return [eventStep('RUN_STARTED', fields)];
      case 'RUN_FINISHED':
        this.end = CUT_SHORT.has(fields['finishReason']) ? 'incomplete' : 'complete';
        return [...this.#closeChunked(), eventStep('RUN_FINISHED', fields)];
      case 'RUN_ERROR':
        this.end = 'failed';
        return [eventStep('RUN_ERROR', fields)];
      default:
        return typeof fields['type'] === 'string' ? [eventStep(fields['type'], fields)] : [];
    }
  }

  #start(id: string, { toolCallName, toolName }: Fields): AnswerStep {
    return this.#calls.start(id, { id, name: textOf(toolCallName) ?? textOf(toolName) });
  }

  /** The short form: start and pieces in one, without an end. */
  #chunk(id: string, fields: Fields): AnswerStep[] {
    const text = textOf(fields['delta']) ?? '';
    const isStart = id !== '' && !this.#calls.isOpen(id);
    if (!isStart)
      return this.#calls.append(id === '' ? (this.#calls.open().at(-1) ?? '') : id, text);
    this.#chunked.push(id);
    return [this.#start(id, fields), ...this.#calls.append(id, text)];
  }

  readonly #chunked: string[] = [];

  #closeChunked(): AnswerStep[] {
    return this.#chunked.splice(0).flatMap((id) => this.#calls.close(id));
  }
}
