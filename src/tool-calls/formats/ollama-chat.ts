/** The reader of Ollama's own API: the lines of `/api/chat` and `/api/generate`. */

import type { ResponseReader, ResponseStep } from '../response/answer.js';

import { BaseReader } from '../response/base-reader.js';
import { isObject } from '../response/arguments.js';
import { eventFields, fieldsOf } from '../../json/fields.js';
import type { Fields } from '../../json/fields.js';
import { finishWords, isNoWord, outcomeOf } from '../response/finish-words.js';
import { isErrorShape, reportedError } from '../response/peer-error.js';
import { RepeatedFields } from '../calls/repeated-fields.js';
import { contentSteps, eventStep, fieldSteps } from '../response/steps.js';
import { WholeCalls } from '../calls/whole-calls.js';

/**
 * Reads the lines of `POST /api/chat`, and those of `/api/generate`. A call is complete in one line; the last
 * line has `done: true`.
 */
export function ollamaChatReader(): ResponseReader {
  return new OllamaChatReader();
}

/**
 * `load` and `unload` end the response to a request without messages. `length` cuts the response; a last line without a reason is what
 * the server writes when its runner broke off: https://github.com/ollama/ollama/blob/main/llm/server.go
 */
const WORDS = finishWords({ complete: ['stop', 'load', 'unload'] });

/** Fields that identify the response: one event for all lines. */
const ABOUT = ['model', 'created_at', 'remote_model', 'remote_host'];

/** Counts and times of the last line. */
const USAGE = /_(?:count|duration)$/;

class OllamaChatReader extends BaseReader {
  protected readonly calls = new WholeCalls(false);
  readonly #repeated = new RepeatedFields();
  #isIntroduced = false;

  override read(event: unknown, name?: string): readonly ResponseStep[] {
    const line = eventFields(event);
    if (name === 'error' || isErrorShape(line)) throw reportedError(event);
    const { message, response, thinking, done, done_reason: reason, ...others } = line;
    const said = { ...fieldsOf(message) };
    const steps = [
      ...contentSteps(said['thinking'] ?? thinking, 'reasoning'),
      ...contentSteps(said['content'] ?? response),
      ...this.#callSteps(said['tool_calls']),
      ...fieldSteps(besides(said)),
      ...(done === true ? this.#finishBy(reason) : []),
      ...this.#lineSteps(others),
    ];
    if (this.#isIntroduced || steps.length === 0) return steps;
    this.#isIntroduced = true;
    return [...introduction(line), ...steps];
  }

  #callSteps(given: unknown): ResponseStep[] {
    const list = Array.isArray(given) ? given : [given];
    return list.filter(isObject).flatMap((entry) => {
      const { id, type: _, function: called, ...extras } = entry;
      const { index, name, arguments: args } = fieldsOf(called ?? entry);
      const { steps } = this.calls.add({ index, id, name, args });
      const isFramed = called !== undefined && Object.keys(extras).length > 0;
      return isFramed ? [...steps, eventStep('tool_call', { id, ...extras })] : steps;
    });
  }

  #finishBy(reason: unknown): ResponseStep[] {
    this.ending.say(outcomeOf(WORDS, reason), reason);
    const calls = this.ending.outcome === 'complete' ? this.calls.leaveAll() : this.calls.abandon();
    this.finish();
    return [...calls, ...(isNoWord(reason) ? [] : [eventStep('done_reason', reason)])];
  }

  #lineSteps(others: Fields): ResponseStep[] {
    const fields = Object.entries(others).filter(([name]) => !ABOUT.includes(name));
    const usage = fields.filter(([name]) => USAGE.test(name));
    const rest = fields.filter(([name]) => !USAGE.test(name));
    return [
      ...this.#repeated.news(Object.fromEntries(rest)),
      ...(usage.length === 0 ? [] : [eventStep('usage', Object.fromEntries(usage))]),
    ];
  }
}

function besides(message: Fields): Fields {
  const { role: _, content: __, thinking: ___, tool_calls: ____, ...rest } = message;
  return rest;
}

function introduction(line: Fields): ResponseStep[] {
  const about = ABOUT.flatMap((name) => (isNoWord(line[name]) ? [] : [[name, line[name]]]));
  return about.length === 0 ? [] : [eventStep('response', Object.fromEntries(about))];
}
