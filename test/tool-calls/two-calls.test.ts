/** Two calls that say they are one, and what an earlier process has read of a call. */

import { describe, expect, it } from 'vitest';
import { agUiReader, anthropicReader, geminiReader } from '../../src/tool-calls/index.js';
import type { ResponseReader, RecordedCalls } from '../../src/tool-calls/index.js';
import { applyToolCall, emptyStreamState } from '../../machines/stream-state.js';
import { block, delta, readEvents } from './wires.js';

const step = (index: number, fields: object = {}): object => ({
  event_type: 'step.start',
  index,
  step: { type: 'function_call', name: 'f', ...fields },
});
const piece = (index: number, text: string): object => ({
  event_type: 'step.delta',
  index,
  delta: { type: 'arguments_delta', arguments: text },
});
const stop = (index: number): object => ({ event_type: 'step.stop', index });
const completed = {
  event_type: 'interaction.completed',
  interaction: { id: 'i', status: 'completed' },
};

describe('a call without arguments waits for the end, and so does another one with its id', () => {
  const other = ['{"of"', ':1}'];

  it('Gemini', () => {
    const seen = readEvents(geminiReader(), [
      step(0, { id: 'a', arguments: {} }),
      stop(0),
      step(1, { id: 'a', arguments: {} }),
      ...other.map((one) => piece(1, one)),
      stop(1),
      completed,
    ]);
    expect([seen.calls, seen.malformed.length > 0]).toEqual([[], true]);
  });

  it('AG-UI', () => {
    const start = { type: 'TOOL_CALL_START', toolCallId: 'a', toolCallName: 'f' };
    const end = { type: 'TOOL_CALL_END', toolCallId: 'a' };
    const args = other.map((delta) => ({ type: 'TOOL_CALL_ARGS', toolCallId: 'a', delta }));
    const finished = { type: 'RUN_FINISHED', threadId: 't', runId: 'r', finishReason: 'stop' };
    const seen = readEvents(agUiReader(), [start, end, start, ...args, end, finished]);
    expect([seen.calls, seen.malformed.length > 0]).toEqual([[], true]);
    const same = readEvents(agUiReader(), [start, end, start, end, finished]);
    expect(same.calls).toEqual([['a', 'f', {}]]);
  });
});

it('calls without ids keep their own when the answer starts over', () => {
  const events = [0, 1, 2].flatMap((n) => [step(0), piece(0, `{"of":${n}}`), stop(0)]);
  const first = readEvents(geminiReader(), events);
  expect(first.calls).toEqual([
    ['local_call_0', 'f', { of: 0 }],
    ['local_call_0_2', 'f', { of: 1 }],
    ['local_call_0_3', 'f', { of: 2 }],
  ]);
  const again = readEvents(geminiReader(), [...events, completed], recordOf(first.deltas));
  expect([again.calls, again.malformed]).toEqual([[], []]);
  expect(again.events.filter((name) => name === 'repeatedToolCall')).toHaveLength(3);
});

describe('arguments that came parsed, in a new process', () => {
  const start = step(0, { id: 'a', arguments: { of: 1 } });

  /** What comes after the first events is read by another reader, which knows what was recorded. */
  function readInTwo(events: readonly object[], count: number, create = geminiReader) {
    const { deltas } = readEvents(create(), events.slice(0, count));
    return readEvents(create(), events.slice(count), recordOf(deltas));
  }

  it.each([1, 2, 3])('leave when text repeats them; read up to event %i', (count) => {
    const events = [start, piece(0, '{"of"'), piece(0, ':1}'), stop(0), completed];
    expect(readInTwo(events, count).calls).toEqual([['a', 'f', { of: 1 }]]);
  });

  it.each([1, 2, 3])('do not leave when text says others; read up to event %i', (count) => {
    const events = [start, piece(0, '{"of"'), piece(0, ':2}'), stop(0), completed];
    const seen = readInTwo(events, count);
    expect([seen.calls, seen.malformed]).toEqual([[], ['arguments that do not agree']]);
  });

  it('leave where no text comes', () => {
    expect(readInTwo([start, stop(0), completed], 1).calls).toEqual([['a', 'f', { of: 1 }]]);
  });

  it('are in the account of the stream before those that came as text, and go back with it', () => {
    const reader: ResponseReader = geminiReader();
    const events = [start, piece(0, '{"of"'), piece(0, ':1}'), stop(0), completed];
    const { deltas } = readEvents(reader, events.slice(0, 2));
    const recorded = recordOf(deltas);
    expect(recorded['a']?.args).toBe('{"of":1}{"of"');
    // The connection was cut after the second event; the same reader goes on.
    expect(readEvents(reader, events.slice(2), recorded).calls).toEqual([['a', 'f', { of: 1 }]]);
  });
});

describe('a call that an earlier process has begun, behind one that was delivered', () => {
  const recorded: RecordedCalls = {
    a: { name: 'f', args: '{"of":0}', status: 'complete' },
    b: { name: 'f', args: '{"of":1}', status: 'streaming' },
  };
  const call = (of: number): object[] => [
    step(7, { id: 'b', arguments: {} }),
    piece(7, `{"of":${of}}`),
    stop(7),
  ];

  it('is missing where nothing of it follows', () => {
    const seen = readEvents(geminiReader(), [stop(1), completed], recorded);
    expect([seen.calls, seen.end]).toEqual([[], 'incomplete']);
  });

  it('does not leave with the end of another step', () => {
    const thought = { event_type: 'step.start', index: 1, step: { type: 'thought' } };
    const { b } = recorded;
    const events = [thought, stop(1), completed];
    const seen = readEvents(geminiReader(), events, b === undefined ? {} : { b });
    expect([seen.calls, seen.end]).toEqual([[], 'incomplete']);
  });

  it('leaves where it comes again from its start', () => {
    const seen = readEvents(geminiReader(), [...call(1), completed], recorded);
    expect([seen.calls, seen.end]).toEqual([[['b', 'f', { of: 1 }]], 'complete']);
  });

  it('does not leave where a piece came that may be of it', () => {
    const reader = geminiReader();
    const begun = { ...recorded, b: { name: 'f', args: '', status: 'streaming' } } as const;
    readEvents(reader, [piece(1, '{"of":1}'), stop(1)], begun);
    // Also where the connection is cut behind it.
    const seen = readEvents(reader, [...call(2), completed], begun);
    expect([seen.calls, seen.malformed.at(-1)]).toEqual([[], 'arguments that do not agree']);
  });

  it('does not leave where another one comes under its id', () => {
    const seen = readEvents(geminiReader(), [stop(1), ...call(2), completed], recorded);
    expect([seen.calls, seen.malformed]).toEqual([[], ['arguments that do not agree']]);
  });
});

describe('calls that begin at one place, without an end of the first', () => {
  const begin = (id: string, input: object = {}): object => step(0, { id, arguments: input });

  it('do not run where a piece may be of either', () => {
    const events = [begin('a'), begin('b'), piece(0, '{"of":1}'), stop(0), stop(0), completed];
    const seen = readEvents(geminiReader(), events);
    expect([seen.calls, seen.malformed]).toEqual([[], ['begun twice', 'begun twice']]);
    const anthropic = readEvents(anthropicReader(), [
      block(0, { type: 'tool_use', id: 'a', name: 'f', input: {} }),
      block(0, { type: 'tool_use', id: 'b', name: 'g', input: {} }),
      delta(0, { type: 'input_json_delta', partial_json: '{"of":1}' }),
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' } },
    ]);
    expect(anthropic.calls).toEqual([]);
  });

  it('run where the first one is whole', () => {
    const events = [begin('a', { of: 0 }), begin('b'), piece(0, '{"of":1}'), stop(0), completed];
    const seen = readEvents(geminiReader(), events);
    expect([seen.calls.length, seen.malformed, seen.end]).toEqual([2, [], 'complete']);
  });

  it('do not run where the first one is said again with other arguments', () => {
    const events = [begin('a', { of: 0 }), begin('b', { of: 1 }), stop(0), begin('a', { of: 2 })];
    const seen = readEvents(geminiReader(), [...events, stop(0), completed]);
    expect(seen.calls).toEqual([['b', 'f', { of: 1 }]]);
    expect(seen.malformed).toEqual(['another call has this id', 'another call has this id']);
  });

  it('do not run where one that is open at the end says other arguments', () => {
    const events = [begin('a', { of: 0 }), begin('b', { of: 1 }), begin('a', { of: 2 }), completed];
    const seen = readEvents(geminiReader(), events);
    expect(seen.calls).toEqual([['b', 'f', { of: 1 }]]);
    expect(seen.malformed).toEqual(['another call has this id', 'another call has this id']);
  });
});

function recordOf(deltas: ReturnType<typeof readEvents>['deltas']): RecordedCalls {
  return deltas.reduce(applyToolCall, emptyStreamState).toolCalls;
}

it('a call of AG-UI that has an id and an end, but no name, is malformed', () => {
  const call = ['TOOL_CALL_START', 'TOOL_CALL_END'].map((type) => ({ type, toolCallId: 'a' }));
  const seen = readEvents(agUiReader(), [...call, { type: 'RUN_FINISHED', finishReason: 'stop' }]);
  expect([seen.calls, seen.malformed]).toEqual([[], ['no name']]);
});

it('a call without arguments that was closed before a drop is compared with another one after it', () => {
  const [start, end] = ['TOOL_CALL_START', 'TOOL_CALL_END'].map((type) => ({
    type,
    toolCallId: 'a',
    toolCallName: 'f',
  }));
  const args = { type: 'TOOL_CALL_ARGS', toolCallId: 'a', delta: '{"of":1}' };
  const reader = agUiReader();
  const first = readEvents(reader, [start!, end!]);
  const again = [start!, args, end!, { type: 'RUN_FINISHED', finishReason: 'stop' }];
  const seen = readEvents(reader, again, recordOf(first.deltas));
  expect([seen.calls, seen.malformed.length > 0]).toEqual([[], true]);
});

it.each(['{"of":1}', { of: 1 }])(
  'arguments that came parsed are compared after a drop: %j',
  (delta) => {
    const start = { type: 'TOOL_CALL_START', toolCallId: 'a', toolCallName: 'f' };
    const args = (said: unknown): object => ({
      type: 'TOOL_CALL_ARGS',
      toolCallId: 'a',
      delta: said,
    });
    const end = { type: 'TOOL_CALL_END', toolCallId: 'a' };
    const reader = agUiReader();
    const recorded = recordOf(readEvents(reader, [start, args({ of: 0 })]).deltas);
    const other = readEvents(reader, [start, args(delta), end], recorded);
    expect([other.calls, other.malformed]).toEqual([[], ['arguments that do not agree']]);
    const again = agUiReader();
    readEvents(again, [start, args({ of: 1 })]);
    const same = { a: { name: 'f', args: '{"of":1}', status: 'streaming' } } as const;
    expect(readEvents(again, [start, args(delta), end], same).calls).toEqual([
      ['a', 'f', { of: 1 }],
    ]);
  },
);

it('arguments that were cut are not the empty object that comes after a drop', () => {
  const start = { type: 'TOOL_CALL_START', toolCallId: 'a', toolCallName: 'f' };
  const args = (delta: unknown): object => ({ type: 'TOOL_CALL_ARGS', toolCallId: 'a', delta });
  const reader = agUiReader();
  const recorded = recordOf(readEvents(reader, [start, args('{"of')]).deltas);
  const end = { type: 'TOOL_CALL_END', toolCallId: 'a' };
  expect(readEvents(reader, [start, args({}), end], recorded).calls).toEqual([]);
});

it('a call that was closed, and begun again before a drop, is compared with what comes after it', () => {
  const of = (type: string, more: object = {}): object => ({ type, toolCallId: 'a', ...more });
  const start = of('TOOL_CALL_START', { toolCallName: 'f' });
  const end = of('TOOL_CALL_END');
  const reader = agUiReader();
  const first = readEvents(reader, [start, end, start]);
  const args = of('TOOL_CALL_ARGS', { delta: '{"of":1}' });
  const again = [start, args, end, { type: 'RUN_FINISHED', finishReason: 'stop' }];
  const seen = readEvents(reader, again, recordOf(first.deltas));
  expect([seen.calls, seen.malformed.length > 0]).toEqual([[], true]);
});

it('a short call of AG-UI without a name is malformed', () => {
  const chunk = { type: 'TOOL_CALL_CHUNK', toolCallId: 'a', delta: '' };
  const seen = readEvents(agUiReader(), [chunk, { type: 'RUN_FINISHED', finishReason: 'stop' }]);
  expect(seen.malformed).toEqual(['no name']);
});
