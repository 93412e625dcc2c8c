/** AG-UI as TanStack AI, CopilotKit, and the agent frameworks that speak it send it. */

import { agUi } from '../../../../src/sources/index.js';
import { drawBreak, writeError } from '../breaks.js';
import { OTHER_INPUT, split } from '../call-style.js';
import type { Choices } from '../choices.js';
import { ERROR_MARK } from '../errors.js';
import type { WireFormat } from '../format.js';
import * as say from '../script.js';
import { ScriptWriter } from '../script.js';
import type { CallRule, Fact, Script } from '../script.js';
import { inTurns } from '../turns.js';
import type { Ending, TrueCall, Truth } from '../truth.js';

export const agUiWire: WireFormat = {
  name: 'agUi',
  resume: 'log',
  kind: 'events',
  contentTypes: [
    'text/event-stream',
    'text/event-stream; charset=utf-8',
    'text/event-stream, text/event-stream',
    'text/plain',
  ],
  source: ({ fetch, idempotencyKey }) =>
    agUi({
      url: 'http://wire.test/api/agent',
      body: { threadId: 't', messages: [] },
      fetch,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    }),
  write,
  cursorOf: ({ headers }) => headers['last-event-id'] || undefined,
};

interface Style {
  readonly ids: 'own' | 'none' | 'all the same' | 'empty';
  readonly run: 'given' | 'none';
  readonly text: 'content' | 'chunks';
  readonly calls: 'start, args, end' | 'chunks';
  readonly names: 'start' | 'tool name' | 'late' | 'never' | 'empty';
  readonly callIds: 'given' | 'empty' | 'none';
  readonly args:
    | 'pieces'
    | 'one'
    | 'an object'
    | 'whole again'
    | 'other input at the end'
    | 'input at the end';
  readonly empty: 'braces' | 'nothing';
  readonly end: 'given' | 'none' | 'twice';
  readonly again: 'no' | 'the same' | 'with other arguments';
  readonly order: 'after each other' | 'in turns';
  readonly reasoning: 'REASONING' | 'THINKING';
}

function drawStyle(choices: Choices, writer: ScriptWriter): Style {
  const odd = <const T>(name: string, list: readonly T[]): T => writer.odd(choices, name, list);
  const callIds = odd('call ids', ['given', 'empty', 'none']);
  return {
    ids: odd('event ids', ['own', 'none', 'all the same', 'empty']),
    run: odd('RUN_STARTED', ['given', 'none']),
    text: odd('text', ['content', 'chunks']),
    calls: odd('calls', ['start, args, end', 'chunks']),
    names: odd('names', ['start', 'tool name', 'late', 'never', 'empty']),
    callIds,
    args: odd('args', [
      'pieces',
      'one',
      'an object',
      'whole again',
      'other input at the end',
      'input at the end',
    ]),
    empty: odd('empty', ['braces', 'nothing']),
    end: odd('TOOL_CALL_END', ['given', 'none', 'twice']),
    // Without an id it would be another call.
    again: callIds === 'given' ? odd('again', ['no', 'the same', 'with other arguments']) : 'no',
    order: odd('order', ['after each other', 'in turns']),
    reasoning: odd('reasoning', ['REASONING', 'THINKING']),
  };
}

/** What the last event holds besides, and what it means. */
const FINISHES: Readonly<
  Record<Ending, readonly (readonly [fields: object, outcome: say.Over])[]>
> = {
  good: [
    [{}, 'complete'],
    [{ finishReason: 'stop' }, 'complete'],
    [{ outcome: { type: 'success' } }, 'complete'],
    [{ metadata: { tanstack: { finishReason: 'stop' } } }, 'complete'],
  ],
  length: [
    [{ finishReason: 'length' }, 'incomplete'],
    [{ metadata: { tanstack: { finishReason: 'length' } } }, 'incomplete'],
  ],
  filter: [
    [{ finishReason: 'content_filter' }, 'incomplete'],
    [{ finishReason: 'content-filter' }, 'incomplete'],
  ],
  error: [[{ finishReason: 'error' }, 'bad']],
  unknown: [
    [{ finishReason: 'cancelled' }, 'bad'],
    [{ finishReason: 'interrupted' }, 'bad'],
    [{ finishReason: 'zzz' }, 'bad'],
    [{ finishReason: '' }, 'bad'],
    [{ outcome: { type: 'zzz' } }, 'bad'],
    [{ metadata: { tanstack: { finishReason: 'zzz' } } }, 'bad'],
  ],
};

type Write = (type: string, fields?: object, facts?: readonly Fact[]) => void;

function write(truth: Truth, choices: Choices): Script {
  const writer = new ScriptWriter();
  const style = drawStyle(choices, writer);
  let count = 0;
  const event: Write = (type, fields = {}, facts = []) => {
    const id = { own: `log:${count++}`, none: undefined, 'all the same': 'log', empty: '' }[
      style.ids
    ];
    writer.say({ type, ...fields }, facts, {
      id,
      ...(id === undefined || id === '' ? {} : { cursor: id }),
      isKey: type === 'RUN_STARTED',
    });
  };
  const { steps, lists } = stepsOf(truth, style, choices, writer);
  const broken = drawBreak(choices, writer, steps.length, style.run === 'given');
  const script = (): Script => ({
    sayings: writer.sayings,
    calls: truth.calls.map((call, n) => ruleOf(call, style, isBeginning(call, lists[n]))),
    hasUselessIds: style.ids === 'all the same',
    oddities: writer.oddities,
  });
  if (style.run === 'given') event('RUN_STARTED', { threadId: 't', runId: 'run_1' });
  for (const [n, step] of steps.entries()) {
    if (broken?.at === n && broken.kind === 'error') writeBroken(writer, choices, event);
    if (broken?.at === n && broken.kind === 'splice') {
      writeOther(event);
      return script();
    }
    step(event);
  }
  const [fields, outcome] = choices.pick(FINISHES[truth.ending]);
  const whole = truth.ending === 'good' ? truth.calls.map((_, n) => say.whole(n)) : [];
  event('RUN_FINISHED', { threadId: 't', runId: 'run_1', ...fields }, [
    ...whole,
    say.over(outcome),
  ]);
  return script();
}

/** The format's own error event, or one in another shape. */
function writeBroken(writer: ScriptWriter, choices: Choices, event: Write): void {
  if (choices.chance(50)) writeError(writer, choices, 'typed');
  else event('RUN_ERROR', { message: ERROR_MARK, code: 'x' }, [say.failure(ERROR_MARK)]);
}

type Step = (event: Write) => void;

interface Steps {
  readonly steps: readonly Step[];
  /** The events of each call, as they are sent first. */
  readonly lists: readonly (readonly Part[])[];
}

function stepsOf(truth: Truth, style: Style, choices: Choices, writer: ScriptWriter): Steps {
  const steps: Step[] = [];
  const step = (type: string, fields: object, facts: readonly Fact[] = []): void =>
    void steps.push((event) => event(type, fields, facts));
  const thinking = style.reasoning === 'THINKING' ? 'THINKING_TEXT_MESSAGE' : 'REASONING_MESSAGE';
  if (truth.reasoning.length > 0) step(`${thinking}_START`, { messageId: 'r' });
  for (const delta of truth.reasoning)
    step(`${thinking}_CONTENT`, { messageId: 'r', delta }, [say.reasoning(delta)]);
  if (truth.reasoning.length > 0) step(`${thinking}_END`, { messageId: 'r' });
  const extra = drawExtra(choices, writer);
  if (extra !== undefined) step(extra.type, extra.fields, [say.mark(extra.mark)]);
  if (truth.text.length > 0 && style.text === 'content')
    step('TEXT_MESSAGE_START', { messageId: 'm', role: 'assistant' });
  const content = style.text === 'content' ? 'TEXT_MESSAGE_CONTENT' : 'TEXT_MESSAGE_CHUNK';
  for (const delta of truth.text) step(content, { messageId: 'm', delta }, [say.text(delta)]);
  if (truth.text.length > 0 && style.text === 'content')
    step('TEXT_MESSAGE_END', { messageId: 'm' });
  const lists = truth.calls.map((call, n) => callEvents(call, n, style, choices));
  for (const [type, fields, facts] of style.order === 'in turns' ? inTurns(lists) : lists.flat())
    step(type, fields, facts);
  const again =
    style.again === 'no'
      ? []
      : truth.calls.flatMap((call, n) => {
          const input =
            style.again === 'the same'
              ? call.input
              : (JSON.parse(OTHER_INPUT) as TrueCall['input']);
          return callEvents(
            { ...call, input },
            n,
            { ...style, args: 'one', empty: 'braces', end: 'given' },
            choices,
          );
        });
  for (const [type, fields, facts] of again) step(type, fields, facts);
  return { steps, lists };
}

type Part = readonly [type: string, fields: object, facts: readonly Fact[]];

function callEvents(call: TrueCall, n: number, style: Style, choices: Choices): Part[] {
  const id = { given: { toolCallId: call.id }, empty: { toolCallId: '' }, none: {} }[style.callIds];
  const facts = [say.begun(n)];
  const pieces = argumentsOf(call, style, choices);
  const named = { toolCallName: call.name };
  const first = {
    start: named,
    'tool name': { toolName: call.name },
    late: {},
    never: {},
    empty: { toolCallName: '' },
  }[style.names];
  const later = style.names === 'late' ? named : {};
  const isChunk = style.calls === 'chunks';
  const parts: Part[] = isChunk
    ? [['TOOL_CALL_CHUNK', { ...id, ...first, delta: pieces[0] ?? '' }, facts]]
    : [['TOOL_CALL_START', { ...id, ...first, parentMessageId: 'm' }, facts]];
  for (const delta of isChunk ? pieces.slice(1) : pieces)
    parts.push([isChunk ? 'TOOL_CALL_CHUNK' : 'TOOL_CALL_ARGS', { ...id, ...later, delta }, facts]);
  if (isChunk || style.end === 'none') return parts;
  const input =
    {
      'other input at the end': { input: JSON.parse(OTHER_INPUT) as object },
      'input at the end': { input: call.input },
    }[style.args as string] ?? {};
  const end: Part = ['TOOL_CALL_END', { ...id, ...input }, [...facts, say.mayLeave(n)]];
  return style.end === 'twice' ? [...parts, end, end] : [...parts, end];
}

function argumentsOf({ input }: TrueCall, { args, empty }: Style, choices: Choices): unknown[] {
  const json = JSON.stringify(input);
  if (json === '{}' && empty === 'nothing') return [];
  switch (args) {
    case 'one':
      return [json];
    case 'an object':
      return [input];
    case 'whole again':
      return [...split(json, choices), json];
    default:
      return split(json, choices);
  }
}

/** Nothing is said of the arguments, or an empty object in one piece, with which some peers begin. */
function isBeginning({ input }: TrueCall, parts: readonly Part[] = []): boolean {
  const pieces = parts.filter(([, fields]) => 'delta' in fields);
  return Object.keys(input).length === 0 && pieces.length < 2;
}

/** @param mayGoOn arguments that follow are those of the call */
function ruleOf(call: TrueCall, style: Style, mayGoOn: boolean): CallRule {
  const { may, why } = judgeStyle(call, style);
  // A call that is not closed goes on with what comes under its id; the end of one that is closed may have the first arguments.
  const isOpen = style.calls === 'chunks' || style.end === 'none';
  const isOther = isOpen
    ? style.again === 'with other arguments' && mayGoOn
    : style.args === 'other input at the end' && isBare(call, style);
  const also = isOther ? [OTHER_ARGS] : [];
  return { call, ids: style.callIds === 'given' ? [call.id] : null, may, why, also };
}

function isBare({ input }: TrueCall, { empty }: Style): boolean {
  return empty === 'nothing' && Object.keys(input).length === 0;
}

const OTHER_ARGS: unknown = JSON.parse(OTHER_INPUT);

function judgeStyle(call: TrueCall, style: Style): Pick<CallRule, 'may' | 'why'> {
  const { calls, names, callIds, args, end, again } = style;
  if (names === 'never' || names === 'empty') return { may: 'never', why: 'a call has a name' };
  if (again === 'with other arguments') return { may: 'may', why: 'one id, two arguments' };
  if (names === 'late') return { may: 'may', why: 'a name in a later event' };
  if (isBare(call, style)) return { may: 'may', why: 'no arguments but those at the end' };
  if (args === 'other input at the end' && calls !== 'chunks' && end !== 'none')
    return { may: 'never', why: 'arguments that do not agree' };
  if (args === 'an object' || args === 'whole again')
    return { may: 'may', why: `arguments: ${args}` };
  if (callIds !== 'given') return { may: 'may', why: 'a call without an id' };
  if (end === 'none' || calls === 'chunks') return { may: 'may', why: 'the call is not closed' };
  return { may: 'leave', why: '' };
}

interface Extra {
  readonly type: string;
  readonly fields: object;
  readonly mark: string;
}

const EXTRAS: readonly Extra[] = [
  { type: 'STATE_SNAPSHOT', fields: { snapshot: { some: 'mark-state' } }, mark: 'mark-state' },
  {
    type: 'STATE_DELTA',
    fields: { delta: [{ op: 'add', path: '/a', value: 'mark-delta' }] },
    mark: 'mark-delta',
  },
  { type: 'CUSTOM', fields: { name: 'x', value: 'mark-custom' }, mark: 'mark-custom' },
  {
    type: 'TOOL_CALL_RESULT',
    fields: { messageId: 'tm', toolCallId: 'of_before', content: 'mark-result' },
    mark: 'mark-result',
  },
  {
    type: 'ACTIVITY_SNAPSHOT',
    fields: { messageId: 'a', content: { some: 'mark-activity' } },
    mark: 'mark-activity',
  },
  {
    type: 'REASONING_ENCRYPTED_VALUE',
    fields: { subtype: 'message', entityId: 'r', encryptedValue: 'mark-encrypted' },
    mark: 'mark-encrypted',
  },
  { type: 'STEP_STARTED', fields: { stepName: 'mark-step' }, mark: 'mark-step' },
  { type: 'OF_TOMORROW', fields: { some: 'mark-tomorrow' }, mark: 'mark-tomorrow' },
];

function drawExtra(choices: Choices, writer: ScriptWriter): Extra | undefined {
  if (!choices.odd([false, true])) return undefined;
  const extra = choices.pick(EXTRAS);
  writer.oddities.push(`extra: ${extra.mark}`);
  return extra;
}

function writeOther(event: Write): void {
  event('RUN_STARTED', { threadId: 't', runId: 'run_other' }, [say.SPLICE]);
  event('TEXT_MESSAGE_START', { messageId: 'other', role: 'assistant' });
  event('TEXT_MESSAGE_CONTENT', { messageId: 'other', delta: 'of another answer' });
  event('TEXT_MESSAGE_END', { messageId: 'other' });
  event('RUN_FINISHED', { threadId: 't', runId: 'run_other' });
}
