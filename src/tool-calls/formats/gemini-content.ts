/** The reader of Gemini's content API: `streamGenerateContent`, of the Gemini API and of Vertex AI. */

import type { ResponseReader, ResponseStep } from '../response/answer.js';

import { BaseReader } from '../response/base-reader.js';
import { saysNothing } from '../calls/call-piece.js';
import { ChunkIds } from './chunk-ids.js';
import { eventFields, fieldsOf, listOf, textOf } from '../../json/fields.js';
import type { Fields } from '../../json/fields.js';
import { finishWords, isNoWord, outcomeOf } from '../response/finish-words.js';
import { GeminiCalls } from './gemini-calls.js';
import { isErrorShape, reportedError } from '../response/peer-error.js';
import { RepeatedFields } from '../calls/repeated-fields.js';
import { eventStep, fieldSteps, textStep } from '../response/steps.js';

/**
 * Reads the chunks of `:streamGenerateContent?alt=sse`. Of several candidates it reads the first; the others are events. The end
 * is the finish reason, the last marker the end of the bytes.
 */
export function geminiContentReader(): ResponseReader {
  return new GeminiContentReader();
}

/** All other reasons mean that something is missing: `MAX_TOKENS`, `SAFETY`, `MALFORMED_FUNCTION_CALL`, and future ones. */
const WORDS = finishWords({ complete: ['STOP'] });
/** The value of an enum that was not set. */
const UNSET = 'FINISH_REASON_UNSPECIFIED';

/** Fields of a chunk that identify the response: one event for all chunks. */
const ABOUT = ['responseId', 'modelVersion', 'createTime'];

class GeminiContentReader extends BaseReader {
  protected readonly calls = new GeminiCalls();
  readonly #ids = new ChunkIds();
  readonly #repeated = new RepeatedFields();
  #isIntroduced = false;
  /** Whether parts came. */
  #hasOutput = false;
  /** Whether the last finish reason came with parts. */
  #isWithParts = false;
  /** Whether more parts came after that: this peer sends a reason with every chunk, which proves nothing. */
  #isContradicted = false;
  /** A finish reason that proves nothing. */
  #weakWord: string | null = null;

  override finish(): void {
    this.endOfBytes();
    this.ending.finish();
  }

  /** Ends the response at the end of the bytes, also after a finish reason that proves nothing. */
  endOfBytes(): void {
    if (this.ending.outcome !== null || this.#weakWord === null) return;
    this.ending.say('incomplete', this.#weakWord);
  }

  override read(event: unknown, name?: string): readonly ResponseStep[] {
    const chunk = eventFields(event);
    if (name === 'error' || isErrorShape(chunk)) throw reportedError(event);
    const candidates = listOf(chunk['candidates']).map(fieldsOf);
    const steps = candidates.flatMap((candidate) =>
      isFirst(candidate)
        ? this.#candidate(candidate, chunk['responseId'])
        : [eventStep('candidate', candidate)],
    );
    const all = [...steps, ...this.#chunkSteps(chunk)];
    if (this.#isIntroduced || all.length === 0) return all;
    this.#isIntroduced = true;
    return [...introduction(chunk), ...all];
  }

  #candidate(candidate: Fields, id: unknown): ResponseStep[] {
    const { index: _, content, finishReason: reason, ...others } = candidate;
    const { parts, role: __, ...besides } = fieldsOf(content);
    const list = listOf(parts).map(fieldsOf);
    const said = list.flatMap((part) => this.#part(part));
    // A call that cannot run counts as a part, although it is not delivered yet.
    const hasParts = said.length > 0 || list.some(hasCall);
    this.#ids.see(id, hasParts);
    if (hasParts) this.#goOn();
    return [
      ...said,
      ...fieldSteps(besides),
      ...this.#repeated.news(others),
      ...(isNoWord(reason) || reason === UNSET ? [] : this.#finishBy(reason, hasParts)),
    ];
  }

  #goOn(): void {
    this.#isContradicted ||= this.ending.outcome !== null && this.#isWithParts;
    this.#hasOutput = true;
    this.#weakWord = null;
    this.ending.goOn();
  }

  #part(part: Fields): ResponseStep[] {
    const { text, thought, thoughtSignature, functionCall, toolCall, ...others } = part;
    return [
      ...textStep(thought === true ? 'reasoning' : 'text', text),
      ...(functionCall === undefined || functionCall === null
        ? fieldSteps({ thoughtSignature })
        : this.#functionCall(fieldsOf(functionCall), thoughtSignature)),
      ...(toolCall === undefined ? [] : this.calls.addServerCall(fieldsOf(toolCall))),
      // Images, code that the peer has run, and future kinds.
      ...fieldSteps(others),
    ];
  }

  #functionCall(piece: Fields, thoughtSignature: unknown): ResponseStep[] {
    const { call, steps } = this.calls.add(piece);
    if (isNoWord(thoughtSignature)) return steps;
    // The next request has to bring it back with the call.
    const { id, name } = call ?? {};
    return [...steps, eventStep('functionCall', { id, name, thoughtSignature })];
  }

  #finishBy(reason: unknown, isWithParts: boolean): ResponseStep[] {
    this.#isWithParts = isWithParts;
    const said = eventStep('finishReason', reason);
    const outcome = outcomeOf(WORDS, reason);
    if (outcome !== 'complete') {
      this.ending.say(outcome, reason);
      return [...this.calls.abandon(), said];
    }
    // Gateways also send a reason in chunks without content.
    if (!this.#hasOutput || this.#isContradicted) this.#weakWord = textOf(reason) ?? null;
    else this.ending.say(outcome, reason);
    return [...this.calls.leaveAll(), said];
  }

  /** Reads the fields beside the candidates: usage, and the reason of a blocked request. */
  #chunkSteps(chunk: Fields): ResponseStep[] {
    const { candidates: _, error: __, ...others } = chunk;
    const { blockReason } = fieldsOf(others['promptFeedback']);
    if (!isNoWord(blockReason)) this.ending.say('incomplete', blockReason);
    const besides = Object.entries(others).filter(([field]) => !ABOUT.includes(field));
    return this.#repeated.news(Object.fromEntries(besides));
  }
}

function hasCall({ functionCall }: Fields): boolean {
  const { name, args } = fieldsOf(functionCall);
  return !saysNothing({ name, args });
}

function isFirst({ index }: Fields): boolean {
  return index === undefined || index === null || index === 0;
}

function introduction(chunk: Fields): ResponseStep[] {
  const about = ABOUT.flatMap((name) => (isNoWord(chunk[name]) ? [] : [[name, chunk[name]]]));
  return about.length === 0 ? [] : [eventStep('response', Object.fromEntries(about))];
}
