/** The reader of Anthropic Messages. */

import type { ResponseReader, ResponseStep } from '../response/answer.js';
import { BaseReader } from '../response/base-reader.js';
import { secondAnswer } from '../response/answer-end.js';
import { ToolCalls } from '../calls/calls.js';
import { eventFields, fieldsOf, textOf, wholeOf } from '../../json/fields.js';
import type { Fields } from '../../json/fields.js';
import { finishWords, isNoWord, outcomeOf } from '../response/finish-words.js';
import { isErrorShape, reportedError } from '../response/peer-error.js';
import { contentSteps, eventStep, textStep } from '../response/steps.js';

/**
 * Reads the events of `POST /v1/messages`. A closed block is complete, but only the stop reason shows whether
 * its call may run, so calls are delivered with the stop reason, in order.
 */
export function anthropicReader(): ResponseReader {
  return new AnthropicReader();
}

/**
 * Stop reasons of a complete message. `max_tokens`, `refusal` and `model_context_window_exceeded` cut it;
 * after `pause_turn` and `compaction` the turn continues in another request.
 */
const WORDS = finishWords({ complete: ['end_turn', 'stop_sequence', 'tool_use'] });

class AnthropicReader extends BaseReader {
  protected readonly calls = new ToolCalls<number>();
  /** The id of the message, after `message_start`. */
  #message: { readonly id: unknown } | null = null;
  #hasContent = false;
  /** The key of the last block without an index: events without an index belong to it. */
  #unnumbered = -1;

  override read(event: unknown, name?: string): readonly ResponseStep[] {
    const fields = eventFields(event);
    const type = textOf(fields['type']) ?? name;
    const index = wholeOf(fields['index']) ?? this.#unnumbered;
    if (type === 'error' || name === 'error' || isErrorShape(fields)) throw reportedError(event);
    switch (type) {
      case 'content_block_start':
        return this.#content(
          this.#start(wholeOf(fields['index']), fieldsOf(fields['content_block'])),
        );
      case 'content_block_delta':
        return this.#content(this.#delta(index, fieldsOf(fields['delta'])));
      case 'content_block_stop':
        this.calls.seal(index);
        return [];
      case 'message_start':
        return this.#messageStart(fieldsOf(fields['message']));
      case 'message_delta':
        return this.#messageDelta(fields);
      case 'message_stop':
        this.finish();
        return besides('message_stop', fields);
      case 'ping':
      case undefined:
        return [];
      default:
        return [eventStep(type, fields)];
    }
  }

  #messageStart(message: Fields): ResponseStep[] {
    const isSecond =
      this.#message !== null && (this.#hasContent || this.#message.id !== message['id']);
    if (isSecond) throw secondAnswer();
    this.#message = { id: message['id'] };
    return [eventStep('message_start', message)];
  }

  #content(steps: ResponseStep[]): ResponseStep[] {
    if (steps.length === 0) return steps;
    this.#hasContent = true;
    this.ending.goOn();
    return steps;
  }

  #start(given: number | undefined, block: Fields): ResponseStep[] {
    // With two open blocks it is not known to which one a piece belongs.
    const isMixed = given === undefined && this.calls.peek(this.#unnumbered)?.state === 'open';
    const index = given ?? (isMixed ? this.#unnumbered : --this.#unnumbered);
    if (isMixed) this.calls.spoil(index, 'begun twice');
    const { type, id, name, input, ...others } = block;
    if (typeof type !== 'string' || !/(?:^|_)tool_use$/.test(type)) return contentSteps(block);
    // The peer runs `server_tool_use` and `mcp_tool_use`.
    const isServerTool = type !== 'tool_use';
    const steps = this.calls.open(index, { id, name, args: input, isServerTool });
    if (isMixed) this.calls.spoil(index, 'begun twice');
    return Object.keys(others).length === 0
      ? steps
      : [...steps, eventStep(type, { id, ...others })];
  }

  #delta(index: number, delta: Fields): ResponseStep[] {
    const { type } = delta;
    if (type === 'input_json_delta') return this.calls.add(index, { args: delta['partial_json'] });
    if (this.calls.peek(index) !== undefined) {
      // An unknown kind of arguments, which the call then lacks.
      this.calls.spoil(index, 'arguments of an unknown shape');
      return [];
    }
    if (type === 'text_delta') return [...textStep('text', delta['text']), ...besides(type, delta)];
    if (type === 'thinking_delta') return textStep('reasoning', delta['thinking']);
    return typeof type === 'string' ? [eventStep(type, delta)] : [];
  }

  #messageDelta(fields: Fields): ResponseStep[] {
    const { type: _, delta, ...others } = fields;
    const said = eventStep('message_delta', { ...fieldsOf(delta), ...others });
    const reason = fieldsOf(delta)['stop_reason'];
    if (isNoWord(reason)) return [said];
    this.ending.say(outcomeOf(WORDS, reason), reason);
    const isWhole = this.ending.outcome === 'complete';
    return [...(isWhole ? this.calls.leaveSealed() : this.calls.abandon()), said];
  }
}

/** Returns the unknown fields of an event, such as metrics of Bedrock. */
function besides(name: string, fields: Fields): ResponseStep[] {
  const { type: _, text: __, ...others } = fields;
  return Object.keys(others).length === 0 ? [] : [eventStep(name, others)];
}
