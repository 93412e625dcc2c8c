/** Gemini Interactions. */

import type { EndOutcome } from '../../machines/contract.js';
import type { AnswerStep, OpenToolCalls, ResumableReader } from './answer.js';
import { CallReader, wholeCall } from './calls.js';
import { eventFields, fieldsOf, listOf, peerError, textOf, wholeOf } from './fields.js';
import type { Fields } from './fields.js';
import { eventStep, textStep } from './steps.js';

/**
 * Reads the events of `POST /v1beta/interactions`, which name themselves in `event_type`. An interaction that waits
 * for the results of calls is completed too: what ends there is told as `end`, and more may come.
 */
export function geminiReader(): ResumableReader {
  return new GeminiReader();
}

const ENDS: ReadonlyMap<unknown, EndOutcome> = new Map([
  ['completed', 'complete'],
  ['requires_action', 'complete'],
  ['incomplete', 'incomplete'],
  ['budget_exceeded', 'incomplete'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
]);

class GeminiReader implements ResumableReader {
  end: EndOutcome | null = null;
  readonly #calls = new CallReader<number>();
  /** Arguments that came with the start of a call; they hold if no pieces come. */
  readonly #given = new Map<number, string>();
  /** Calls that were closed without arguments: only the status tells that none were cut off. */
  readonly #bare = new Set<number>();

  begin(calls: OpenToolCalls): void {
    this.#calls.rewind(calls);
  }

  read(event: unknown): readonly AnswerStep[] {
    const fields = eventFields(event);
    const type = textOf(fields['event_type']) ?? textOf(fields['type']) ?? '';
    const index = wholeOf(fields['index']) ?? -1;
    switch (type) {
      case 'step.start':
        return this.#start(index, fieldsOf(fields['step']));
      case 'step.delta':
      case 'content.delta':
        return this.#delta(index, fieldsOf(fields['delta']));
      case 'step.stop':
        return this.#stop(index);
      case 'error':
        throw peerError(fieldsOf(fields['error'])['code'], fieldsOf(fields['error'])['status']);
      case 'interaction.created':
      case 'interaction.status_update':
      case 'interaction.completed':
      case 'interaction.complete':
        return this.#status(type, fields);
      // The form before steps: `content` may be a whole call.
      case 'content.start':
        return [eventStep(type, { index })];
      case '':
        return [];
      default:
        return [eventStep(type, fields)];
    }
  }

  #start(index: number, step: Fields): AnswerStep[] {
    const { type, id, name, arguments: args, content } = step;
    if (type !== 'function_call') {
      const texts = listOf(content).flatMap((one) => textStep('text', fieldsOf(one)['text']));
      return [eventStep('step.start', { index, type }), ...texts];
    }
    this.#given.delete(index);
    this.#bare.delete(index);
    if (Object.keys(fieldsOf(args)).length > 0) this.#given.set(index, JSON.stringify(args));
    return [this.#calls.start(index, { id: textOf(id) ?? `step_${index}`, name: textOf(name) })];
  }

  #delta(index: number, delta: Fields): AnswerStep[] {
    switch (delta['type']) {
      case 'text':
      case undefined:
        return textStep('text', delta['text']);
      case 'thought_summary':
        return textStep('reasoning', fieldsOf(delta['content'])['text'] ?? delta['text']);
      case 'arguments_delta':
        return this.#append(index, delta['arguments'] ?? delta['partial_arguments']);
      case 'function_call': {
        const { id, name, arguments: args } = delta;
        const call = { id: textOf(id) ?? `step_${index}`, name: textOf(name) };
        return [wholeCall({ ...call, args: textOf(args) ?? JSON.stringify(args ?? {}) })];
      }
      default: {
        if (this.#calls.isOpen(index)) return [];
        // Calls that the peer runs itself, such as `google_search_call`, have arguments too.
        const { arguments: _, ...rest } = delta;
        return [eventStep('step.delta', { index, ...rest })];
      }
    }
  }

  #append(index: number, piece: unknown): AnswerStep[] {
    const text = textOf(piece) ?? '';
    if (text !== '') this.#given.delete(index);
    return this.#calls.append(index, text);
  }

  #finalOf(index: number): { readonly args: string } | undefined {
    const args = this.#given.get(index);
    this.#given.delete(index);
    return args === undefined ? undefined : { args };
  }

  #other(type: string, fields: Fields): AnswerStep[] {
    const interaction = fieldsOf(fields['interaction']);
    const { id, status, usage } = interaction;
    // More may come after an interaction that was completed for the time being.
    this.end = ENDS.get(status) ?? (type === 'interaction.completed' ? 'complete' : null);
    const isOfInteraction = type.startsWith('interaction.');
    return [eventStep(type, isOfInteraction ? { id, status, usage } : fields)];
  }
}
