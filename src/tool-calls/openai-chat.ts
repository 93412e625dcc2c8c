/** OpenAI Chat Completions, and the many servers that speak it. */

import type { EndOutcome } from '../../machines/contract.js';
import type { AnswerReader, AnswerStep } from './answer.js';
import { CallReader } from './calls.js';
import { eventFields, fieldsOf, listOf, peerError, textOf, wholeOf } from './fields.js';
import type { Fields } from './fields.js';
import { eventStep, textStep } from './steps.js';

/**
 * Reads `chat.completion.chunk` events; of several choices the first. `[DONE]` is not one of them: the end is
 * the finish reason. No call is closed on its own, so all are whole, or none, when that comes.
 */
export function openaiChatReader(): AnswerReader {
  return new OpenaiChatReader();
}

/** Reasons after which arguments may be cut, although they may parse. */
const CUT_SHORT: ReadonlySet<string> = new Set(['length', 'content_filter']);

class OpenaiChatReader implements AnswerReader {
  end: EndOutcome | null = null;
  readonly #calls = new CallReader<string>();

  read(event: unknown): readonly AnswerStep[] {
    const { error, choices, usage } = eventFields(event);
    if (error !== undefined && error !== null)
      throw peerError(fieldsOf(error)['code'], fieldsOf(error)['type']);
    const first = listOf(choices)
      .map(fieldsOf)
      .find(({ index }) => index === undefined || index === 0);
    const steps = first === undefined ? [] : this.#choice(first);
    if (usage === undefined || usage === null) return steps;
    return [...steps, eventStep('usage', usage)];
  }

  #choice({ delta, finish_reason: reason }: Fields): AnswerStep[] {
    const fields = fieldsOf(delta);
    const refusal = textOf(fields['refusal']) ?? '';
    const steps: AnswerStep[] = [
      ...textStep('reasoning', fields['reasoning_content'] ?? fields['reasoning']),
      ...textStep('text', fields['content']),
      ...(refusal === '' ? [] : [eventStep('refusal', refusal)]),
    ];
    for (const call of listOf(fields['tool_calls'])) steps.push(...this.#piece(fieldsOf(call)));
    // The form before tool calls had numbers: one call, without an id.
    if (fields['function_call'] !== undefined && fields['function_call'] !== null)
      steps.push(...this.#call('function_call', undefined, fieldsOf(fields['function_call'])));
    if (typeof reason === 'string') steps.push(...this.#finish(reason));
    return steps;
  }

  #piece({ index, id, function: called, custom }: Fields): AnswerStep[] {
    const key = String(wholeOf(index) ?? 0);
    return this.#call(key, textOf(id), fieldsOf(called ?? custom));
  }

  #call(key: string, id: string | undefined, { name, arguments: args }: Fields): AnswerStep[] {
    const text = textOf(args) ?? '';
    // Some servers give every call the index 0, and tell them apart by their ids.
    const known = this.#calls.idOf(key);
    if (known !== undefined && (id === undefined || id === '' || id === known))
      return this.#calls.append(key, text);
    const before = this.#calls.close(key);
    const given = id === undefined || id === '' ? `call_${key}` : id;
    const start = this.#calls.start(key, { id: given, name: textOf(name), args: text });
    return [...before, start];
  }

  #finish(reason: string): AnswerStep[] {
    const isCut = CUT_SHORT.has(reason);
    this.end = isCut ? 'incomplete' : 'complete';
    if (!isCut) return this.#calls.open().flatMap((key) => this.#calls.close(key));
    this.#calls.abandon();
    return [];
  }
}
