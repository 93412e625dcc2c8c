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

/**
 * Stop reasons after which a call may run. After any other, such as `max_tokens`, `refusal` or one that a compatible
 * server made up, it may be cut.
 */
const WHOLE: ReadonlySet<string> = new Set([
  'compaction',
  'end_turn',
  'pause_turn',
  'stop_sequence',
  'tool_use',
]);

class AnthropicReader implements AnswerReader {
  end: EndOutcome | null = null;
  readonly #calls = new CallReader<number>();
  /** Inputs that came with the start of a call; they hold if no pieces come. */
  readonly #given = new Map<number, string>();
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
        return [eventStep('message_start', { ...fieldsOf(fields['message']), content: [] })];
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
    if (typeof type !== 'string') return [];
    // `server_tool_use` and `mcp_tool_use` are run by the peer.
    if (/(?:^|_)tool_use$/.test(type)) {
      const isServerTool = type !== 'tool_use';
      // The input is empty at the start; a block that is not streamed has it whole.
      if (Object.keys(fieldsOf(input)).length > 0) this.#given.set(index, JSON.stringify(input));
      else this.#given.delete(index);
      const call = { id: textOf(id) ?? `block_${index}`, name: textOf(name), isServerTool };
      return [this.#calls.start(index, call)];
    }
    if (type === 'text') return textStep('text', text);
    if (type === 'thinking') return textStep('reasoning', block['thinking']);
    return [eventStep(type, block)];
  }

  #delta(index: number, delta: Fields): AnswerStep[] {
    switch (delta['type']) {
      case 'text_delta':
        return textStep('text', delta['text']);
      case 'thinking_delta':
        return textStep('reasoning', delta['thinking']);
      case 'input_json_delta':
        if (delta['partial_json'] !== '') this.#given.delete(index);
        return this.#calls.append(index, textOf(delta['partial_json']) ?? '');
      default:
        // What a call is given by pieces of a kind that we do not know is no event.
        if (this.#calls.isOpen(index)) return [];
        return typeof delta['type'] === 'string' ? [eventStep(delta['type'], delta)] : [];
    }
  }

  #messageDelta({ delta, usage }: Fields): AnswerStep[] {
    const { stop_reason: reason } = fieldsOf(delta);
    const told = eventStep('message_delta', { stop_reason: reason, usage });
    if (typeof reason !== 'string') return [told];
    const isWhole = WHOLE.has(reason);
    this.#outcome = isWhole ? 'complete' : 'incomplete';
    const calls = isWhole ? this.#closed.flatMap((index) => this.#close(index)) : [];
    this.#closed = [];
    return [...calls, told];
  }

  #close(index: number): AnswerStep[] {
    const args = this.#given.get(index);
    return this.#calls.close(index, args === undefined ? undefined : { args });
  }
}
