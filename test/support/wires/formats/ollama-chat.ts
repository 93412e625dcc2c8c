/** Ollama's own `/api/chat` and `/api/generate`, as Ollama and those that took the API over send them. */

import { ollamaChat } from '../../../../src/sources/index.js';
import { drawBreak, writeError } from '../breaks.js';
import type { Choices } from '../choices.js';
import type { WireFormat } from '../format.js';
import * as say from '../script.js';
import { ScriptWriter } from '../script.js';
import type { Fact, Script } from '../script.js';
import type { Ending, Truth } from '../truth.js';
import { drawWholeStyle, wholeChunks, wholeRule } from '../whole-style.js';
import type { WholeGiven } from '../whole-style.js';

export const ollamaChatWire: WireFormat = {
  name: 'ollamaChat',
  resume: 'none',
  kind: 'lines',
  contentTypes: [
    'application/x-ndjson',
    'application/x-ndjson; charset=utf-8',
    'application/json',
    'application/jsonl',
    'text/plain',
  ],
  source: ({ fetch, continueWith, idempotencyKey }) =>
    ollamaChat({
      url: 'http://wire.test/api/chat',
      body: { model: 'm', messages: [] },
      fetch,
      ...(continueWith === undefined ? {} : { continueWith }),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    }),
  write,
  cursorOf: () => undefined,
};

interface Style {
  readonly shape: 'message' | 'response';
  readonly about: 'each' | 'none';
  readonly role: 'each' | 'none';
  /** What `done` is before the end. */
  readonly open: false | undefined | null;
  readonly reason: undefined | null | '';
  readonly content: 'with calls' | 'null with calls' | 'none with calls';
  readonly finish: 'own line' | 'with the last piece' | 'no message' | 'twice';
  readonly index: 'none' | 'own' | 'zero';
  readonly framed: 'function' | 'with a type' | 'bare';
}

function drawStyle(choices: Choices, writer: ScriptWriter, { calls }: Truth): Style {
  const odd = <const T>(name: string, list: readonly T[]): T => writer.odd(choices, name, list);
  return {
    // `/api/generate` has no calls.
    shape: calls.length === 0 ? odd('shape', ['message', 'response']) : 'message',
    about: odd('model', ['each', 'none']),
    role: odd('role', ['each', 'none']),
    open: odd<Style['open']>('done before the end', [false, undefined, null]),
    reason: odd<Style['reason']>('done_reason before the end', [undefined, null, '']),
    content: odd('content', ['with calls', 'null with calls', 'none with calls']),
    finish: odd('finish', ['own line', 'with the last piece', 'no message', 'twice']),
    index: odd('index', ['none', 'own', 'zero']),
    framed: odd('call', ['function', 'with a type', 'bare']),
  };
}

/** The last line has `done: true` in any case; undefined is what a server writes whose runner broke off. */
const WORDS: Readonly<Record<Ending, readonly (string | null | undefined)[]>> = {
  good: ['stop'],
  length: ['length'],
  filter: ['content_filter', 'safety'],
  error: ['error', undefined],
  unknown: ['zzz', 'cancelled', '', 'null', null, undefined, '🌍'],
};

type Line = readonly [fields: object, facts: readonly Fact[]];

function write(truth: Truth, choices: Choices): Script {
  const writer = new ScriptWriter();
  const style = drawStyle(choices, writer, truth);
  const calls = drawWholeStyle(choices, writer);
  const lines = linesOf(truth, style, wholeChunks(truth.calls, calls), choices, writer);
  const broken = drawBreak(choices, writer, lines.length, false);
  const word = choices.pick(WORDS[truth.ending]);
  const over: Fact[] = [
    ...(truth.ending === 'good' ? truth.calls.map((_, n) => say.whole(n)) : []),
    ...(truth.ending === 'good' || !word || word === 'null' ? [] : [say.mark(word)]),
    say.over(say.outcomeOf(truth.ending)),
  ];
  const line = (fields: object, facts: readonly Fact[], isLast = false): void => {
    const about =
      style.about === 'each' ? { model: 'm', created_at: '2026-11-28T21:33:16.1Z' } : {};
    const end = isLast
      ? { done: true, done_reason: word, total_duration: 9, eval_count: 3 }
      : { done: style.open, done_reason: style.reason };
    writer.say({ ...about, ...fields, ...end }, facts);
  };
  for (const [n, [fields, facts]] of lines.entries()) {
    if (broken?.at === n) writeError(writer, choices, 'line');
    const isLast = n === lines.length - 1 && style.finish === 'with the last piece';
    line(fields, isLast ? [...facts, ...over] : facts, isLast);
  }
  const hasEnd = style.finish === 'with the last piece' && lines.length > 0;
  const last = style.finish === 'no message' ? {} : shaped({ content: '' }, style);
  if (!hasEnd) line(last, over, true);
  if (style.finish === 'twice') line(last, [], true);
  return {
    sayings: writer.sayings,
    calls: truth.calls.map((call) => wholeRule(call, truth.calls.length, calls)),
    oddities: writer.oddities,
  };
}

function linesOf(
  truth: Truth,
  style: Style,
  calls: readonly (readonly WholeGiven[])[],
  choices: Choices,
  writer: ScriptWriter,
): Line[] {
  return [
    ...truth.reasoning.map((thinking): Line => [
      shaped({ content: '', thinking }, style),
      [say.reasoning(thinking)],
    ]),
    ...extras(style, choices, writer),
    ...truth.text.map((content): Line => [shaped({ content }, style), [say.text(content)]]),
    ...calls.map((given): Line => [
      shaped(
        {
          ...{ 'with calls': { content: '' }, 'null with calls': { content: null } }[
            style.content as string
          ],
          tool_calls: given.map((one) => callOf(one, style)),
        },
        style,
      ),
      given.map(({ call }) => say.begun(call)),
    ]),
  ];
}

type Said = Readonly<Record<string, unknown>> & { readonly content?: string | null };

function shaped({ content, ...others }: Said, { shape, role }: Style): object {
  const said = content === undefined ? {} : { content };
  if (shape === 'response') return { response: content, ...others };
  return { message: { ...(role === 'each' ? { role: 'assistant' } : {}), ...said, ...others } };
}

function callOf({ call, id, args, ...named }: WholeGiven, { index, framed }: Style): object {
  const place = { none: {}, own: { index: call }, zero: { index: 0 } }[index];
  const called = { ...place, ...named, ...(args === undefined ? {} : { arguments: args }) };
  const ids = id === undefined ? {} : { id };
  if (framed === 'bare') return { ...ids, ...called };
  return { ...ids, ...(framed === 'with a type' ? { type: 'function' } : {}), function: called };
}

const EXTRAS: readonly (readonly [string, (text: string) => Said])[] = [
  ['images', (image) => ({ content: '', images: [image] })],
  ['tomorrow', (some) => ({ content: '', of_tomorrow: { some } })],
];

function extras(style: Style, choices: Choices, writer: ScriptWriter): Line[] {
  if (!choices.odd([false, true])) return [];
  const [name, make] = choices.pick(EXTRAS);
  writer.oddities.push(`extra: ${name}`);
  return [[shaped(make(`extra-${name}`), style), [say.mark(`extra-${name}`)]]];
}
