/** Gemini's `streamGenerateContent` as Google, Vertex AI and the gateways before them send it. */

import { geminiContent } from '../../../../src/sources/index.js';
import { drawBreak, writeError } from '../breaks.js';
import type { Choices } from '../choices.js';
import type { WireFormat } from '../format.js';
import { drawPartial, partialParts } from '../partial-args.js';
import * as say from '../script.js';
import { isNoWord, outcomeOf, ScriptWriter } from '../script.js';
import type { Fact, Script } from '../script.js';
import type { Ending, Truth } from '../truth.js';
import { drawWholeStyle, SECOND, wholeChunks, wholeRule } from '../whole-style.js';
import type { WholeGiven, WholeStyle } from '../whole-style.js';

export const geminiContentWire: WireFormat = {
  name: 'geminiContent',
  resume: 'none',
  kind: 'events',
  contentTypes: [
    'text/event-stream',
    'text/event-stream; charset=utf-8',
    'text/event-stream, text/event-stream',
    'text/plain',
  ],
  source: ({ fetch, continueWith, idempotencyKey }) =>
    geminiContent({
      url: 'http://wire.test/v1beta/models/m:streamGenerateContent',
      body: { contents: [] },
      fetch,
      ...(continueWith === undefined ? {} : { continueWith }),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    }),
  write,
  cursorOf: () => undefined,
};

interface Style {
  readonly id: 'one' | 'each another' | 'none' | 'empty';
  readonly index: 'none' | 'zero' | 'null';
  readonly role: 'model' | 'none';
  /** The finish reason of chunks before the last. */
  readonly open: undefined | null | '' | 'FINISH_REASON_UNSPECIFIED';
  readonly finish: 'own chunk' | 'with the last part' | 'empty text' | 'null content' | 'twice';
  readonly weak: 'no' | 'before the text' | 'in each';
  readonly usage: 'in each' | 'none' | 'at the end' | 'after';
  readonly done: 'none' | '[DONE]';
}

function drawStyle(choices: Choices, writer: ScriptWriter): Style {
  const odd = <const T>(name: string, list: readonly T[]): T => writer.odd(choices, name, list);
  return {
    id: odd('responseId', ['one', 'each another', 'none', 'empty']),
    index: odd('index', ['none', 'zero', 'null']),
    role: odd('role', ['model', 'none']),
    open: odd<Style['open']>('reason before the end', [
      undefined,
      null,
      '',
      'FINISH_REASON_UNSPECIFIED',
    ]),
    finish: odd('finish', [
      'own chunk',
      'with the last part',
      'empty text',
      'null content',
      'twice',
    ]),
    weak: odd('STOP that is none', ['no', 'before the text', 'in each']),
    usage: odd('usage', ['in each', 'none', 'at the end', 'after']),
    done: odd('done', ['none', '[DONE]']),
  };
}

const WORDS: Readonly<Record<Ending, readonly string[]>> = {
  good: ['STOP'],
  length: ['MAX_TOKENS'],
  filter: ['SAFETY', 'RECITATION', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'IMAGE_SAFETY'],
  error: ['MALFORMED_FUNCTION_CALL', 'OTHER', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS'],
  unknown: ['zzz', 'CANCELLED', '', 'null', 'FINISH_REASON_UNSPECIFIED', '🌍'],
};

/** Chunks with one id before another answer begins: from one alone nobody knows that ids mean anything here. */
const OWN = 2;

type Chunk = readonly [parts: readonly object[], facts: readonly Fact[]];

function write(truth: Truth, choices: Choices): Script {
  const writer = new ScriptWriter();
  const style = drawStyle(choices, writer);
  const { chunks, rules } = chunksOf(truth, style, choices, writer);
  const canSplice = style.id === 'one' && chunks.length > OWN;
  const broken = drawBreak(choices, writer, chunks.length, canSplice);
  const word = choices.pick(WORDS[truth.ending]);
  const isBlocked = truth.ending === 'filter' && choices.odd([false, true]);
  const answer = new AnswerWriter(writer, style);
  const script = (): Script => ({
    sayings: writer.sayings,
    // Where each chunk lets calls run, one leaves before the other with its id is seen.
    calls: rules.map((rule) =>
      style.weak === 'in each' && rule.why === SECOND ? { ...rule, may: 'may' } : rule,
    ),
    // After a reason with every chunk nobody knows which of them is the last.
    hasWeakEnds: style.weak === 'in each',
    oddities: writer.oddities,
  });
  if (style.weak === 'before the text') answer.chunk([], 'STOP', []);
  for (const [n, [parts, facts]] of chunks.entries()) {
    if (broken?.at === n && broken.kind === 'error') writeError(writer, choices);
    if (broken?.kind === 'splice' && n === Math.max(OWN, broken.at)) {
      writeOther(writer);
      return script();
    }
    const isEnd = n === chunks.length - 1 && style.finish === 'with the last part' && !isBlocked;
    if (isEnd) answer.end(parts, word, facts, truth);
    else if (style.weak === 'in each') answer.weakChunk(parts, facts, truth);
    else answer.chunk(parts, style.open, facts);
  }
  if (isBlocked) writer.say({ promptFeedback: { blockReason: word } }, blockFacts(word));
  else if (style.finish !== 'with the last part' || chunks.length === 0)
    answer.end(null, word, [], truth);
  if (style.finish === 'twice' && !isBlocked) answer.chunk(null, word, []);
  if (style.usage === 'after') writer.say({ usageMetadata: { totalTokenCount: 9 } });
  if (style.done === '[DONE]') writer.say('[DONE]');
  return script();
}

function blockFacts(word: string): Fact[] {
  return [say.mark(word), say.over('incomplete')];
}

class AnswerWriter {
  readonly #writer: ScriptWriter;
  readonly #style: Style;
  #count = 0;
  #weak = 0;
  #hasParts = false;

  constructor(writer: ScriptWriter, style: Style) {
    this.#writer = writer;
    this.#style = style;
  }

  /** @param parts null: those with which an answer ends */
  chunk(
    parts: readonly object[] | null,
    finishReason: unknown,
    facts: readonly Fact[],
    isLast = false,
  ): void {
    const { index, role, usage, finish } = this.#style;
    const named = role === 'model' ? { role } : {};
    const content =
      parts !== null
        ? { content: { parts, ...named } }
        : ({
            'empty text': { content: { parts: [{ text: '' }], ...named } },
            'null content': { content: null },
          }[finish as string] ?? {});
    const place = { none: {}, zero: { index: 0 }, null: { index: null } }[index];
    const candidate = { ...content, ...place, finishReason };
    const hasUsage = usage === 'in each' || (usage === 'at the end' && isLast);
    this.#writer.say(
      {
        candidates: [candidate],
        ...(hasUsage ? { usageMetadata: { totalTokenCount: this.#count } } : {}),
        modelVersion: 'm',
        responseId: this.#id(),
      },
      facts,
    );
    this.#count++;
    this.#hasParts ||= parts !== null && parts.length > 0;
  }

  /** The first is the end of a short answer, for all that one can know. */
  weakChunk(parts: readonly object[], facts: readonly Fact[], { calls }: Truth): void {
    const mayLeave = calls.map((_, n) => say.mayLeave(n));
    const end = this.#weak++ === 0 ? [say.over('any')] : [say.GOES_ON];
    this.chunk(parts, 'STOP', [...facts, ...mayLeave, ...end]);
  }

  /** Behind parts that came with a reason, and went on, a good word proves nothing. */
  end(
    parts: readonly object[] | null,
    word: string,
    facts: readonly Fact[],
    { ending, calls }: Truth,
  ): void {
    const isContradicted = this.#weak > 1 || (this.#weak === 1 && parts !== null);
    // With nothing before it a good word proves nothing either: gateways send one ahead of the answer.
    const isEmpty = ending === 'good' && parts === null && !this.#hasParts;
    const isNone = isEmpty || isNoWord(word) || word === 'FINISH_REASON_UNSPECIFIED';
    const said = calls.map((_, n) => (this.#weak > 0 ? say.mayLeave(n) : say.whole(n)));
    const end = isContradicted && ending === 'good' ? say.GOES_ON : say.over(outcomeOf(ending));
    const marks = ending === 'good' ? said : [say.mark(word)];
    this.chunk(parts, word, [...facts, ...(isNone ? [] : [...marks, end])], true);
  }

  #id(): string | undefined {
    const ids = { one: 'r-1', 'each another': `r-${this.#count}`, none: undefined, empty: '' };
    return ids[this.#style.id];
  }
}

function chunksOf(
  truth: Truth,
  { weak }: Style,
  choices: Choices,
  writer: ScriptWriter,
): { readonly chunks: Chunk[]; readonly rules: Script['calls'] } {
  const drawn = drawWholeStyle(choices, writer);
  // A call that may run with each of its pieces is no call in pieces.
  const style: WholeStyle = weak === 'in each' ? { ...drawn, args: 'object' } : drawn;
  const isPartial = weak !== 'in each' && style.again === 'no' && drawPartial(choices, writer);
  const calls: Chunk[] = isPartial
    ? truth.calls.flatMap((call, n) =>
        partialParts(call, choices).map((part): Chunk => [[part], [say.begun(n)]]),
      )
    : wholeChunks(truth.calls, style).map((given): Chunk => [
        given.map(callPart),
        given.map(({ call }) => say.begun(call)),
      ]);
  const chunks: Chunk[] = [
    ...truth.reasoning.map((text): Chunk => [[{ text, thought: true }], [say.reasoning(text)]]),
    ...extras(choices, writer),
    ...truth.text.map((text): Chunk => [[{ text }], [say.text(text)]]),
    ...calls,
  ];
  const rules = truth.calls.map((call) =>
    isPartial
      ? { call, ids: null, may: 'may' as const, why: 'arguments at paths' }
      : wholeRule(call, truth.calls.length, style),
  );
  return { chunks, rules };
}

function callPart({ id, name, args }: WholeGiven): object {
  return { functionCall: { id, name, args } };
}

const EXTRAS: readonly (readonly [string, (text: string) => object])[] = [
  ['image', (data) => ({ inlineData: { mimeType: 'image/png', data } })],
  ['code', (code) => ({ executableCode: { language: 'PYTHON', code } })],
  ['result', (output) => ({ codeExecutionResult: { outcome: 'OUTCOME_OK', output } })],
  ['signature', (thoughtSignature) => ({ text: '', thoughtSignature })],
  ['part', (some) => ({ ofTomorrow: { some } })],
];

function extras(choices: Choices, writer: ScriptWriter): Chunk[] {
  if (!choices.odd([false, true])) return [];
  const [name, make] = choices.pick(EXTRAS);
  writer.oddities.push(`extra: ${name}`);
  return [[[make(`extra-${name}`)], [say.mark(`extra-${name}`)]]];
}

function writeOther(writer: ScriptWriter): void {
  const other = (candidate: object): object => ({ candidates: [candidate], responseId: 'r-other' });
  const content = { parts: [{ text: 'of another answer' }], role: 'model' };
  writer.say(other({ content }), [say.SPLICE]);
  writer.say(other({ content }));
  writer.say(other({ finishReason: 'STOP' }));
}
