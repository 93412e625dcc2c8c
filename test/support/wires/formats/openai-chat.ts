/** OpenAI Chat Completions as OpenAI, Azure, Ollama, vLLM, SGLang, llama.cpp, Mistral, OpenRouter, GLM and others send it. */

import { openaiChat } from '../../../../src/sources/index.js';
import type { Choices } from '../choices.js';
import { calledIn, drawCallStyle, OTHER_INPUT, piecesOf, ruleOf, saysCall } from '../call-style.js';
import type { CallStyle, Piece } from '../call-style.js';
import { drawBreak, writeError } from '../breaks.js';
import type { WireFormat } from '../format.js';
import * as say from '../script.js';
import { isNoWord, ScriptWriter } from '../script.js';
import type { Fact, Over, Script } from '../script.js';
import { inTurns } from '../turns.js';
import type { Ending, Truth } from '../truth.js';

export const openaiChatWire: WireFormat = {
  name: 'openaiChat',
  resume: 'none',
  kind: 'events',
  contentTypes: [
    'text/event-stream',
    'text/event-stream; charset=utf-8',
    'text/event-stream, text/event-stream',
    'text/plain',
    'Text/Event-Stream;charset=UTF-8',
  ],
  source: ({ fetch, continueWith, idempotencyKey }) =>
    openaiChat({
      url: 'http://wire.test/v1/chat/completions',
      body: { model: 'm', stream: true },
      fetch,
      ...(continueWith === undefined ? {} : { continueWith }),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    }),
  write,
  cursorOf: () => undefined,
};

interface Style {
  readonly ids: 'one' | 'empty at first' | 'each another' | 'none';
  /** What stands for "not over yet". */
  readonly open: null | '' | 'null' | undefined;
  readonly role: 'first' | 'each' | 'none';
  readonly reasoning: 'reasoning_content' | 'reasoning' | 'both' | 'details too' | 'thinking part';
  readonly content: 'text' | 'list' | 'list of text';
  readonly finish: 'own chunk' | 'with the last delta' | 'twice' | 'no delta';
  readonly usage: 'none' | 'after' | 'with the finish' | 'in each' | 'before';
  readonly done: 'once' | 'none' | 'twice';
}

function drawStyle(choices: Choices, writer: ScriptWriter): Style {
  const odd = <const T>(name: string, list: readonly T[]): T => writer.odd(choices, name, list);
  return {
    ids: odd('chunk ids', ['one', 'empty at first', 'each another', 'none']),
    open: odd<Style['open']>('finish_reason before the end', [null, undefined, '', 'null']),
    role: odd('role', ['first', 'each', 'none']),
    reasoning: odd('reasoning', [
      'reasoning_content',
      'reasoning',
      'both',
      'details too',
      'thinking part',
    ]),
    content: odd('content', ['text', 'list', 'list of text']),
    finish: odd('finish', ['own chunk', 'with the last delta', 'twice', 'no delta']),
    usage: odd('usage', ['none', 'after', 'with the finish', 'in each', 'before']),
    done: odd('[DONE]', ['once', 'none', 'twice']),
  };
}

const GOOD = ['stop', 'tool_calls', 'function_call'];

/** Finish words by what they mean. None of the bad ones may let a call run. */
const WORDS: Readonly<Record<Exclude<Ending, 'good'>, readonly string[]>> = {
  length: ['length', 'model_length', 'model_context_window_exceeded', 'max_tokens'],
  filter: ['content_filter', 'sensitive', 'refusal'],
  error: ['error', 'network_error', 'insufficient_system_resource', 'abort'],
  unknown: ['zzz', 'cancelled', 'unknown', '', 'null', '🌍'],
};

function write(truth: Truth, choices: Choices): Script {
  const writer = new ScriptWriter();
  const style = drawStyle(choices, writer);
  const calls = drawCallStyle(choices, writer);
  const finish = truth.ending === 'good' ? choices.pick(GOOD) : choices.pick(WORDS[truth.ending]);
  // A peer may say so in words of its own: then any outcome but the good one is right.
  const end: Over =
    finish === 'cancelled' || finish === 'abort' ? 'bad' : say.outcomeOf(truth.ending);
  const pieces = callPieces(truth, calls, choices);
  const rules = truth.calls.map((_, n) => ruleOf(truth.calls, n, calls, pieces));
  // What is neither named nor given arguments is a placeholder.
  const said = calledIn(truth.calls, calls, pieces);
  let count = 0;
  const chunk = (
    delta: object | undefined,
    reason: unknown,
    facts: readonly Fact[],
    more: object = {},
  ): void => {
    const id = {
      one: 'chat-1',
      'empty at first': count === 0 ? '' : 'chat-1',
      'each another': `chat-${count}`,
      none: undefined,
    }[style.ids];
    const role =
      style.role === 'each' || (style.role === 'first' && count === 0) ? { role: 'assistant' } : {};
    count++;
    const choice = {
      index: 0,
      ...(delta === undefined ? {} : { delta: { ...role, ...delta } }),
      finish_reason: reason,
    };
    const usage = style.usage === 'in each' ? { usage: { total_tokens: count } } : {};
    writer.say(
      { id, object: 'chat.completion.chunk', choices: [choice], ...usage, ...more },
      facts,
    );
  };
  const deltas: [object, Fact[]][] = [
    [{ content: '' }, []],
    ...truth.reasoning.map((one): [object, Fact[]] => [
      reasoningDelta(one, style),
      [say.reasoning(one)],
    ]),
    ...extras(choices, writer),
    ...truth.text.map((one): [object, Fact[]] => [
      { content: contentOf(one, style) },
      [say.text(one)],
    ]),
    ...pieces.map((piece): [object, Fact[]] => [
      callDelta(piece, calls, truth),
      saysCall(piece) ? [say.begun(piece.call)] : [],
    ]),
  ];
  // Where chunks have no common id, or each has a role, nothing shows that another response began.
  const canSplice =
    (style.ids === 'one' || style.ids === 'empty at first') && style.role === 'first';
  const broken = drawBreak(choices, writer, deltas.length - 1, canSplice);
  const over: Fact[] = [
    ...(end === 'complete' ? [...said].map(say.whole) : []),
    ...(isNoWord(finish) ? [] : [say.over(end)]),
    ...(GOOD.includes(finish) || isNoWord(finish) ? [] : [say.mark(finish)]),
  ];
  const written = (): Script => ({
    sayings: writer.sayings,
    calls: rules,
    oddities: writer.oddities,
  });
  for (const [n, [delta, facts]] of deltas.entries()) {
    if (broken?.at === n - 1 && broken.kind === 'error') writeError(writer, choices);
    // An opening chunk without an id and without content is of any answer: that another one began cannot be seen.
    const isVisible = style.ids === 'one' || n > 1;
    if (broken?.at === n - 1 && broken.kind === 'splice' && isVisible) {
      writeOther(writer);
      return written();
    }
    const isLast = n === deltas.length - 1 && style.finish === 'with the last delta';
    chunk(delta, isLast ? finish : style.open, isLast ? [...facts, ...over] : facts);
  }
  if (style.usage === 'before') writer.say({ choices: [], usage: { total_tokens: 9 } });
  if (style.finish !== 'with the last delta')
    chunk(
      style.finish === 'no delta' ? undefined : {},
      finish,
      over,
      style.usage === 'with the finish' ? { usage: { total_tokens: 9 } } : {},
    );
  if (style.finish === 'twice') chunk({}, finish, []);
  if (style.usage === 'after')
    writer.say({ id: 'chat-1', choices: [], usage: { total_tokens: 9 } });
  if (style.done !== 'none') writer.say('[DONE]');
  if (style.done === 'twice') writer.say('[DONE]');
  return written();
}

function callPieces(truth: Truth, style: CallStyle, choices: Choices): Piece[] {
  const lists = truth.calls.map((call, n) => piecesOf(call, n, style, choices));
  const pieces = style.order === 'in turns' ? inTurns(lists) : lists.flat();
  if (style.again === 'no') return pieces;
  const again = truth.calls.flatMap((call, n) => {
    const other = style.again === 'the same' ? JSON.stringify(call.input) : OTHER_INPUT;
    const index = typeof pieces[0]?.index === 'number' ? n + 10 : undefined;
    return [{ call: n, index, id: call.id, name: call.name, args: other }];
  });
  return [...pieces, ...again];
}

function callDelta({ index, id, name, args, call }: Piece, style: CallStyle, truth: Truth): object {
  const called = {
    ...(name === undefined ? {} : { name }),
    ...(args === undefined ? {} : { arguments: args }),
  };
  // The form before tool calls had numbers: one call, without an id.
  if (style.ids === 'none' && style.index === 'none' && truth.calls.length === 1 && call === 0)
    return { function_call: called };
  return {
    tool_calls: [
      {
        ...(index === undefined ? {} : { index }),
        ...(id === undefined ? {} : { id, type: 'function' }),
        function: called,
      },
    ],
  };
}

function reasoningDelta(text: string, { reasoning }: Style): object {
  switch (reasoning) {
    case 'both':
      return { reasoning: text, reasoning_content: text };
    case 'details too':
      return { reasoning: text, reasoning_details: [{ type: 'reasoning.text', text, index: 0 }] };
    case 'thinking part':
      return { content: [{ type: 'thinking', thinking: [{ type: 'text', text }] }] };
    default:
      return { [reasoning]: text };
  }
}

function contentOf(text: string, { content }: Style): unknown {
  if (content === 'text') return text;
  return content === 'list'
    ? [{ type: 'text', text }]
    : [text.slice(0, 3), text.slice(3)].map((one) => ({ type: 'text', text: one }));
}

/** What an answer holds besides: it must reach the reader as it is. */
const EXTRAS: readonly (readonly [string, (text: string) => object])[] = [
  ['image', (url) => ({ content: '', images: [{ type: 'image_url', image_url: { url } }] })],
  ['audio', (data) => ({ audio: { id: 'a1', data } })],
  ['annotations', (url) => ({ annotations: [{ type: 'url_citation', url_citation: { url } }] })],
  ['refusal', (refusal) => ({ refusal })],
  ['part', (url) => ({ content: [{ type: 'image_url', image_url: { url } }] })],
  [
    'signature',
    (signature) => ({ reasoning_details: [{ type: 'reasoning.encrypted', data: signature }] }),
  ],
];

function extras(choices: Choices, writer: ScriptWriter): [object, Fact[]][] {
  if (!choices.odd([false, true])) return [];
  const [name, make] = choices.pick(EXTRAS);
  writer.oddities.push(`extra: ${name}`);
  return [[make(`extra-${name}`), [say.mark(`extra-${name}`)]]];
}

/** A gateway asked a second time, and sends what came as if it belonged to the first. */
function writeOther(writer: ScriptWriter): void {
  const other = (delta: object, reason: string | null): object => ({
    id: 'chat-other',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: reason }],
  });
  writer.say(other({ role: 'assistant', content: '' }, null), [say.SPLICE]);
  writer.say(other({ content: 'of another answer' }, null));
  writer.say(other({}, 'stop'));
  writer.say('[DONE]');
}
