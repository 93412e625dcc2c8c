/** Calls without an id, in formats whose results need one: reported once each, never run, never left out in silence. */

import { describe, expect, it } from 'vitest';
import { applyToolCall, emptyStreamState } from '../../machines/stream-state.js';
import {
  agUiReader,
  aiSdkUiReader,
  openaiChatReader,
  openaiResponsesReader,
} from '../../src/tool-calls/index.js';
import type { ResponseReader } from '../../src/tool-calls/index.js';
import { chunk, readEvents } from './wires.js';

const NO_IDS: readonly object[] = [{}, { toolCallId: '' }, { toolCallId: null }, { toolCallId: 7 }];
const INPUT = '{"q":"secret"}';

const start = (id: object, name = 'pay'): object => ({
  type: 'tool-input-start',
  ...id,
  toolName: name,
});
const piece = (id: object): object => ({
  type: 'tool-input-delta',
  ...id,
  inputTextDelta: INPUT,
});
const available = (id: object, name = 'pay'): object => ({
  type: 'tool-input-available',
  ...id,
  toolName: name,
  input: JSON.parse(INPUT) as unknown,
});
const failed = (id: object): object => ({
  type: 'tool-input-error',
  ...id,
  toolName: 'pay',
  input: JSON.parse(INPUT) as unknown,
  errorText: INPUT,
});
const finish = { type: 'finish', finishReason: 'tool-calls' };

const begin = (id: object, name = 'pay'): object => ({
  type: 'TOOL_CALL_START',
  ...id,
  toolCallName: name,
});
const args = (id: object): object => ({ type: 'TOOL_CALL_ARGS', ...id, delta: INPUT });
const end = (id: object): object => ({ type: 'TOOL_CALL_END', ...id });
const short = (id: object, name?: string): object => ({
  type: 'TOOL_CALL_CHUNK',
  ...id,
  ...(name === undefined ? {} : { toolCallName: name }),
  delta: INPUT,
});
const over = { type: 'RUN_FINISHED', finishReason: 'tool_calls' };

type Case = readonly [string, () => ResponseReader, (id: object) => object[], readonly string[]];

const CASES: readonly Case[] = [
  [
    'AI SDK: in pieces',
    aiSdkUiReader,
    (id) => [start(id), piece(id), available(id), finish],
    ['pay'],
  ],
  ['AI SDK: only whole', aiSdkUiReader, (id) => [available(id), finish], ['pay']],
  ['AI SDK: only begun', aiSdkUiReader, (id) => [start(id), piece(id), finish], ['pay']],
  ['AI SDK: that failed', aiSdkUiReader, (id) => [failed(id), finish], ['pay']],
  [
    'AI SDK: two in turns',
    aiSdkUiReader,
    (id) => [start(id), start(id, 'look'), available(id), available(id, 'look'), finish],
    ['pay', 'look'],
  ],
  ['AG-UI: in pieces', agUiReader, (id) => [begin(id), args(id), end(id), over], ['pay']],
  [
    'AG-UI: one after the other',
    agUiReader,
    (id) => [begin(id), args(id), end(id), begin(id, 'look'), args(id), end(id), over],
    ['pay', 'look'],
  ],
  [
    'AG-UI: in the short form',
    agUiReader,
    (id) => [short(id, 'pay'), short(id), short(id, 'look'), over],
    ['pay', 'look'],
  ],
  ['AG-UI: without a beginning', agUiReader, (id) => [args(id), end(id), over], ['']],
];

describe.each(CASES)('%s', (_, create, wire, names) => {
  it.each(NO_IDS.map((id) => [JSON.stringify(id), id] as const))(
    'is malformed with %s',
    (__, id) => {
      const { parts, end: outcome } = readEvents(create(), wire(id));
      const malformed = parts.flatMap((part) =>
        part.type === 'event' && part.name === 'malformedToolCall' ? [part.data] : [],
      );
      expect(malformed).toEqual(
        names.map((name) => ({ id: '', name: name === '' ? null : name, reason: 'no id' })),
      );
      expect(parts.some(({ type }) => type === 'toolCall')).toBe(false);
      expect(JSON.stringify(parts)).not.toContain('secret');
      expect(outcome).toBe('incomplete');
    },
  );
});

it.each([0, 1, 2])(
  'a call that is named only when it is done keeps that id in a new process',
  (at) => {
    const item = { item_id: 'i', output_index: 0 };
    const delta = (text: string): object => ({
      type: 'response.function_call_arguments.delta',
      ...item,
      delta: text,
    });
    const call = { id: 'i', type: 'function_call', call_id: 'c', name: 'pay', arguments: INPUT };
    const events = [
      delta(INPUT.slice(0, 4)),
      delta(INPUT.slice(4)),
      { type: 'response.output_item.done', output_index: 0, item: call },
    ];
    const before = readEvents(openaiResponsesReader(), events.slice(0, at));
    let recorded = emptyStreamState;
    for (const one of before.deltas) recorded = applyToolCall(recorded, one);
    const after = openaiResponsesReader();
    after.begin(recorded.toolCalls);
    const parts = events.slice(at).flatMap((event) => after.read(event).map(({ part }) => part));
    expect(parts.filter(({ type }) => type === 'toolCall')).toEqual([
      { type: 'toolCall', id: 'c', name: 'pay', input: { q: 'secret' }, isServerTool: false },
    ]);
  },
);

it('a call without a name and an input is reported, too', () => {
  const { parts } = readEvents(aiSdkUiReader(), [
    { type: 'tool-input-available', toolCallId: 'a' },
    finish,
  ]);
  expect(parts[0]).toMatchObject({ name: 'malformedToolCall', data: { reason: 'no name' } });
});

describe('arguments that are an empty object', () => {
  const call = (pieces: readonly string[]): object[] =>
    pieces.map((one, n) =>
      chunk({
        tool_calls: [
          {
            index: 0,
            ...(n === 0 ? { id: 'a' } : {}),
            function: { ...(n === 0 ? { name: 'pay' } : {}), arguments: one },
          },
        ],
      }),
    );
  const inputsOf = (pieces: readonly string[]): unknown[] =>
    readEvents(openaiChatReader(), [...call(pieces), chunk({}, 'tool_calls')]).parts.flatMap(
      (part) => (part.type === 'toolCall' ? [part.input] : []),
    );

  it('are a placeholder in one piece, and all of them in several', () => {
    expect(inputsOf(['{}', INPUT])).toEqual([{ q: 'secret' }]);
    expect(inputsOf(['{', '}'])).toEqual([{}]);
    expect(inputsOf(['{', '}', INPUT])).toEqual([]);
  });
});
