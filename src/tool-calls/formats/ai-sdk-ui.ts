/** AI SDK UI message stream, version 1. */

import type { ResponseReader, ResponseStep, RecordedCalls } from '../response/answer.js';
import { BaseReader } from '../response/base-reader.js';
import { secondAnswer } from '../response/answer-end.js';
import { withoutIdStep } from '../calls/call-steps.js';
import { ToolCalls } from '../calls/calls.js';
import { eventFields, textOf } from '../../json/fields.js';
import type { Fields } from '../../json/fields.js';
import { finishWords, outcomeOf } from '../response/finish-words.js';
import { isErrorShape, reportedError } from '../response/peer-error.js';
import { dataStep, eventStep, textStep } from '../response/steps.js';

/**
 * Reads the parts of a UI message stream. Pieces of an input are for the progress only: `tool-input-available` has it
 * whole, as the server validated it, which may add defaults. `[DONE]` is not one of the parts: the end is `finish` or
 * `abort`, and data may follow.
 */
export function aiSdkUiReader(): ResponseReader {
  return new AiSdkUiReader();
}

/** `length`, `content-filter`, `other`, `unknown` and `interrupted` (version 7) mean that the answer may be cut. */
const WORDS = finishWords({ complete: ['stop', 'tool-calls'], failed: ['error'] });

class AiSdkUiReader extends BaseReader {
  protected readonly calls = new ToolCalls<string>();
  #messageId: string | null = null;
  /** Streams that began in this message and have not finished: a server may merge several. Null: none says so. */
  #running: number | null = null;
  /** Calls without an id that began, and were reported. */
  #withoutId = 0;
  #hasLostCall = false;

  override begin(calls: RecordedCalls): void {
    this.calls.begin(calls, (id) => id);
  }

  override finish(): void {
    this.ending.finish();
  }

  override read(event: unknown, name?: string): readonly ResponseStep[] {
    const fields = eventFields(event);
    const type = textOf(fields['type']);
    if (type === 'error' || name === 'error' || (type === undefined && isErrorShape(fields)))
      throw reportedError(event);
    switch (type) {
      case 'text-delta':
        return this.#content(textStep('text', fields['delta']));
      case 'reasoning-delta':
        return this.#content(textStep('reasoning', fields['delta']));
      case 'reset-step':
        return [
          ...this.calls.pending.flatMap((id) => this.calls.discard(id)),
          eventStep(type, fields),
        ];
      case 'start':
        return this.#start(fields);
      case 'abort':
        this.ending.say('cancelled', 'abort');
        return [eventStep(type, fields)];
      case 'finish':
        return this.#finish(fields);
      case undefined:
        return [];
      default:
        if (type.startsWith('tool-input-')) return this.#content(this.#tool(type, fields));
        return [type.startsWith('data-') ? dataStep(type, fields) : eventStep(type, fields)];
    }
  }

  #content(steps: ResponseStep[]): ResponseStep[] {
    if (steps.length === 0) return steps;
    // Nothing began what comes after the end: it may be the rest of another answer.
    if (this.ending.outcome !== null && this.#running === 0) this.ending.spoil();
    this.ending.goOn();
    return steps;
  }

  /** A server that merges streams begins each anew, in the same message. */
  #start(fields: Fields): ResponseStep[] {
    const id = textOf(fields['messageId']) ?? null;
    if (id !== null && this.#messageId !== null && id !== this.#messageId) throw secondAnswer();
    this.#messageId = id ?? this.#messageId;
    this.#running = (this.#running ?? 0) + 1;
    return [eventStep('start', fields)];
  }

  #finish(fields: Fields): ResponseStep[] {
    const reason = fields['finishReason'] ?? undefined;
    // Before version 6 there was no reason.
    this.ending.say(reason === undefined ? 'complete' : outcomeOf(WORDS, reason), reason);
    if (this.#running !== null) this.#running = Math.max(0, this.#running - 1);
    if (this.calls.hasOpenCall || this.#hasLostCall) this.ending.spoil();
    return [eventStep('finish', fields)];
  }

  #tool(type: string, fields: Fields): ResponseStep[] {
    const { toolCallId, toolName: name, providerExecuted } = fields;
    const id = textOf(toolCallId) ?? '';
    const call = { id, name, expects: 'any' as const };
    const isServerTool = providerExecuted === true ? true : undefined;
    if (id === '') return this.#takeWithoutId(type, fields);
    switch (type) {
      case 'tool-input-start':
        // What was delivered comes again after a restart; its input is compared when it is there.
        return this.calls.open(id, { ...call, isServerTool });
      case 'tool-input-delta':
        return this.calls.add(id, { args: fields['inputTextDelta'] });
      case 'tool-input-available':
        // One that has left, and is there once more, is compared with what it was.
        if (this.calls.peek(id) === undefined) this.calls.open(id, call);
        this.calls.forgetPieces(id);
        this.calls.add(id, { ...call, isServerTool, value: fields['input'] });
        return this.calls.close(id);
      case 'tool-input-error':
        return [...this.calls.discard(id), failedInput(fields)];
      default:
        return [eventStep(type, fields)];
    }
  }

  /** A call that nobody can answer: it is reported once, and its input stays here. */
  #takeWithoutId(type: string, fields: Fields): ResponseStep[] {
    const isBegun = this.#withoutId > 0;
    switch (type) {
      case 'tool-input-start':
        this.#withoutId += 1;
        break;
      case 'tool-input-delta':
        if (isBegun) return [];
        this.#withoutId += 1;
        break;
      case 'tool-input-available':
      case 'tool-input-error':
        if (isBegun) this.#withoutId -= 1;
        break;
      default:
        return [eventStep(type, fields)];
    }
    this.#hasLostCall = true;
    const isReported = isBegun && type !== 'tool-input-start';
    return [
      ...(isReported ? [] : [withoutIdStep(fields['toolName'])]),
      ...(type === 'tool-input-error' ? [failedInput(fields)] : []),
    ];
  }
}

/** The text of the error repeats the input. */
function failedInput(fields: Fields): ResponseStep {
  const { errorText: _, ...others } = fields;
  return eventStep('tool-input-error', others);
}
