/** OpenAI Responses. */

import type { EndOutcome } from '../../machines/contract.js';
import type { AnswerStep, OpenToolCalls, ResumableReader } from './answer.js';
import { CallReader, wholeCall } from './calls.js';
import { eventFields, fieldsOf, peerError, textOf } from './fields.js';
import type { Fields } from './fields.js';
import { eventStep, textStep } from './steps.js';

/**
 * Reads the events of `POST /v1/responses`. Arguments are handed out when their item is done, which repeats them
 * whole: pieces are for the progress only.
 */
export function openaiResponsesReader(): ResumableReader {
  return new OpenaiResponsesReader();
}

/** Kinds of items that are calls, with the field of their arguments. */
const CALLS: ReadonlyMap<unknown, 'arguments' | 'input'> = new Map([
  ['function_call', 'arguments'],
  ['custom_tool_call', 'input'],
  ['mcp_call', 'arguments'],
]);

const ENDS: ReadonlyMap<unknown, EndOutcome> = new Map([
  ['response.completed', 'complete'],
  ['response.incomplete', 'incomplete'],
  ['response.failed', 'failed'],
  ['response.cancelled', 'cancelled'],
]);

class OpenaiResponsesReader implements ResumableReader {
  end: EndOutcome | null = null;
  readonly #calls = new CallReader<string>();

  begin(calls: OpenToolCalls): void {
    this.end = null;
    this.#calls.rewind(calls);
  }

  read(event: unknown): readonly AnswerStep[] {
    const fields = eventFields(event);
    const { type, delta, item_id: item } = fields;
    const text = textOf(delta) ?? '';
    switch (type) {
      case 'response.output_text.delta':
        return textStep('text', delta);
      case 'response.reasoning_text.delta':
      case 'response.reasoning_summary_text.delta':
        return textStep('reasoning', delta);
      case 'response.output_item.added':
        return this.#added(fieldsOf(fields['item']));
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
      case 'response.mcp_call_arguments.delta':
        return this.#calls.append(textOf(item) ?? '', text);
      // Repeated by the item itself, which also tells whether it is whole.
      case 'response.function_call_arguments.done':
      case 'response.custom_tool_call_input.done':
      case 'response.mcp_call_arguments.done':
        return [];
      case 'response.output_item.done':
        return this.#done(fieldsOf(fields['item']));
      case 'error':
        throw peerError(
          fields['code'],
          fieldsOf(fields['error'])['code'],
          fieldsOf(fields['error'])['type'],
        );
      default:
        return this.#other(fields);
    }
  }

  #added(item: Fields): AnswerStep[] {
    const { type, id } = item;
    if (!CALLS.has(type)) return [eventStep('response.output_item.added', item)];
    const callId = textOf(item['call_id']) ?? textOf(id) ?? '';
    const isServerTool = type === 'mcp_call';
    return [
      this.#calls.start(textOf(id) ?? callId, {
        id: callId,
        name: textOf(item['name']),
        isServerTool,
      }),
    ];
  }

  #done(item: Fields): AnswerStep[] {
    const { type, id, status } = item;
    const field = CALLS.get(type);
    if (field === undefined) return [eventStep('response.output_item.done', item)];
    const callId = textOf(item['call_id']) ?? textOf(id) ?? '';
    const key = textOf(id) ?? callId;
    // Cut by the limit of tokens: it stays open, and is interrupted when the stream ends.
    if (status === 'incomplete') return [];
    const raw = textOf(item[field]) ?? '';
    // What a custom tool is given is text: as JSON it is a string.
    const args = field === 'input' ? JSON.stringify(raw) : raw;
    const name = textOf(item['name']);
    if (this.#calls.isOpen(key)) return this.#calls.close(key, { args, name });
    return [wholeCall({ id: callId, name, args, isServerTool: type === 'mcp_call' })];
  }

  #other(fields: Fields): AnswerStep[] {
    const { type } = fields;
    if (typeof type !== 'string') return [];
    const end = ENDS.get(type);
    if (end !== undefined) this.end = end;
    const response = fields['response'];
    // The whole response repeats every item, with arguments that may be cut.
    return [eventStep(type, response === undefined ? fields : summaryOf(fieldsOf(response)))];
  }
}

function summaryOf({ id, status, usage, incomplete_details: details }: Fields): Fields {
  return { id, status, usage, incomplete_details: details };
}
