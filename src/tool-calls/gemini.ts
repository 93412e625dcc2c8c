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

/** What is known of the arguments of a call besides their text. */
interface CallStep {
  /** Those that came with the start; they hold if no pieces come. */
  readonly given: string | undefined;
  hasPieces: boolean;
  /** Closed without arguments: only the status tells that none were cut off. */
  isBare: boolean;
}

/** Steps that are remembered: a peer that opens calls without end costs no more. */
const MAX_STEPS = 1024;

class GeminiReader implements ResumableReader {
  end: EndOutcome | null = null;
  readonly #calls = new CallReader<number>();
  readonly #steps = new Map<number, CallStep>();
  /** A call of an earlier run has arguments: a stop may be its own. */
  #hasRest = false;

  begin(calls: OpenToolCalls): void {
    this.#calls.rewind(calls);
    this.#hasRest = Object.values(calls).some(
      ({ status, args }) => status === 'streaming' && args.trim() !== '',
    );
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
      case 'interaction.created':
      case 'interaction.status_update':
      case 'interaction.completed':
      // The form before steps: `interaction` and `content` may hold whole calls.
      case 'interaction.start':
      case 'interaction.complete':
        return this.#status(type, fields);
      case 'error':
        throw peerError(fieldsOf(fields['error'])['code'], fieldsOf(fields['error'])['status']);
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
    const given = Object.keys(fieldsOf(args)).length > 0 ? JSON.stringify(args) : undefined;
    this.#steps.set(index, { given, hasPieces: false, isBare: false });
    const [oldest] = this.#steps.keys();
    if (this.#steps.size > MAX_STEPS && oldest !== undefined) this.#steps.delete(oldest);
    return [this.#calls.start(index, { id: textOf(id) ?? `step_${index}`, name: textOf(name) })];
  }

  #delta(index: number, delta: Fields): AnswerStep[] {
    // `partial_arguments` is what an SDK calls them.
    const { type, arguments: args, partial_arguments: partial, ...rest } = delta;
    switch (type) {
      case 'text':
      case undefined:
        return textStep('text', delta['text']);
      case 'thought_summary':
        return textStep('reasoning', fieldsOf(delta['content'])['text'] ?? delta['text']);
      case 'arguments_delta':
        return this.#append(index, textOf(args) ?? textOf(partial) ?? '');
      case 'function_call': {
        const call = { id: textOf(delta['id']) ?? `step_${index}`, name: textOf(delta['name']) };
        return [wholeCall({ ...call, args: textOf(args) ?? JSON.stringify(args ?? {}) })];
      }
      default:
        // Calls that the peer runs itself, such as `google_search_call`, have arguments too.
        return [eventStep('step.delta', { index, type, ...rest })];
    }
  }

  #append(index: number, text: string): AnswerStep[] {
    const step = this.#steps.get(index);
    if (step !== undefined && text !== '') step.hasPieces = true;
    return this.#calls.append(index, text);
  }

  #stop(index: number): AnswerStep[] {
    const step = this.#steps.get(index);
    if (step === undefined) return this.#hasRest ? this.#calls.close(index) : [];
    if (step.hasPieces) return this.#calls.close(index);
    if (step.given !== undefined) return this.#calls.close(index, { args: step.given });
    step.isBare = true;
    return [];
  }

  #status(type: string, fields: Fields): AnswerStep[] {
    const interaction = fieldsOf(fields['interaction']);
    const { id = fields['interaction_id'], status = fields['status'], usage } = interaction;
    const isCompleted = type.startsWith('interaction.complete');
    // More may come after an interaction that was completed for the time being.
    this.end = ENDS.get(status) ?? (isCompleted && status === undefined ? 'complete' : null);
    const calls = isCompleted && this.end === 'complete' ? this.#closeBare() : [];
    return [...calls, eventStep(type, { id, status, usage })];
  }

  /** Not forgotten by it: what a connection did not commit is read again. */
  #closeBare(): AnswerStep[] {
    return [...this.#steps].flatMap(([index, { isBare }]) =>
      isBare ? this.#calls.close(index) : [],
    );
  }
}
