/** The reader of OpenAI Chat Completions, as many servers send them. */

import type { ResponseReader, ResponseStep } from '../response/answer.js';

import { BaseReader } from '../response/base-reader.js';
import { isObject } from '../response/arguments.js';
import { CallRouter } from '../calls/call-router.js';
import { ChunkIds } from './chunk-ids.js';
import { ChunkRoles } from './chunk-roles.js';
import { eventFields, fieldsOf, listOf } from '../../json/fields.js';
import type { Fields } from '../../json/fields.js';
import { finishWords, isNoWord, outcomeOf } from '../response/finish-words.js';
import { isErrorShape, reportedError } from '../response/peer-error.js';
import { RepeatedFields } from '../calls/repeated-fields.js';
import { contentSteps, eventStep, fieldSteps } from '../response/steps.js';

/**
 * Reads `chat.completion.chunk` events. Of several choices it reads the first; the others are events. `[DONE]` is no such
 * event: the end is the finish reason. No call is closed on its own, so the finish reason closes all of them.
 */
export function openaiChatReader(): ResponseReader {
  return new OpenaiChatReader();
}

/**
 * Words that are documented: OpenAI; `eos` Together; `eos_token`, `stop_sequence` Text Generation Inference. All others
 * mean that the response may be cut, such as `length`, `content_filter`, `insufficient_system_resource` (DeepSeek),
 * `model_length` (Mistral), `sensitive`, `network_error` (GLM), `abort` (SGLang, vLLM), `time_limit` (watsonx).
 */
const WORDS = finishWords({
  complete: ['stop', 'tool_calls', 'function_call', 'eos', 'eos_token', 'stop_sequence'],
  failed: ['error'],
  cancelled: ['cancelled'],
});

/** Fields of a chunk that identify the response: one event for all chunks. */
const ABOUT: readonly string[] = [
  'id',
  'object',
  'created',
  'model',
  'system_fingerprint',
  'service_tier',
  'provider',
];
/** Fields that are read elsewhere, and padding against traffic analysis. */
const IN_CHUNK: ReadonlySet<string> = new Set([...ABOUT, 'choices', 'error', 'obfuscation']);
const IN_CHOICE: ReadonlySet<string> = new Set([
  'delta',
  'finish_reason',
  'index',
  'message',
  'text',
]);
const IN_DELTA: ReadonlySet<string> = new Set([
  'content',
  'function_call',
  'reasoning',
  'reasoning_content',
  'role',
  'tool_calls',
]);

class OpenaiChatReader extends BaseReader {
  protected readonly calls = new CallRouter();
  readonly #ids = new ChunkIds();
  readonly #roles = new ChunkRoles();
  /** Whether the identifying fields were passed on. */
  #isIntroduced = false;
  /** The fields beside the choices: usage, citations, and what a server adds. */
  readonly #extras = new RepeatedFields();

  override read(event: unknown, name?: string): readonly ResponseStep[] {
    const chunk = eventFields(event);
    const choices = listOf(chunk['choices']).map(fieldsOf);
    const error = name === 'error' ? event : errorIn(chunk, choices);
    if (error !== undefined) throw reportedError(error);
    const steps = choices.flatMap((choice) =>
      isFirst(choice) ? this.#choice(choice, chunk['id']) : [eventStep('choice', choice)],
    );
    const all = [...steps, ...this.#extras.news(chunk, IN_CHUNK)];
    if (this.#isIntroduced || all.length === 0) return all;
    this.#isIntroduced = true;
    return [...introduction(chunk), ...all];
  }

  #choice(choice: Fields, id: unknown): ResponseStep[] {
    const { delta, message, text, finish_reason: reason } = choice;
    const said = fieldsOf(delta ?? message);
    const content = [...reasoningSteps(said), ...contentSteps(said['content'] ?? text)];
    const calls = this.#callSteps(said);
    const others = fieldSteps(said, IN_DELTA);
    const isAfterEnd = this.ending.outcome !== null;
    this.#roles.see({ id, role: said['role'], isLast: !isNoWord(reason), isAfterEnd });
    this.#ids.see(id, content.length + calls.length + others.length > 0);
    if (content.length > 0 || (calls.length > 0 && this.calls.hasOpenCall)) this.ending.goOn();
    if (this.calls.hasLatePiece) this.ending.spoil();
    return [
      ...content,
      ...others,
      ...calls,
      ...fieldSteps(choice, IN_CHOICE),
      ...(isNoWord(reason) ? [] : this.#finishBy(reason)),
    ];
  }

  #callSteps({ tool_calls: given, function_call: legacy }: Fields): ResponseStep[] {
    if ((given ?? legacy ?? undefined) === undefined) return [];
    const list = Array.isArray(given) ? given.map(fieldsOf) : [fieldsOf(given)];
    const pieces = list.flatMap((call, n) => pieceOf(call, n));
    // The older form, without an index; if both come, one repeats the other.
    if (pieces.length === 0 && isObject(legacy))
      pieces.push(...pieceOf({ index: 'function_call', function: legacy }, 0));
    return pieces.flatMap(({ piece, extras }) => [...this.calls.add(piece), ...extras]);
  }

  #finishBy(reason: unknown): ResponseStep[] {
    this.ending.say(outcomeOf(WORDS, reason), reason);
    const said = eventStep('finish_reason', reason);
    if (this.ending.outcome === 'complete') return [...this.calls.leaveAll(), said];
    return [...this.calls.abandon(), said];
  }
}

function isFirst({ index }: Fields): boolean {
  return index === undefined || index === null || index === 0;
}

/** Returns the error in a chunk: also in a choice (OpenRouter), in `x_groq`, in `base_resp` (MiniMax). */
function errorIn(chunk: Fields, choices: readonly Fields[]): unknown {
  if (isErrorShape(chunk)) return chunk;
  const choice = choices.find(({ error }) => isErrorShape({ error }));
  if (choice !== undefined) return { error: choice['error'] };
  if (isErrorShape(chunk['x_groq'])) return chunk['x_groq'];
  const status = fieldsOf(chunk['base_resp'])['status_code'];
  if (typeof status === 'number' && status !== 0) return chunk;
  const { message, detail, msg } = chunk;
  const isBare = chunk['choices'] === undefined && [message, detail, msg].some(isSaid);
  return isBare ? chunk : undefined;
}

function isSaid(text: unknown): boolean {
  return (typeof text === 'string' && text !== '') || (Array.isArray(text) && text.length > 0);
}

function introduction(chunk: Fields): ResponseStep[] {
  const about = ABOUT.flatMap((name) => (chunk[name] ? [[name, chunk[name]] as const] : []));
  return about.length === 0 ? [] : [eventStep('chat.completion.chunk', Object.fromEntries(about))];
}

/** Reads reasoning, which may come under two names, with signatures under a third. */
function reasoningSteps(said: Fields): ResponseStep[] {
  const { reasoning_content: content, reasoning, reasoning_details: details } = said;
  if ((content ?? reasoning ?? details ?? undefined) === undefined) return [];
  const first = contentSteps(content ?? reasoning, 'reasoning');
  if (first.length > 0) {
    const isMirrored = content === undefined || content === null || reasoning === content;
    return isMirrored ? first : [...first, ...contentSteps(reasoning, 'reasoning')];
  }
  return listOf(details)
    .map(fieldsOf)
    .flatMap(({ text, summary }) => contentSteps(text ?? summary, 'reasoning'));
}

interface FoundPiece {
  readonly piece: Parameters<CallRouter['add']>[0];
  readonly extras: readonly ResponseStep[];
}

/** Reads an entry of `tool_calls`. Some servers leave out `function`, or name the arguments differently. */
function pieceOf(call: Fields, place: number): FoundPiece[] {
  const { index, id, type, function: called, custom, ...others } = call;
  const isText = custom !== undefined && custom !== null;
  const frame = isText ? custom : called;
  const fields = fieldsOf(frame ?? call);
  const { name } = fields;
  const hasFrame = typeof frame === 'object' && frame !== null;
  if (!hasFrame && name === undefined && id === undefined) return [];
  const isSibling = place > 0 && (index === undefined || index === null);
  const piece = { index, id, name, args: argumentsOf(fields), isSibling };
  const extras = hasFrame && Object.keys(others).length > 0;
  return [
    {
      piece: isText || type === 'custom' ? { ...piece, isText: true } : piece,
      extras: extras ? [eventStep('tool_call', { index, id, ...others })] : [],
    },
  ];
}

function argumentsOf(fields: Fields): unknown {
  const { arguments: args, input, parameters, args: short } = fields;
  const isSilent = args === undefined || args === null || args === '';
  return isSilent ? (input ?? parameters ?? short ?? args) : args;
}
