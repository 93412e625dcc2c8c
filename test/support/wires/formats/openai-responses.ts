/** OpenAI Responses as OpenAI, Azure, Copilot, OpenRouter, vLLM and other servers send it. */

import { openaiResponses } from '../../../../src/sources/index.js';
import { drawBreak, writeError } from '../breaks.js';
import type { Choices } from '../choices.js';
import type { WireFormat } from '../format.js';
import { callItems, drawItemStyle, itemRule } from '../item-style.js';
import type { ItemStyle } from '../item-style.js';
import * as say from '../script.js';
import { ScriptWriter } from '../script.js';
import type { Fact, Script } from '../script.js';
import { inTurns } from '../turns.js';
import type { Ending, Truth } from '../truth.js';

export const openaiResponsesWire: WireFormat = {
  name: 'openaiResponses',
  resume: 'log',
  kind: 'events',
  contentTypes: [
    'text/event-stream',
    'text/event-stream; charset=utf-8',
    'text/event-stream, text/event-stream',
    'text/plain',
  ],
  source: ({ fetch, idempotencyKey }) =>
    openaiResponses({
      url: 'http://wire.test/v1/responses',
      body: { model: 'm', stream: true, background: true },
      fetch,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    }),
  write,
  cursorOf: ({ url }) => url.searchParams.get('starting_after') ?? undefined,
};

interface Style {
  readonly numbers: 'from 0' | 'from 1' | 'none' | 'all 0' | 'as text';
  readonly id: 'given' | 'none' | 'empty';
  readonly text: 'deltas' | 'only done' | 'only the item';
  readonly reasoning: 'summary' | 'text';
  readonly output: 'repeated' | 'empty';
  readonly done: 'none' | '[DONE]';
  readonly type: 'both' | 'data';
}

function drawStyle(choices: Choices, writer: ScriptWriter): Style {
  const odd = <const T>(name: string, list: readonly T[]): T => writer.odd(choices, name, list);
  return {
    numbers: odd('sequence numbers', ['from 0', 'from 1', 'none', 'all 0', 'as text']),
    id: odd('response id', ['given', 'none', 'empty']),
    text: odd('text', ['deltas', 'only done', 'only the item']),
    reasoning: odd('reasoning', ['summary', 'text']),
    output: odd('output at the end', ['repeated', 'empty']),
    done: odd('done', ['none', '[DONE]']),
    type: odd('type', ['both', 'data']),
  };
}

/** The last event, and what it says of the response. */
const ENDS: Readonly<
  Record<Ending, readonly (readonly [type: string, fields: object, outcome: say.Over])[]>
> = {
  good: [['response.completed', { status: 'completed' }, 'complete']],
  length: [
    [
      'response.incomplete',
      { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
      'incomplete',
    ],
  ],
  filter: [
    [
      'response.incomplete',
      { status: 'incomplete', incomplete_details: { reason: 'content_filter' } },
      'incomplete',
    ],
  ],
  error: [
    [
      'response.failed',
      { status: 'failed', error: { code: 'server_error', message: 'it crashed-5d1' } },
      'bad',
    ],
  ],
  unknown: [
    ['response.cancelled', { status: 'cancelled' }, 'cancelled'],
    ['response.completed', { status: 'incomplete' }, 'bad'],
    ['response.completed', { status: 'failed' }, 'bad'],
  ],
};

type Write = (type: string, fields: object, facts?: readonly Fact[]) => void;

function write(truth: Truth, choices: Choices): Script {
  const writer = new ScriptWriter();
  const style = drawStyle(choices, writer);
  const items = drawItemStyle(choices, writer);
  let count = 0;
  const event: Write = (type, fields, facts = []) => {
    const number = numberOf(count++, style);
    writer.say(
      { type, ...fields, ...(number === undefined ? {} : { sequence_number: number }) },
      facts,
      {
        ...(style.type === 'both' ? { event: type } : {}),
        ...(number === undefined ? {} : { cursor: String(number) }),
        isKey: type === 'response.created' && style.id === 'given',
      },
    );
  };
  const steps = stepsOf(truth, style, items, choices, writer);
  const broken = drawBreak(choices, writer, steps.length, style.id === 'given');
  const script = (): Script => ({
    sayings: writer.sayings,
    calls: truth.calls.map((call) => itemRule(call, truth.calls.length, items)),
    hasUselessIds: style.numbers === 'all 0',
    oddities: writer.oddities,
  });
  event('response.created', {
    response: { ...idOf('resp_1', style), status: 'in_progress', output: [] },
  });
  for (const [n, step] of steps.entries()) {
    if (broken?.at === n && broken.kind === 'error') writeError(writer, choices);
    if (broken?.at === n && broken.kind === 'splice') {
      writeOther(event);
      return script();
    }
    step(event);
  }
  const [type, fields, outcome] = choices.pick(ENDS[truth.ending]);
  const output = style.output === 'repeated' ? outputOf(truth, style, items) : [];
  const isSaid = (n: number): boolean =>
    output.length > 0 || writer.sayings.some(({ facts }) => facts.some((one) => isBegun(one, n)));
  const late =
    truth.ending === 'good' && items.done === 'no item'
      ? truth.calls.flatMap((_, n) => (isSaid(n) ? [say.whole(n)] : []))
      : [];
  const mark = truth.ending === 'error' ? [say.mark('it crashed-5d1')] : [];
  event(type, { response: { ...idOf('resp_1', style), output, ...fields } }, [
    ...late,
    say.over(outcome),
    ...mark,
  ]);
  if (style.done === '[DONE]') writer.say('[DONE]');
  return script();
}

function isBegun(fact: Fact, n: number): boolean {
  return fact.type === 'begun' && fact.call === n;
}

function numberOf(n: number, { numbers }: Style): number | string | undefined {
  if (numbers === 'none') return undefined;
  if (numbers === 'all 0') return 0;
  return numbers === 'as text' ? String(n) : n + (numbers === 'from 1' ? 1 : 0);
}

function idOf(given: string, { id }: Style): { id?: string } {
  if (id === 'none') return {};
  return { id: id === 'empty' ? '' : given };
}

type Step = (event: Write) => void;

function stepsOf(
  truth: Truth,
  style: Style,
  items: ItemStyle,
  choices: Choices,
  writer: ScriptWriter,
): Step[] {
  const steps: Step[] = [];
  const step = (type: string, fields: object, facts: readonly Fact[] = []): void =>
    void steps.push((event) => event(type, fields, facts));
  const reasoning =
    style.reasoning === 'text'
      ? 'response.reasoning_text.delta'
      : 'response.reasoning_summary_text.delta';
  for (const delta of truth.reasoning)
    step(reasoning, { item_id: 'rs', output_index: 0, delta }, [say.reasoning(delta)]);
  const extra = drawExtra(choices, writer);
  if (extra !== undefined) step(extra.type, extra.fields, [say.mark(extra.mark)]);
  writeText(truth, style, step);
  const lists = truth.calls.map((call, n) => callItems(call, n, items, choices));
  const all = items.order === 'in turns' ? inTurns(lists) : lists.flat();
  for (const { type, fields, facts } of all) step(type, fields, facts);
  return steps;
}

function writeText(
  truth: Truth,
  style: Style,
  step: (type: string, fields: object, facts?: readonly Fact[]) => void,
): void {
  if (truth.text.length === 0) return;
  const all = truth.text.join('');
  const at = { item_id: 'msg', output_index: 1, content_index: 0 };
  const once = [say.text(all)];
  const part = { type: 'output_text', text: '', annotations: [] };
  step('response.output_item.added', {
    output_index: 1,
    item: { id: 'msg', type: 'message', status: 'in_progress', content: [] },
  });
  step('response.content_part.added', { ...at, part });
  if (style.text === 'deltas')
    for (const delta of truth.text)
      step('response.output_text.delta', { ...at, delta }, [say.text(delta)]);
  if (style.text !== 'only the item')
    step('response.output_text.done', { ...at, text: all }, style.text === 'only done' ? once : []);
  if (style.text !== 'only the item')
    step('response.content_part.done', { ...at, part: { ...part, text: all } });
  const item = {
    id: 'msg',
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ ...part, text: all }],
  };
  step(
    'response.output_item.done',
    { output_index: 1, item },
    style.text === 'only the item' ? once : [],
  );
}

function outputOf(truth: Truth, _style: Style, items: ItemStyle): object[] {
  const text = truth.text.join('');
  const message = {
    id: 'msg',
    type: 'message',
    role: 'assistant',
    content: [{ type: 'output_text', text, annotations: [] }],
  };
  const calls = truth.calls.map(({ id, name, input }, n) => ({
    type: 'function_call',
    status: 'completed',
    ...(items.ids === 'given' ? { id: `item_${n}` } : {}),
    ...(items.callIds === 'given' ? { call_id: id } : {}),
    name,
    arguments: JSON.stringify(input),
  }));
  return [...(text === '' ? [] : [message]), ...calls];
}

interface Extra {
  readonly type: string;
  readonly fields: object;
  readonly mark: string;
}

const EXTRAS: readonly Extra[] = [
  {
    type: 'response.refusal.delta',
    fields: { item_id: 'msg', delta: 'mark-refusal' },
    mark: 'mark-refusal',
  },
  {
    type: 'response.output_text.annotation.added',
    fields: { annotation: { url: 'mark-annotation' } },
    mark: 'mark-annotation',
  },
  {
    type: 'response.image_generation_call.partial_image',
    fields: { partial_image_b64: 'mark-image' },
    mark: 'mark-image',
  },
  {
    type: 'response.output_item.done',
    fields: {
      output_index: 9,
      item: { type: 'web_search_call', id: 'ws', action: { query: 'mark-search' } },
    },
    mark: 'mark-search',
  },
  {
    type: 'response.output_item.done',
    fields: { output_index: 9, item: { type: 'of_tomorrow', id: 'x', some: 'mark-item' } },
    mark: 'mark-item',
  },
  { type: 'response.of_tomorrow', fields: { some: 'mark-event' }, mark: 'mark-event' },
  { type: 'response.audio.delta', fields: { delta: 'mark-audio' }, mark: 'mark-audio' },
];

function drawExtra(choices: Choices, writer: ScriptWriter): Extra | undefined {
  if (!choices.odd([false, true])) return undefined;
  const extra = choices.pick(EXTRAS);
  writer.oddities.push(`extra: ${extra.mark}`);
  return extra;
}

function writeOther(event: Write): void {
  event('response.created', { response: { id: 'resp_other', status: 'in_progress', output: [] } }, [
    say.SPLICE,
  ]);
  event('response.output_text.delta', {
    item_id: 'other',
    output_index: 0,
    content_index: 0,
    delta: 'of another answer',
  });
  event('response.completed', { response: { id: 'resp_other', status: 'completed', output: [] } });
}
