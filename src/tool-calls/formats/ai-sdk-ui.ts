/** The reader of the AI SDK's UI message stream, version 1. */

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
 * Reads the parts of a UI message stream. Pieces of an input are for the progress only: `tool-input-available` has the
 * complete input, validated by the server, which may add defaults. `[DONE]` is no part: the end is `finish` or
 * `abort`, and data may follow.
 */
export function aiSdkUiReader(): ResponseReader {
  return new AiSdkUiReader();
}

/** `length`, `content-filter`, `other`, `unknown` and `interrupted` (version 7) mean that the response may be cut. */
const WORDS = finishWords({ complete: ['stop', 'tool-calls'], failed: ['error'] });

class AiSdkUiReader extends BaseReader {
  protected readonly calls = new ToolCalls<string>();
  #messageId: string | null = null;
  /** Number of streams in this message that have not finished: a server may merge several. Null: unknown. */
  #running: number | null = null;
  /** Number of calls without an id that began, and were reported. */
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
    // Content after the end without a start may be the rest of another response.
    if (this.ending.outcome !== null && this.#running === 0) this.ending.spoil();
    this.ending.goOn();
    return steps;
  }

  /** Handles `start`: a server that merges streams sends one for each, with the same message id. */
  #start(fields: Fields): ResponseStep[] {
    const id = textOf(fields['messageId']) ?? null;
    if (id !== null && this.#messageId !== null && id !== this.#messageId) throw secondAnswer();
    this.#messageId = id ?? this.#messageId;
    this.#running = (this.#running ?? 0) + 1;
    return [eventStep('start', fields)];
  }

  #finish(fields: Fields): ResponseStep[] {
    const reason = fields['finishReason'] ?? undefined;
    // Before version 6 there was no finish reason.
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
        // A delivered call comes again after a restart; its input is compared when it is complete.
        return this.calls.open(id, { ...call, isServerTool });
      case 'tool-input-delta':
        return this.calls.add(id, { args: fields['inputTextDelta'] });
      case 'tool-input-available':
        // A delivered call that comes again is compared.
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

  /** Reports a call without an id, which cannot be answered, once and without its input. */
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
