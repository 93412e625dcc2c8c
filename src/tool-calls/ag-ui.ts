/** AG-UI, as TanStack AI and other agent servers speak it. */

import type { EndOutcome } from '../../machines/contract.js';
import { withoutArguments } from './ag-ui-events.js';
import type { AnswerStep, OpenToolCalls, ResumableReader } from './answer.js';
import { CallReader } from './calls.js';
import { eventFields, fieldsOf, textOf } from './fields.js';
import type { Fields } from './fields.js';
import { FinishedCalls } from './finished-calls.js';
import { eventStep, textStep } from './steps.js';

export interface AgUiReader extends ResumableReader {
  /** A run ended to have its tools run: its results and another run may follow. */
  readonly mayGoOn: boolean;
  /** @param end what ended right before this connection. @default null */
  begin(calls: OpenToolCalls, end?: EndOutcome | null): void;
}

/**
 * Reads AG-UI events. A run that finished may be followed by another, or by the results of its tools: `end` is
 * then taken back.
 */
export function agUiReader(): AgUiReader {
  return new EventReader();
}

/** Finish reasons after which the answer is not whole. */
const CUT_SHORT: ReadonlySet<unknown> = new Set(['length', 'content_filter']);

/** Events that say nothing about whether a run goes on. */
const NEUTRAL = /^(?:ACTIVITY_|CUSTOM$|MESSAGES_SNAPSHOT$|RAW$|STATE_)/;

class EventReader implements AgUiReader {
  end: EndOutcome | null = null;
  mayGoOn = false;
  #calls = new CallReader<string>();
  #finished = new FinishedCalls();
  /** Open calls of which no argument came. */
  #blank = new Set<string>();
  /** Calls that the end of the run closes: in the short form, or without arguments, which may be cut off. */
  #pending = new Set<string>();

  begin(calls: OpenToolCalls, end: EndOutcome | null = null): void {
    const pending = this.#pending;
    this.end = end;
    this.#calls = new CallReader();
    this.#finished = new FinishedCalls();
    this.#blank = new Set();
    this.#pending = new Set();
    for (const [id, { status, name, args }] of Object.entries(calls)) {
      if (status === 'complete') this.#finished.add(id);
      if (status !== 'streaming') continue;
      this.#calls.start(id, { id, name: name ?? undefined, args });
      if (args.trim() === '') this.#blank.add(id);
      if (pending.has(id)) this.#pending.add(id);
    }
  }

  read(event: unknown): readonly AnswerStep[] {
    const fields = eventFields(event);
    const type = textOf(fields['type']);
    if (type === undefined) return [];
    const id = textOf(fields['toolCallId']) ?? '';
    this.#followEnd(type);
    switch (type) {
      case 'TEXT_MESSAGE_CONTENT':
      case 'TEXT_MESSAGE_CHUNK':
        return textStep('text', fields['delta']);
      case 'THINKING_TEXT_MESSAGE_CONTENT':
      case 'REASONING_MESSAGE_CONTENT':
      case 'REASONING_MESSAGE_CHUNK':
        return textStep('reasoning', fields['delta']);
      case 'TOOL_CALL_START':
        return this.#start(id, fields);
      case 'TOOL_CALL_ARGS':
        return this.#append(id, fields);
      case 'TOOL_CALL_CHUNK':
        return this.#chunk(id, fields);
      case 'TOOL_CALL_END':
        return this.#close(id, fields);
      case 'RUN_FINISHED':
        return [...this.#finishRun(fields), eventStep(type, withoutArguments(fields))];
      case 'RUN_ERROR':
        this.end = 'failed';
        this.mayGoOn = false;
        this.#pending.clear();
        return [eventStep(type, withoutArguments(fields))];
      default:
        return [eventStep(type, withoutArguments(fields))];
    }
  }

  /** What comes after the end of a run tells whether that was the end. */
  #followEnd(type: string): void {
    if (this.end === null || NEUTRAL.test(type)) return;
    // An agent that stops here has left the results of its tools unanswered.
    if (type === 'TOOL_CALL_RESULT') {
      if (this.end === 'complete') this.end = 'incomplete';
      this.mayGoOn = true;
    } else this.end = null;
  }

  #start(id: string, { toolCallName, toolName }: Fields): AnswerStep[] {
    if (id === '') return [eventStep('malformedToolCall', {})];
    if (this.#finished.has(id) || this.#calls.isOpen(id)) return [];
    this.#blank.add(id);
    return [this.#calls.start(id, { id, name: textOf(toolCallName) ?? textOf(toolName) })];
  }

  #append(id: string, { delta }: Fields): AnswerStep[] {
    const text = textOf(delta) ?? '';
    if (text.trim() !== '') this.#blank.delete(id);
    return this.#calls.append(id, text);
  }

  /** The short form: start and pieces in one, without an end. */
  #chunk(given: string, fields: Fields): AnswerStep[] {
    const id = given === '' ? ([...this.#pending].at(-1) ?? '') : given;
    if (id === '' || this.#finished.has(id)) return [];
    const started = this.#start(id, fields);
    this.#pending.add(id);
    return [...started, ...this.#append(id, fields)];
  }

  #close(id: string, fields: Fields): AnswerStep[] {
    if (!this.#calls.isOpen(id)) return [];
    if (!this.#blank.has(id)) return this.#handOut(id);
    const input = fields['input'] ?? tanstackOf(fields)['input'];
    if (input !== undefined) return this.#handOut(id, JSON.stringify(input));
    this.#pending.add(id);
    return [];
  }

  #finishRun(fields: Fields): AnswerStep[] {
    const reason = fields['finishReason'] ?? tanstackOf(fields)['finishReason'];
    const isCut = CUT_SHORT.has(reason);
    this.end = isCut ? 'incomplete' : 'complete';
    this.mayGoOn = reason === 'tool_calls' && fieldsOf(fields['outcome'])['type'] !== 'interrupt';
    const pending = [...this.#pending];
    this.#pending.clear();
    // What is no JSON is interrupted in the account of the stream: it must not run.
    return pending.flatMap((id) => this.#handOut(id, isCut ? '{' : undefined));
  }

  #handOut(id: string, args?: string): AnswerStep[] {
    this.#blank.delete(id);
    this.#pending.delete(id);
    const steps = this.#calls.close(id, args === undefined ? undefined : { args });
    if (steps.some(({ part }) => part.type === 'toolCall')) this.#finished.add(id);
    return steps;
  }
}

/** TanStack AI keeps there what the protocol has no field for. */
function tanstackOf({ metadata }: Fields): Fields {
  return fieldsOf(fieldsOf(metadata)['tanstack']);
}
