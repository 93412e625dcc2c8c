/** What Anthropic, and who speaks like it, may send beside the common course. */

import { describe, expect, it } from 'vitest';
import { anthropicReader } from '../../../src/tool-calls/index.js';
import type { ModelPart } from '../../../src/tool-calls/index.js';

function read(...events: readonly object[]): { parts: ModelPart[]; end: string | null } {
  const reader = anthropicReader();
  const parts = events.flatMap((event) => reader.read(event).map(({ part }) => part));
  return { parts, end: reader.end };
}

const callsOf = ({ parts }: { parts: ModelPart[] }): unknown[] =>
  parts.flatMap((part) => (part.type === 'toolCall' ? [[part.id, part.input]] : []));

function start(index: number, block: object): object {
  return { type: 'content_block_start', index, content_block: block };
}
function delta(index: number, fields: object): object {
  return { type: 'content_block_delta', index, delta: fields };
}
const json = (index: number, partial_json: string): object =>
  delta(index, { type: 'input_json_delta', partial_json });
const stop = (index: number): object => ({ type: 'content_block_stop', index });
const reason = (stop_reason: string | null): object => ({
  type: 'message_delta',
  delta: { stop_reason },
});
const END = { type: 'message_stop' };
const tool = (id: string, input: object = {}): object => ({
  type: 'tool_use',
  id,
  name: id,
  input,
});

describe('a stop reason', () => {
  const withReason = (why: string | null): ReturnType<typeof read> =>
    read(start(0, tool('a')), json(0, '{"x":1}'), stop(0), reason(why), END);

  it.each(['tool_use', 'end_turn', 'stop_sequence'])('%s lets a closed call run', (why) => {
    const seen = withReason(why);
    expect(callsOf(seen)).toEqual([['a', { x: 1 }]]);
    expect(seen.end).toBe('complete');
  });

  it.each([
    'max_tokens',
    'model_context_window_exceeded',
    'refusal',
    // The turn goes on in another request.
    'pause_turn',
    'compaction',
    'length',
    'content_filter',
    'guardrail',
    '',
    'null',
    null,
  ])('%j lets no call run, and leaves the answer incomplete', (why) => {
    const seen = withReason(why);
    expect(callsOf(seen)).toEqual([]);
    expect(seen.end).toBe('incomplete');
  });

  it('lets no call run whose block is open', () => {
    const seen = read(
      start(0, tool('a')),
      json(0, '{"x":1}'),
      start(1, tool('b')),
      json(1, '{}'),
      stop(1),
      reason('tool_use'),
      stop(0),
      END,
    );
    expect(callsOf(seen)).toEqual([['b', {}]]);
  });
});

describe('an input', () => {
  it('that came with the start has to agree with the pieces, unless they are empty', () => {
    const whole = start(0, tool('a', { x: 1 }));
    const after = [stop(0), reason('tool_use')];
    expect(callsOf(read(whole, json(0, ''), ...after))).toEqual([['a', { x: 1 }]]);
    expect(callsOf(read(whole, json(0, '{"x":'), json(0, '1}'), ...after))).toEqual([
      ['a', { x: 1 }],
    ]);
    expect(callsOf(read(whole, json(0, '{"x":'), json(0, '2}'), ...after))).toEqual([]);
  });

  it('that is empty is an object without fields', () => {
    const seen = read(start(0, tool('a')), json(0, ''), stop(0), reason('tool_use'));
    expect(callsOf(seen)).toEqual([['a', {}]]);
  });

  it('is in no event: not of unknown deltas, of unknown kinds of calls, or of the message', () => {
    const seen = read(
      { type: 'message_start', message: { id: 'm', content: [tool('z', { x: 'secret' })] } },
      start(0, tool('a')),
      delta(0, { type: 'input_delta_v2', partial: 'secret' }),
      start(1, { type: 'future_tool_use', id: 'b', name: 'b', input: { x: 'secret' } }),
    );
    expect(JSON.stringify(seen.parts)).not.toContain('secret');
    expect(seen.parts.map(({ type }) => type)).toEqual([
      'event',
      'toolCallProgress',
      'toolCallProgress',
    ]);
  });
});

it('a call is reported with the pieces that the stream keeps, and by their size only', () => {
  const reader = anthropicReader();
  const steps = [start(0, tool('a')), json(0, '{"x"'), json(0, ':1}')].flatMap((event) =>
    reader.read(event),
  );
  expect(steps).toEqual([
    {
      part: { type: 'toolCallProgress', id: 'a', name: 'a', chars: 0 },
      toolCall: [{ id: 'a', name: 'a' }],
    },
    {
      part: { type: 'toolCallProgress', id: 'a', name: 'a', chars: 4 },
      toolCall: [{ id: 'a', args: '{"x"' }],
    },
    {
      part: { type: 'toolCallProgress', id: 'a', name: 'a', chars: 7 },
      toolCall: [{ id: 'a', args: ':1}' }],
    },
  ]);
});

it('thinking is reasoning; signatures and citations are events; a ping is nothing', () => {
  const { parts } = read(
    { type: 'ping' },
    start(0, { type: 'thinking', thinking: '' }),
    delta(0, { type: 'thinking_delta', thinking: 'hm' }),
    delta(0, { type: 'signature_delta', signature: 's' }),
    start(1, { type: 'text', text: 'A' }),
    delta(1, { type: 'text_delta', text: 'B' }),
    delta(1, { type: 'citations_delta', citation: {} }),
  );
  expect(parts.map((part) => (part.type === 'event' ? part.name : Object.values(part)))).toEqual([
    ['reasoning', 'hm'],
    'signature_delta',
    ['text', 'A'],
    ['text', 'B'],
    'citations_delta',
  ]);
});

it('an error keeps the code of the peer, if it is one, and its text', () => {
  const error = (type: unknown): unknown => {
    try {
      return read({ type: 'error', error: { type, message: 'Busy' } });
    } catch (thrown) {
      return thrown;
    }
  };
  expect(error('overloaded_error')).toMatchObject({ kind: 'source', code: 'overloaded_error' });
  expect(error('a b')).toMatchObject({ kind: 'source', code: undefined });
  expect(String(error('a b'))).toContain('the peer reported an error: Busy');
});

describe('a block that comes a second time', () => {
  const whole = (id: string, args: string): object[] => [
    start(0, tool(id)),
    json(0, args),
    stop(0),
  ];
  const without = (events: readonly object[]): object[] =>
    events.map((event) => ({ ...event, index: undefined }));

  it.each<[string, (events: readonly object[]) => readonly object[]]>([
    ['at the same index', (events) => events],
    ['without an index', without],
  ])('%s: its call runs once, and not at all with other arguments', (_, as) => {
    const once = read(
      ...as([...whole('a', '{"x":1}'), ...whole('a', '{"x": 1}')]),
      reason('tool_use'),
    );
    expect(callsOf(once)).toEqual([['a', { x: 1 }]]);
    const other = read(
      ...as([...whole('a', '{"x":1}'), ...whole('a', '{"x":2}')]),
      reason('tool_use'),
    );
    expect(callsOf(other)).toEqual([]);
  });

  it('without an index and without an id is another call', () => {
    const first = without([start(0, { type: 'tool_use', name: 'f' }), json(0, '{"x":1}'), stop(0)]);
    const next = without([start(0, { type: 'tool_use', name: 'g' }), json(0, '{"y":2}'), stop(0)]);
    const seen = read(...first, ...next, reason('tool_use'));
    expect(callsOf(seen).map((call) => (call as unknown[])[1])).toEqual([{ x: 1 }, { y: 2 }]);
  });

  it('with an index and without an id is another call', () => {
    const block = (name: string, args: string): object[] => [
      start(0, { type: 'tool_use', id: '', name }),
      json(0, args),
      stop(0),
    ];
    const seen = read(...block('f', '{"x":1}'), ...block('g', '{"y":2}'), reason('tool_use'));
    expect(callsOf(seen).map((call) => (call as unknown[])[1])).toEqual([{ x: 1 }, { y: 2 }]);
  });

  it('without an index, while another is open: no call gets the pieces of the other', () => {
    const events = [start(0, tool('a')), start(0, tool('b')), json(0, '{"x":1}'), stop(0), stop(0)];
    expect(callsOf(read(...without(events), reason('tool_use')))).toEqual([]);
  });
});
