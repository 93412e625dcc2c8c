/** Anthropic Messages. */

import type { EndOutcome } from '../../machines/contract.js';
import type { AnswerReader, AnswerStep } from './answer.js';
import { CallReader } from './calls.js';
import { eventFields, fieldsOf, peerError, textOf, wholeOf } from './fields.js';
import type { Fields } from './fields.js';
import { eventStep, textStep } from './steps.js';

/**
 * Reads the events of `POST /v1/messages`. A block that is closed is whole, but only the stop reason tells whether
 * its call may run: so calls are handed out when that comes, in their order.
 */
export function anthropicReader(): AnswerReader {
  return new AnthropicReader();
}

/** Stop reasons after which a call must not run: it may be cut. */
const CUT_SHORT: ReadonlySet<string> = new Set([
  'max_tokens',
  'model_context_window_exceeded',
  'refusal',
]);

class AnthropicReader implements AnswerReader {
  end: EndOutcome | null = null;
  readonly #calls = new CallReader<number>();
  /** Calls whose block is closed. */
  #closed: number[] = [];
  #outcome: EndOutcome = 'incomplete';

  read(event: unknown): readonly AnswerStep[] {
    const fields = eventFields(event);
    const index = wholeOf(fields['index']) ?? -1;
    switch (fields['type']) {
      case 'content_block_start':
        return this.#start(index, fieldsOf(fields['content_block']));
      case 'content_block_delta':
        return this.#delta(index, fieldsOf(fields['delta']));
      case 'content_block_stop':
        if (this.#calls.isOpen(index)) this.#closed.push(index);
        return [];
      case 'message_start':
        return [eventStep('message_start', fields['message'])];
      case 'message_delta':
        return this.#messageDelta(fields);
      case 'message_stop':
        this.end = this.#outcome;
        return [];
      case 'ping':
        return [];
      case 'error':
        throw peerError(fieldsOf(fields['error'])['type']);
      default:
        return typeof fields['type'] === 'string' ? [eventStep(fields['type'], fields)] : [];
    }
  }

  #start(index: number, block: Fields): AnswerStep[] {
    const { type, id, name, input, text } = block;
    if (type === 'tool_use' || type === 'server_tool_use' || type === 'mcp_tool_use') {
      const isServerTool = type !== 'tool_use';
      const start = { id: textOf(id) ?? `block_${index}`, name: textOf(name), isServerTool };
      // The input is empty at the start; a block that is not streamed has it whole.
      const args = Object.keys(fieldsOf(input)).length > 0 ? JSON.stringify(input) : '';
      return [this.#calls.start(index, { ...start, args })];
    }
    if (type === 'text') return textStep('text', text);
    if (type === 'thinking') return textStep('reasoning', block['thinking']);
    return typeof type === 'string' ? [eventStep(type, block)] : [];
  }

  #delta(index: number, delta: Fields): AnswerStep[] {
    switch (delta['type']) {
      case 'text_delta':
        return textStep('text', delta['text']);
      case 'thinking_delta':
        return textStep('reasoning', delta['thinking']);
      case 'input_json_delta':
        return this.#calls.append(index, textOf(delta['partial_json']) ?? '');
      default:
        return typeof delta['type'] === 'string' ? [eventStep(delta['type'], delta)] : [];
    }
  }

  #messageDelta({ delta, usage }: Fields): AnswerStep[] {
    const { stop_reason: reason } = fieldsOf(delta);
    const told = eventStep('message_delta', { stop_reason: reason, usage });
    if (typeof reason !== 'string') return [told];
    const isCut = CUT_SHORT.has(reason);
    this.#outcome = isCut ? 'incomplete' : 'complete';
    const closed = isCut ? [] : this.#closed.flatMap((index) => this.#calls.close(index));
    this.#closed = [];
    return [...closed, told];
  }
}
