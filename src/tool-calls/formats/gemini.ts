/** The reader of Gemini Interactions. */

import type { ResponseReader, ResponseStep } from '../response/answer.js';
import { BaseReader } from '../response/base-reader.js';
import { secondAnswer } from '../response/answer-end.js';
import { ToolCalls } from '../calls/calls.js';
import { eventFields, fieldsOf, listOf, textOf, wholeOf } from '../../json/fields.js';
import type { Fields } from '../../json/fields.js';
import { finishWords, outcomeOf } from '../response/finish-words.js';
import { isErrorShape, reportedError } from '../response/peer-error.js';
import { contentSteps, eventStep, textStep } from '../response/steps.js';

/**
 * Reads the events of `POST /v1beta/interactions`, whose type is in `event_type`. An interaction that waits
 * for the results of calls is completed too: `end` is then set, and more may come.
 */
export function geminiReader(): ResponseReader {
  return new GeminiReader();
}

const WORDS = finishWords({
  complete: ['completed', 'requires_action'],
  failed: ['failed'],
  cancelled: ['cancelled'],
});
/** Statuses of an unfinished interaction. */
const RUNNING: ReadonlySet<unknown> = new Set(['in_progress', 'queued']);

/** Steps and deltas that are calls; the peer runs all but `function_call`. */
const CALL = /_call$/;

class GeminiReader extends BaseReader {
  protected readonly calls = new ToolCalls<number>();
  #interaction: string | null = null;
  #hasOutput = false;
  #isFromStart = false;
  /** A step began: the end of a step is one of those, and not that of a call that an earlier process has read. */
  #hasStarted = false;

  override finish(): void {
    this.ending.finish();
  }

  override read(event: unknown, name?: string): readonly ResponseStep[] {
    const fields = eventFields(event);
    const type = textOf(fields['event_type']) ?? textOf(fields['type']) ?? name ?? '';
    const index = wholeOf(fields['index']) ?? -1;
    if (type === 'error' || name === 'error' || isErrorShape(fields)) throw reportedError(event);
    switch (type) {
      case 'step.start':
        return this.#output(this.#start(type, index, fieldsOf(fields['step'])));
      // The form before steps.
      case 'content.start':
        return this.#output(this.#start(type, index, fieldsOf(fields['content'])));
      case 'step.delta':
      case 'content.delta':
        return this.#output(this.#delta(type, index, fieldsOf(fields['delta'])));
      case 'step.stop':
      case 'content.stop':
        return this.#stop(index);
      case 'interaction.created':
      case 'interaction.start':
      case 'interaction.status_update':
      case 'interaction.completed':
      case 'interaction.complete':
        return this.#status(type, fields);
      case '':
        return [];
      default:
        return [eventStep(type, fields)];
    }
  }

  #output(steps: ResponseStep[]): ResponseStep[] {
    if (steps.length > 0) this.#hasOutput = true;
    if (steps.some(({ part }) => part.type !== 'event')) this.ending.goOn();
    return steps;
  }

  #start(event: string, index: number, step: Fields): ResponseStep[] {
    const { type, content, text, ...others } = step;
    this.#hasStarted = true;
    if (typeof type === 'string' && CALL.test(type)) return this.#open(index, type, others);
    return [
      eventStep(event, { index, type, ...others }),
      ...contentSteps(content),
      ...textStep('text', text),
    ];
  }

  #open(index: number, type: string, step: Fields): ResponseStep[] {
    const { id, name, arguments: args, ...others } = step;
    const isServerTool = type !== 'function_call';
    const called = textOf(name) ?? (isServerTool ? type.replace(CALL, '') : undefined);
    const steps = this.calls.open(index, { id, name: called, args, isServerTool });
    if (Object.keys(others).length === 0) return steps;
    return [...steps, eventStep('step.start', { index, type, id, ...others })];
  }

  #delta(event: string, index: number, delta: Fields): ResponseStep[] {
    const { type, id, name, arguments: args, partial_arguments: partial, ...others } = delta;
    switch (type) {
      case 'text':
      case undefined:
        if (typeof delta['text'] === 'string') return contentSteps({ ...delta, type: 'text' });
        return Object.keys(delta).length === 0 ? [] : [eventStep(event, { index, ...delta })];
      case 'thought_summary':
        return contentSteps(fieldsOf(delta['content'])['text'] ?? delta['text'], 'reasoning');
      case 'arguments_delta':
        // `partial_arguments` is what an SDK calls them.
        return this.calls.add(index, { args: args ?? partial });
      default:
        if (typeof type !== 'string' || !CALL.test(type))
          return [eventStep(event, { index, ...delta })];
        return [
          ...this.#whole(index, type, { id, name, arguments: args ?? partial }),
          ...(Object.keys(others).length === 0
            ? []
            : [eventStep(event, { index, type, id, ...others })]),
        ];
    }
  }

  /** Reads a call in one piece. */
  #whole(index: number, type: string, call: Fields): ResponseStep[] {
    const known = this.calls.peek(index);
    const { id, name, arguments: args } = call;
    const isSame = known !== undefined && (known.id === id || known.hasLocalId || !textOf(id));
    const steps = isSame
      ? this.calls.add(index, { id, name, args })
      : this.#open(index, type, call);
    // Text is one piece of several.
    if (typeof args === 'object' && args !== null) this.calls.seal(index);
    return steps;
  }

  #stop(index: number): ResponseStep[] {
    const call = this.calls.peek(index);
    if (call === undefined && this.#hasStarted) return [];
    // Without arguments only the status shows that none were cut off.
    if (call !== undefined && !call.hasInput) {
      if (call.isServerTool) this.calls.sayEmpty(index);
      this.calls.seal(index);
      return [];
    }
    return this.calls.close(index);
  }

  #status(type: string, fields: Fields): ResponseStep[] {
    const { interaction, event_type: _, type: __, event_id: ___, ...beside } = fields;
    const { outputs, steps, input: ____, tools: _____, ...about } = fieldsOf(interaction);
    const id = textOf(about['id']) ?? textOf(beside['interaction_id']);
    const status = about['status'] ?? beside['status'];
    this.#checkInteraction(id);
    const isCompleted = type.startsWith('interaction.complete');
    this.#isFromStart ||= type === 'interaction.created' || type === 'interaction.start';
    const late = isCompleted ? this.#wholeOutput(steps ?? outputs) : [];
    const calls = this.#endAs(status, isCompleted);
    if (this.ending.outcome === 'failed' && isErrorShape(about)) throw reportedError(about);
    const said = { ...beside, ...about, id, status };
    return [...late, ...calls, eventStep(type, said)];
  }

  /** Takes the end back: more came after an interaction that was completed for the time being. */
  #endAs(status: unknown, isCompleted: boolean): ResponseStep[] {
    const isEnd = isCompleted ? !RUNNING.has(status) : WORDS.has(String(status)) || CUT.has(status);
    if (!isEnd) {
      if (RUNNING.has(status)) this.ending.startOver();
      return [];
    }
    const isUnsaid = status === undefined || status === null;
    this.ending.say(isUnsaid ? 'complete' : outcomeOf(WORDS, status), status);
    const calls = this.ending.outcome === 'complete' ? this.calls.leaveSealed() : [];
    if (this.calls.hasOpenCall) this.ending.spoil();
    return calls;
  }

  /** @throws ReconnectError kind `protocol` for another interaction than the one so far. */
  #checkInteraction(id: string | undefined): void {
    if (id === undefined || id === '') return;
    if (this.#interaction !== null && this.#interaction !== id) throw secondAnswer();
    this.#interaction = id;
  }

  /** Reads an interaction that came in one piece: its steps were not sent one by one. */
  #wholeOutput(output: unknown): ResponseStep[] {
    if (this.#hasOutput || !this.#isFromStart) return [];
    return listOf(output)
      .map(fieldsOf)
      .flatMap((step, n) => [...this.#start('step.start', n, step), ...this.#stop(n)]);
  }
}

/** Statuses that end an interaction before it is complete. */
const CUT: ReadonlySet<unknown> = new Set(['incomplete', 'budget_exceeded']);
