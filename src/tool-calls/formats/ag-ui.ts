/** The reader of AG-UI, as TanStack AI and other agent servers send it. */

import type { EndOutcome } from '../../../machines/source-contract.js';
import type { ResponseReader, ResponseStep, RecordedCalls } from '../response/answer.js';
import { BaseReader } from '../response/base-reader.js';
import { secondAnswer } from '../response/answer-end.js';
import { withoutIdStep } from '../calls/call-steps.js';
import { ToolCalls } from '../calls/calls.js';
import { eventFields, fieldsOf, textOf } from '../../json/fields.js';
import type { Fields } from '../../json/fields.js';
import { finishWords, outcomeOf } from '../response/finish-words.js';
import { isErrorShape, reportedError } from '../response/peer-error.js';
import { contentSteps, dataStep, eventStep } from '../response/steps.js';

/** The position of a reader among the runs, from which a resuming connection begins. */
export interface AgUiPlace {
  /** The end of the last run, until more comes. */
  readonly end: EndOutcome | null;
  readonly isRunning: boolean;
  /** The id of the last run that began, if it has one. */
  readonly run: string | null;
}

export interface AgUiReader extends ResponseReader {
  /** A run ended with tool calls: their results and another run may follow. */
  readonly mayGoOn: boolean;
  readonly place: AgUiPlace;
  /** @param place the position from which the connection resumes. @default the start, or unknown */
  begin(calls: RecordedCalls, place?: AgUiPlace | null): void;
}

/**
 * Reads AG-UI events. A run that finished may be followed by another, or by the results of its tools: `end` is
 * then taken back.
 */
export function agUiReader(): AgUiReader {
  return new EventReader();
}

/** Finish reasons of TanStack AI. `length`, `content_filter` and others mean that the response may be cut. */
const WORDS = finishWords({
  complete: ['stop', 'tool_calls'],
  failed: ['error'],
  cancelled: ['cancelled'],
});
/** Outcomes of AG-UI 1.0. After `interrupt` the run waits for the user, and continues in another run. */
const OUTCOMES = finishWords({ complete: ['success'], cancelled: ['cancelled'] });

/** Events that do not show whether a run goes on. */
const NEUTRAL = /^(?:ACTIVITY_|CUSTOM$|MESSAGES_SNAPSHOT$|RAW$|STATE_)/;
/** Data of the application, and patches of it by name. */
const DATA = /^(?:ACTIVITY_|STATE_)/;

class EventReader extends BaseReader implements AgUiReader {
  mayGoOn = false;
  protected readonly calls = new ToolCalls<string>();
  /** Calls in the short form, which the end of the run closes. */
  readonly #short = new Set<string>();
  #isRunning = false;
  #run: string | null = null;
  /** Whether this connection has had content of the resumed run. */
  #hasContent = false;
  /** The last call had no id, and was reported. */
  #isWithoutId = false;
  #hasLostCall = false;

  get place(): AgUiPlace {
    return { end: this.ending.outcome, isRunning: this.#isRunning, run: this.#run };
  }
  override begin(calls: RecordedCalls, place: AgUiPlace | null = null): void {
    this.ending.startOver();
    if (place !== null && place.end !== null) this.ending.say(place.end);
    this.#isRunning = place?.isRunning ?? false;
    this.#run = place?.run ?? null;
    // Events that were not recorded come again.
    this.#hasContent = this.#isWithoutId = false;
    this.calls.begin(calls, (id) => id);
  }

  override finish(): void {
    this.ending.finish();
  }

  override read(event: unknown, name?: string): readonly ResponseStep[] {
    const fields = eventFields(event);
    const type = textOf(fields['type']) ?? name;
    if (type === 'RUN_ERROR' || name === 'error' || (type === undefined && isErrorShape(fields))) {
      this.ending.say('failed', 'RUN_ERROR');
      throw reportedError(passedOn(fields));
    }
    if (type === undefined) return [];
    this.#followEnd(type);
    const id = textOf(fields['toolCallId']) ?? '';
    switch (type) {
      case 'RUN_STARTED':
        return this.#startRun(fields);
      case 'TEXT_MESSAGE_CONTENT':
      case 'TEXT_MESSAGE_CHUNK':
        return this.#content(contentSteps(fields['delta']));
      case 'THINKING_TEXT_MESSAGE_CONTENT':
      case 'REASONING_MESSAGE_CONTENT':
      case 'REASONING_MESSAGE_CHUNK':
        return this.#content(contentSteps(fields['delta'], 'reasoning'));
      case 'TOOL_CALL_START':
        return this.#content(this.#startCall(id, fields));
      case 'TOOL_CALL_ARGS':
        if (id === '') return this.#addWithoutId(fields);
        return this.#content(this.calls.add(id, { id, args: fields['delta'] }));
      case 'TOOL_CALL_CHUNK':
        return this.#content(this.#chunk(id, fields));
      case 'TOOL_CALL_END':
        return this.#endCall(id, fields);
      case 'RUN_FINISHED':
        return [...this.#finishRun(fields), eventStep(type, passedOn(fields))];
      default:
        return [DATA.test(type) ? dataStep(type, fields) : eventStep(type, passedOn(fields))];
    }
  }

  /** Handles an event after the end of a run, which shows whether that was the end. */
  #followEnd(type: string): void {
    if (this.ending.outcome === null || NEUTRAL.test(type) || type === 'RUN_FINISHED') return;
    // An agent that stops here has not answered the results of its tools.
    if (type === 'TOOL_CALL_RESULT') {
      this.ending.spoil();
      this.mayGoOn = true;
    } else this.ending.startOver();
  }

  #content(steps: ResponseStep[]): ResponseStep[] {
    if (steps.length > 0) this.#hasContent = this.#isRunning = true;
    return steps;
  }

  /** A run has to finish before another one starts. */
  #startRun(fields: Fields): ResponseStep[] {
    const run = textOf(fields['runId']) || null;
    const isOther = run !== null && this.#run !== null && run !== this.#run;
    if (this.#isRunning && (this.#hasContent || isOther)) throw secondAnswer();
    this.#isRunning = true;
    this.#run = run;
    this.#hasContent = this.#isWithoutId = false;
    return [eventStep('RUN_STARTED', passedOn(fields))];
  }

  #startCall(id: string, fields: Fields): ResponseStep[] {
    if (id === '') this.#isWithoutId = false;
    if (id === '') return this.#addWithoutId(fields);
    return this.calls.open(id, { id, name: nameIn(fields) });
  }

  /** Reports a call without an id, which cannot be answered, once and without its arguments. */
  #addWithoutId(fields: Fields): ResponseStep[] {
    const isReported = this.#isWithoutId;
    this.#isWithoutId = this.#hasLostCall = true;
    return isReported ? [] : this.#content([withoutIdStep(nameIn(fields))]);
  }

  /** Reads the short form: start and pieces in one event, without an end. */
  #chunk(given: string, fields: Fields): ResponseStep[] {
    const id = given === '' ? ([...this.#short].at(-1) ?? '') : given;
    const name = nameIn(fields);
    // A name without an id begins another call.
    if (id === '' && textOf(name)) this.#isWithoutId = false;
    if (id === '') return this.#addWithoutId(fields);
    this.#short.add(id);
    return this.calls.add(id, { id, name, args: fields['delta'] });
  }

  #endCall(id: string, fields: Fields): ResponseStep[] {
    if (id === '') return this.#addWithoutId(fields);
    const input = fields['input'] ?? tanstackOf(fields)['input'];
    if (input !== undefined) this.calls.takeWhole(id, input);
    if (this.calls.peek(id)?.hasArguments !== false) return this.calls.close(id);
    // Without arguments: only the end of the run shows that none were cut off.
    this.calls.sayEmpty(id);
    this.calls.seal(id);
    return [];
  }

  #finishRun(fields: Fields): ResponseStep[] {
    const reason = fields['finishReason'] ?? tanstackOf(fields)['finishReason'] ?? undefined;
    const outcome = fieldsOf(fields['outcome'])['type'] ?? fields['outcome'] ?? undefined;
    this.ending.say(reason === undefined ? 'complete' : outcomeOf(WORDS, reason), reason);
    if (outcome !== undefined) this.ending.say(outcomeOf(OUTCOMES, outcome), outcome);
    this.#isRunning = false;
    const isComplete = this.ending.outcome === 'complete';
    for (const id of this.#short) this.calls.seal(id);
    this.#short.clear();
    const calls = isComplete ? this.calls.leaveSealed() : this.calls.abandon();
    if (this.calls.hasOpenCall || this.#hasLostCall) this.ending.spoil();
    this.#hasLostCall = false;
    this.mayGoOn = this.ending.outcome === 'complete' && reason === 'tool_calls';
    return calls;
  }
}

function nameIn({ toolCallName, toolName }: Fields): unknown {
  return textOf(toolCallName) || toolName;
}

/** TanStack AI keeps there what the protocol has no field for. */
function tanstackOf({ metadata }: Fields): Fields {
  return fieldsOf(fieldsOf(metadata)['tanstack']);
}

/** Returns an event without its copies of other events: the provider's raw event, and the request with earlier calls. */
function passedOn(event: Fields): Fields {
  const { rawEvent: _, ...fields } = event;
  if (event['type'] === 'RAW') return { type: 'RAW', source: event['source'] };
  if (event['type'] !== 'RUN_STARTED') return fields;
  const { input: __, ...rest } = fields;
  return rest;
}
