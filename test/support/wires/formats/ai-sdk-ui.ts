/** The UI message stream of the AI SDK, versions 5 to 7, and of servers that write it by hand. */

import { aiSdkUi } from '../../../../src/sources/index.js';
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

export const aiSdkUiWire: WireFormat = {
  name: 'aiSdkUi',
  resume: 'replay',
  kind: 'events',
  contentTypes: [
    'text/event-stream',
    'text/event-stream; charset=utf-8',
    'text/event-stream, text/event-stream',
    'text/plain',
  ],
  source: ({ fetch, idempotencyKey }) =>
    aiSdkUi({
      url: 'http://wire.test/api/chat',
      chatId: 'chat',
      body: { id: 'chat', messages: [] },
      fetch,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    }),
  write,
  cursorOf: () => undefined,
};

interface Style {
  readonly id: 'given' | 'none';
  readonly input: 'start, deltas, available' | 'only available' | 'start, available';
  readonly value: 'object' | 'none' | 'null' | 'text';
  readonly callIds: 'given' | 'empty';
  readonly names: 'both' | 'only start' | 'only available' | 'never';
  readonly available: 'given' | 'none' | 'an error';
  readonly again: 'no' | 'the same' | 'with other arguments';
  readonly order: 'after each other' | 'in turns';
  readonly finish: 'given' | 'none' | 'without a reason';
  readonly done: 'once' | 'none';
}

function drawStyle(choices: Choices, writer: ScriptWriter): Style {
  const odd = <const T>(name: string, list: readonly T[]): T => writer.odd(choices, name, list);
  const callIds = odd('call ids', ['given', 'empty']);
  return {
    id: odd('message id', ['given', 'none']),
    input: odd('input', ['start, deltas, available', 'only available', 'start, available']),
    value: odd('value', ['object', 'none', 'null', 'text']),
    callIds,
    names: odd('names', ['both', 'only start', 'only available', 'never']),
    available: odd('available', ['given', 'none', 'an error']),
    // Without an id it would be another call.
    again: callIds === 'given' ? odd('again', ['no', 'the same', 'with other arguments']) : 'no',
    order: odd('order', ['after each other', 'in turns']),
    finish: odd('finish', ['given', 'none', 'without a reason']),
    done: odd('[DONE]', ['once', 'none']),
  };
}

const REASONS: Readonly<Record<Ending, readonly (readonly [reason: string, outcome: say.Over])[]>> =
  {
    good: [
      ['stop', 'complete'],
      ['tool-calls', 'complete'],
    ],
    length: [['length', 'incomplete']],
    filter: [['content-filter', 'incomplete']],
    error: [['error', 'bad']],
    unknown: [
      ['other', 'bad'],
      ['interrupted', 'bad'],
      ['unknown', 'bad'],
      ['zzz', 'bad'],
      ['', 'bad'],
    ],
  };

type Write = (type: string, fields?: object, facts?: readonly Fact[]) => void;

function write(truth: Truth, choices: Choices): Script {
  const writer = new ScriptWriter();
  const style = drawStyle(choices, writer);
  const event: Write = (type, fields = {}, facts = []) => writer.say({ type, ...fields }, facts);
  const steps = stepsOf(truth, style, choices, writer);
  const broken = drawBreak(choices, writer, steps.length, style.id === 'given');
  const script = (): Script => ({
    sayings: writer.sayings,
    calls: truth.calls.map((call) => ruleOf(call, style)),
    oddities: writer.oddities,
  });
  event('start', style.id === 'given' ? { messageId: 'msg_1' } : {});
  event('start-step');
  for (const [n, step] of steps.entries()) {
    if (broken?.at === n && broken.kind === 'error') writeBroken(writer, choices, event);
    if (broken?.at === n && broken.kind === 'splice') {
      writeOther(event, writer);
      return script();
    }
    step(event);
  }
  event('finish-step');
  const [reason, outcome] = choices.pick(REASONS[truth.ending]);
  const marks = reason === '' || outcome === 'complete' ? [] : [say.mark(reason)];
  if (style.finish === 'given')
    event('finish', { finishReason: reason }, [say.over(outcome), ...marks]);
  // Before version 6 the part had no reason, whatever it was.
  else if (style.finish === 'without a reason')
    event('finish', {}, [say.over(truth.ending === 'good' ? 'complete' : 'any')]);
  if (style.done === 'once') writer.say('[DONE]');
  return script();
}

/** The format's own error part, or one in another shape. */
function writeBroken(writer: ScriptWriter, choices: Choices, event: Write): void {
  if (choices.chance(50)) writeError(writer, choices, 'typed');
  else event('error', { errorText: ERROR_MARK }, [say.failure(ERROR_MARK)]);
}

type Step = (event: Write) => void;

function stepsOf(truth: Truth, style: Style, choices: Choices, writer: ScriptWriter): Step[] {
  const steps: Step[] = [];
  const step = (type: string, fields: object, facts: readonly Fact[] = []): void =>
    void steps.push((event) => event(type, fields, facts));
  const block = (kind: 'text' | 'reasoning', deltas: readonly string[]): void => {
    if (deltas.length === 0) return;
    step(`${kind}-start`, { id: kind });
    for (const delta of deltas)
      step(`${kind}-delta`, { id: kind, delta }, [
        kind === 'text' ? say.text(delta) : say.reasoning(delta),
      ]);
    step(`${kind}-end`, { id: kind });
  };
  block('reasoning', truth.reasoning);
  const extra = drawExtra(choices, writer);
  if (extra !== undefined) step(extra.type, extra.fields, [say.mark(extra.mark)]);
  block('text', truth.text);
  const lists = truth.calls.map((call, n) => callParts(call, n, style, choices));
  for (const [type, fields, facts] of style.order === 'in turns' ? inTurns(lists) : lists.flat())
    step(type, fields, facts);
  return steps;
}

type Part = readonly [type: string, fields: object, facts: readonly Fact[]];

function callParts(call: TrueCall, n: number, style: Style, choices: Choices): Part[] {
  const toolCallId = style.callIds === 'empty' ? '' : call.id;
  const { names } = style;
  const facts = [say.begun(n)];
  const parts: Part[] = [];
  if (style.input !== 'only available')
    parts.push([
      'tool-input-start',
      {
        toolCallId,
        ...(names === 'both' || names === 'only start' ? { toolName: call.name } : {}),
      },
      facts,
    ]);
  if (style.input === 'start, deltas, available')
    for (const inputTextDelta of split(JSON.stringify(call.input), choices))
      parts.push(['tool-input-delta', { toolCallId, inputTextDelta }, facts]);
  if (style.available === 'none') return parts;
  const name = names === 'both' || names === 'only available' ? { toolName: call.name } : {};
  if (style.available === 'an error')
    return [
      ...parts,
      [
        'tool-input-error',
        { toolCallId, ...name, input: call.input, errorText: 'no such tool' },
        facts,
      ],
    ];
  const input = {
    object: call.input,
    none: undefined,
    null: null,
    text: JSON.stringify(call.input),
  }[style.value];
  parts.push(['tool-input-available', { toolCallId, ...name, input }, [...facts, say.whole(n)]]);
  if (style.again !== 'no')
    parts.push([
      'tool-input-available',
      {
        toolCallId,
        ...name,
        input: style.again === 'the same' ? input : (JSON.parse(OTHER_INPUT) as unknown),
      },
      facts,
    ]);
  return parts;
}

function ruleOf(call: TrueCall, style: Style): CallRule {
  const { may, why } = judgeStyle(style);
  const also = { null: [null], text: [JSON.stringify(call.input)] }[style.value as string];
  return { call, ids: style.callIds === 'empty' ? null : [call.id], also, may, why };
}

function judgeStyle({
  input,
  value,
  callIds,
  names,
  available,
  again,
}: Style): Pick<CallRule, 'may' | 'why'> {
  if (available !== 'given') return { may: 'never', why: 'the input is never available' };
  const hasName =
    names === 'both' ||
    names === 'only available' ||
    (names === 'only start' && input !== 'only available' && callIds === 'given');
  if (!hasName)
    return {
      may: names === 'never' || input === 'only available' ? 'never' : 'may',
      why: 'a call has a name',
    };
  if (value === 'none' || value === 'null')
    return { may: 'may', why: 'an input that is not there' };
  // A tool may take text: this is not what the call has, but it is what the wire says.
  if (value === 'text') return { may: 'may', why: 'an input that is text' };
  if (callIds === 'empty') return { may: 'may', why: 'a call without an id' };
  return { may: 'leave', why: again };
}

interface Extra {
  readonly type: string;
  readonly fields: object;
  readonly mark: string;
}

const EXTRAS: readonly Extra[] = [
  { type: 'source-url', fields: { sourceId: 's', url: 'mark-source' }, mark: 'mark-source' },
  {
    type: 'file',
    fields: { mediaType: 'image/png', url: 'data:image/png;base64,mark-file' },
    mark: 'mark-file',
  },
  { type: 'data-weather', fields: { data: { some: 'mark-data' } }, mark: 'mark-data' },
  {
    type: 'tool-output-available',
    fields: { toolCallId: 'of_before', output: 'mark-output' },
    mark: 'mark-output',
  },
  {
    type: 'tool-approval-request',
    fields: { approvalId: 'ap', toolCallId: 'of_before', reason: 'mark-approval' },
    mark: 'mark-approval',
  },
  {
    type: 'message-metadata',
    fields: { messageMetadata: { some: 'mark-metadata' } },
    mark: 'mark-metadata',
  },
  { type: 'of-tomorrow', fields: { some: 'mark-tomorrow' }, mark: 'mark-tomorrow' },
  { type: 'tool-of-tomorrow', fields: { toolCallId: 'x', some: 'mark-tool' }, mark: 'mark-tool' },
];

function drawExtra(choices: Choices, writer: ScriptWriter): Extra | undefined {
  if (!choices.odd([false, true])) return undefined;
  const extra = choices.pick(EXTRAS);
  writer.oddities.push(`extra: ${extra.mark}`);
  return extra;
}

function writeOther(event: Write, writer: ScriptWriter): void {
  event('start', { messageId: 'msg_other' }, [say.SPLICE]);
  event('start-step');
  event('text-start', { id: 'other' });
  event('text-delta', { id: 'other', delta: 'of another answer' });
  event('text-end', { id: 'other' });
  event('finish-step');
  event('finish', { finishReason: 'stop' });
  writer.say('[DONE]');
}
