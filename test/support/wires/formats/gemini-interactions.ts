/** Gemini Interactions as Google sends it, and as it may come through other hands. */

import { geminiInteractions } from '../../../../src/sources/index.js';
import { blockEvents, blockRule, drawBlockStyle, indexOfBlock } from '../block-style.js';
import type { BlockEvent, BlockStyle } from '../block-style.js';
import { drawBreak, writeError } from '../breaks.js';
import type { Choices } from '../choices.js';
import type { WireFormat } from '../format.js';
import * as say from '../script.js';
import { ScriptWriter } from '../script.js';
import type { Fact, Script } from '../script.js';
import type { Ending, Truth } from '../truth.js';

export const geminiInteractionsWire: WireFormat = {
  name: 'geminiInteractions',
  resume: 'log',
  kind: 'events',
  contentTypes: [
    'text/event-stream',
    'text/event-stream; charset=utf-8',
    'text/event-stream, text/event-stream',
    'text/plain',
  ],
  source: ({ fetch, idempotencyKey }) =>
    geminiInteractions({
      url: 'http://wire.test/v1beta/interactions',
      body: { model: 'm', stream: true },
      fetch,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    }),
  write,
  cursorOf: ({ url }) => url.searchParams.get('last_event_id') ?? undefined,
};

interface Style {
  readonly ids: 'own' | 'none' | 'all the same' | 'empty';
  readonly key: 'given' | 'none' | 'empty';
  readonly type: 'event_type' | 'type' | 'only the event';
  readonly pieces: 'arguments' | 'partial_arguments';
  readonly done: 'none' | '[DONE]';
  readonly status: 'none' | 'before';
}

function drawStyle(choices: Choices, writer: ScriptWriter): Style {
  const odd = <const T>(name: string, list: readonly T[]): T => writer.odd(choices, name, list);
  return {
    ids: odd('event ids', ['own', 'none', 'all the same', 'empty']),
    key: odd('interaction id', ['given', 'none', 'empty']),
    type: odd('type', ['event_type', 'type', 'only the event']),
    pieces: odd('pieces', ['arguments', 'partial_arguments']),
    done: odd('done', ['none', '[DONE]']),
    status: odd('status update', ['none', 'before']),
  };
}

const STATUSES: Readonly<
  Record<Ending, readonly (readonly [status: string, outcome: say.Over])[]>
> = {
  good: [
    ['completed', 'complete'],
    ['requires_action', 'complete'],
  ],
  length: [['incomplete', 'incomplete']],
  filter: [['budget_exceeded', 'incomplete']],
  error: [['failed', 'bad']],
  unknown: [
    ['cancelled', 'cancelled'],
    ['zzz', 'bad'],
    ['', 'bad'],
    ['null', 'bad'],
  ],
};

type Write = (type: string, fields: object, facts?: readonly Fact[]) => void;

function write(truth: Truth, choices: Choices): Script {
  const writer = new ScriptWriter();
  const style = drawStyle(choices, writer);
  const blocks = drawBlockStyle(choices, writer);
  let count = 0;
  const event: Write = (type, fields, facts = []) => {
    const id = { own: `evt_${count++}`, none: undefined, 'all the same': 'evt', empty: '' }[
      style.ids
    ];
    const named = style.type === 'only the event' ? {} : { [style.type]: type };
    writer.say({ ...fields, ...named, ...(id === undefined ? {} : { event_id: id }) }, facts, {
      event: type,
      ...(id === undefined || id === '' ? {} : { cursor: id }),
      isKey: type === 'interaction.created' && style.key === 'given',
    });
  };
  const steps = stepsOf(truth, style, blocks, choices, writer);
  const broken = drawBreak(choices, writer, steps.length, style.key === 'given');
  const script = (): Script => ({
    sayings: writer.sayings,
    calls: truth.calls.map((call) => blockRule(call, truth.calls.length, blocks, false)),
    hasUselessIds: style.ids === 'all the same',
    oddities: writer.oddities,
  });
  const interaction = style.key === 'none' ? {} : { id: style.key === 'given' ? 'int_1' : '' };
  event('interaction.created', { interaction: { ...interaction, status: 'in_progress' } });
  for (const [n, step] of steps.entries()) {
    if (broken?.at === n && broken.kind === 'error') writeError(writer, choices);
    if (broken?.at === n && broken.kind === 'splice') {
      writeOther(event);
      return script();
    }
    step(event);
  }
  const [status, outcome] = choices.pick(STATUSES[truth.ending]);
  if (style.status === 'before' && truth.ending === 'good')
    event('interaction.status_update', { interaction_id: 'int_1', status: 'in_progress' });
  // A call that was said without arguments is whole only when the interaction is.
  const late = truth.ending === 'good' ? truth.calls.map((_, n) => say.whole(n)) : [];
  const marks =
    status === '' || status === 'null' || outcome === 'complete' ? [] : [say.mark(status)];
  event('interaction.completed', { interaction: { ...interaction, status } }, [
    ...late,
    say.over(outcome),
    ...marks,
  ]);
  if (style.done === '[DONE]') writer.say('[DONE]', [], { event: 'done' });
  return script();
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
  const block = (type: string, deltas: readonly (readonly [object, Fact])[]): void => {
    const at = index++;
    steps.push((event) => event('step.start', { index: at, step: { type } }));
    for (const [delta, fact] of deltas)
      steps.push((event) => event('step.delta', { index: at, delta }, [fact]));
    steps.push((event) => event('step.stop', { index: at }));
  };
  if (truth.reasoning.length > 0)
    block(
      'thought',
      truth.reasoning.map(
        (text) =>
          [
            { type: 'thought_summary', content: { type: 'text', text } },
            say.reasoning(text),
          ] as const,
      ),
    );
  const extra = drawExtra(choices, writer);
  if (extra !== undefined) block(extra.step, [[extra.delta, say.mark(extra.mark)]]);
  if (truth.text.length > 0)
    block(
      'model_output',
      truth.text.map((text) => [{ type: 'text', text }, say.text(text)] as const),
    );
  for (const one of blockEvents(truth.calls, blocks, choices))
    steps.push((event) => writeCall(one, index, truth, style, blocks, event));
  return steps;
}

function writeCall(
  one: BlockEvent,
  first: number,
  { calls }: Truth,
  style: Style,
  blocks: BlockStyle,
  event: Write,
): void {
  const { id, name } = calls[one.call] ?? { id: '', name: '' };
  const index = indexOfBlock(one.block, first, blocks);
  const facts = [say.begun(one.call)];
  if (one.type === 'start') {
    const ids = blocks.ids === 'none' ? {} : { id: blocks.ids === 'given' ? id : '' };
    const names = blocks.names === 'none' ? {} : { name: blocks.names === 'given' ? name : '' };
    event(
      'step.start',
      { ...index, step: { type: 'function_call', ...ids, ...names, arguments: one.input } },
      facts,
    );
  } else if (one.type === 'piece')
    event(
      'step.delta',
      { ...index, delta: { type: 'arguments_delta', [style.pieces]: one.piece } },
      facts,
    );
  else event('step.stop', index, [...facts, say.mayLeave(one.call)]);
}

interface Extra {
  readonly step: string;
  readonly delta: object;
  readonly mark: string;
}

const EXTRAS: readonly Extra[] = [
  {
    step: 'thought',
    delta: { type: 'thought_signature', signature: 'mark-signature' },
    mark: 'mark-signature',
  },
  { step: 'model_output', delta: { type: 'image', data: 'mark-image' }, mark: 'mark-image' },
  {
    step: 'model_output',
    delta: { type: 'text_annotation', annotations: [{ url: 'mark-annotation' }] },
    mark: 'mark-annotation',
  },
  {
    step: 'google_search_result',
    delta: { type: 'google_search_result', result: 'mark-search' },
    mark: 'mark-search',
  },
  {
    step: 'of_tomorrow',
    delta: { type: 'of_tomorrow', some: 'mark-tomorrow' },
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
  event('interaction.created', { interaction: { id: 'int_other', status: 'in_progress' } }, [
    say.SPLICE,
  ]);
  event('step.start', { index: 0, step: { type: 'model_output' } });
  event('step.delta', { index: 0, delta: { type: 'text', text: 'of another answer' } });
  event('step.stop', { index: 0 });
  event('interaction.completed', { interaction: { id: 'int_other', status: 'completed' } });
}
