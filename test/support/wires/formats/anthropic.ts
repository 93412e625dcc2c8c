/** Anthropic Messages as Anthropic, Bedrock, LiteLLM, Ollama, vLLM and other gateways send it. */

import { anthropicMessages } from '../../../../src/sources/index.js';
import { blockEvents, blockRule, drawBlockStyle, indexOfBlock } from '../block-style.js';
import type { BlockEvent, BlockStyle } from '../block-style.js';
import { drawBreak, writeError } from '../breaks.js';
import type { Choices } from '../choices.js';
import type { WireFormat } from '../format.js';
import * as say from '../script.js';
import { isNoWord, ScriptWriter } from '../script.js';
import type { Fact, Script } from '../script.js';
import type { Ending, Truth } from '../truth.js';

export const anthropicWire: WireFormat = {
  name: 'anthropicMessages',
  resume: 'none',
  kind: 'events',
  contentTypes: [
    'text/event-stream',
    'text/event-stream; charset=utf-8',
    'text/event-stream, text/event-stream',
    'text/plain',
  ],
  source: ({ fetch, continueWith, idempotencyKey }) =>
    anthropicMessages({
      url: 'http://wire.test/v1/messages',
      body: { model: 'm', stream: true },
      fetch,
      ...(continueWith === undefined ? {} : { continueWith }),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    }),
  write,
  cursorOf: () => undefined,
};

interface Style {
  /** Where the type of an event is. */
  readonly type: 'both' | 'data' | 'event';
  readonly text: 'deltas' | 'in the start';
  /** The reason in the first `message_delta`, of two. */
  readonly early: 'none' | 'null' | 'empty';
  readonly stop: 'once' | 'none';
  readonly done: 'none' | '[DONE]';
  readonly start: 'with an id' | 'empty';
}

function drawStyle(choices: Choices, writer: ScriptWriter): Style {
  const odd = <const T>(name: string, list: readonly T[]): T => writer.odd(choices, name, list);
  return {
    type: odd('type', ['both', 'data', 'event']),
    text: odd('text', ['deltas', 'in the start']),
    early: odd('an early message_delta', ['none', 'null', 'empty']),
    stop: odd('message_stop', ['once', 'none']),
    done: odd('done', ['none', '[DONE]']),
    start: odd('message_start', ['with an id', 'empty']),
  };
}

const WORDS: Readonly<Record<Ending, readonly string[]>> = {
  good: ['end_turn', 'tool_use', 'stop_sequence'],
  length: ['max_tokens', 'model_context_window_exceeded'],
  filter: ['refusal', 'content_filter'],
  error: ['error', 'overloaded'],
  unknown: ['zzz', 'cancelled', '', 'null', 'stop?'],
};

type Write = (type: string, fields: object, facts?: readonly Fact[]) => void;

function write(truth: Truth, choices: Choices): Script {
  const writer = new ScriptWriter();
  const style = drawStyle(choices, writer);
  const blocks = drawBlockStyle(choices, writer);
  const event: Write = (type, fields, facts = []) =>
    writer.say(
      style.type === 'event' ? fields : { type, ...fields },
      facts,
      style.type === 'data' ? {} : { event: type },
    );
  const steps = stepsOf(truth, style, blocks, choices, writer);
  const broken = drawBreak(choices, writer, steps.length, style.start === 'with an id');
  const rules = truth.calls.map((call) => blockRule(call, truth.calls.length, blocks, true));
  event('message_start', { message: style.start === 'empty' ? {} : messageOf('msg_1') });
  for (const [n, step] of steps.entries()) {
    if (broken?.at === n && broken.kind === 'error') writeError(writer, choices);
    if (broken?.at === n && broken.kind === 'splice') {
      writeOther(event);
      return { sayings: writer.sayings, calls: rules, oddities: writer.oddities };
    }
    step(event);
  }
  writeEnd(truth, style, choices, writer, event);
  return { sayings: writer.sayings, calls: rules, oddities: writer.oddities };
}

function messageOf(id: string): object {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [],
    stop_reason: null,
    usage: { input_tokens: 1 },
  };
}

type Step = (event: Write) => void;

function stepsOf(
  truth: Truth,
  style: Style,
  blocks: BlockStyle,
  choices: Choices,
  writer: ScriptWriter,
): Step[] {
  const steps: Step[] = [];
  let index = 0;
  const block = (
    kind: object,
    deltas: readonly (readonly [object, Fact])[],
    facts: readonly Fact[] = [],
  ): void => {
    const at = index++;
    steps.push((event) => event('content_block_start', { index: at, content_block: kind }, facts));
    for (const [delta, fact] of deltas)
      steps.push((event) => event('content_block_delta', { index: at, delta }, [fact]));
    steps.push((event) => event('content_block_stop', { index: at }));
  };
  if (truth.reasoning.length > 0)
    block(
      { type: 'thinking', thinking: '' },
      truth.reasoning.map(
        (thinking) => [{ type: 'thinking_delta', thinking }, say.reasoning(thinking)] as const,
      ),
    );
  const extra = drawExtra(choices, writer);
  if (extra !== undefined) {
    const { kind, deltas = [] } = extra;
    const seen = say.mark(extra.mark);
    block(
      kind,
      deltas.map((delta) => [delta, seen] as const),
      deltas.length === 0 ? [seen] : [],
    );
  }
  if (truth.text.length > 0) {
    const [first = '', ...others] =
      style.text === 'in the start' ? truth.text : ['', ...truth.text];
    block(
      { type: 'text', text: first },
      others.map((text) => [{ type: 'text_delta', text }, say.text(text)] as const),
      first === '' ? [] : [say.text(first)],
    );
  }
  for (const one of blockEvents(truth.calls, blocks, choices))
    steps.push((event) => writeCall(one, index, truth, blocks, event));
  return steps;
}

function writeCall(
  one: BlockEvent,
  first: number,
  { calls }: Truth,
  style: BlockStyle,
  event: Write,
): void {
  const { id, name } = calls[one.call] ?? { id: '', name: '' };
  const index = indexOfBlock(one.block, first, style);
  const facts = [say.begun(one.call)];
  if (one.type === 'start') {
    const ids = style.ids === 'none' ? {} : { id: style.ids === 'given' ? id : '' };
    const names = style.names === 'none' ? {} : { name: style.names === 'given' ? name : '' };
    event(
      'content_block_start',
      { ...index, content_block: { type: 'tool_use', ...ids, ...names, input: one.input } },
      facts,
    );
  } else if (one.type === 'piece')
    event(
      'content_block_delta',
      { ...index, delta: { type: 'input_json_delta', partial_json: one.piece } },
      facts,
    );
  else event('content_block_stop', index, facts);
}

function writeEnd(
  truth: Truth,
  style: Style,
  choices: Choices,
  writer: ScriptWriter,
  event: Write,
): void {
  const reason = choices.pick(WORDS[truth.ending]);
  if (style.early !== 'none')
    event('message_delta', {
      delta: { stop_reason: style.early === 'null' ? null : '' },
      usage: { output_tokens: 1 },
    });
  const facts: Fact[] = [
    ...(truth.ending === 'good' ? truth.calls.map((_, n) => say.whole(n)) : []),
    ...(isNoWord(reason)
      ? []
      : [say.over(reason === 'cancelled' ? 'bad' : say.outcomeOf(truth.ending))]),
    ...(isNoWord(reason) ? [] : [say.mark(reason)]),
  ];
  event(
    'message_delta',
    { delta: { stop_reason: reason, stop_sequence: null }, usage: { output_tokens: 9 } },
    facts,
  );
  if (style.stop === 'once') event('message_stop', {});
  if (style.done === '[DONE]') writer.say('[DONE]');
}

interface Extra {
  readonly kind: object;
  readonly deltas?: readonly object[];
  readonly mark: string;
}

const EXTRAS: readonly Extra[] = [
  {
    kind: { type: 'web_search_tool_result', content: [{ url: 'mark-search' }] },
    mark: 'mark-search',
  },
  { kind: { type: 'redacted_thinking', data: 'mark-redacted' }, mark: 'mark-redacted' },
  { kind: { type: 'image', source: { data: 'mark-image' } }, mark: 'mark-image' },
  {
    kind: { type: 'text', text: '' },
    deltas: [{ type: 'citations_delta', citation: { url: 'mark-citation' } }],
    mark: 'mark-citation',
  },
  {
    kind: { type: 'thinking', thinking: '' },
    deltas: [{ type: 'signature_delta', signature: 'mark-signature' }],
    mark: 'mark-signature',
  },
  {
    kind: { type: 'thinking', thinking: '', signature: 'mark-start-signature' },
    mark: 'mark-start-signature',
  },
  {
    kind: { type: 'of_tomorrow', text: 'x' },
    deltas: [{ type: 'of_tomorrow_delta', some: 'mark-tomorrow' }],
    mark: 'mark-tomorrow',
  },
];

function drawExtra(choices: Choices, writer: ScriptWriter): Extra | undefined {
  if (!choices.odd([false, true])) return undefined;
  const extra = choices.pick(EXTRAS);
  writer.oddities.push(`extra: ${extra.mark}`);
  return extra;
}

function writeOther(event: Write): void {
  event('message_start', { message: messageOf('msg_other') }, [say.SPLICE]);
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
  event('content_block_delta', {
    index: 0,
    delta: { type: 'text_delta', text: 'of another answer' },
  });
  event('content_block_stop', { index: 0 });
  event('message_delta', { delta: { stop_reason: 'end_turn' } });
  event('message_stop', {});
}
