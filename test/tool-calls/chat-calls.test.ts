/** Tool calls of Chat Completions: pieces whose index, id or name is missing, late, changed, or the same for all. */

import { describe, expect, it } from 'vitest';
import { applyToolCall, emptyStreamState } from '../../machines/stream-state.js';
import { openaiChatReader } from '../../src/tool-calls/index.js';
import { chunk, readEvents } from './wires.js';
import type { Seen } from './wires.js';

type Piece = Record<string, unknown>;

/** Each list is one chunk; then an end that lets calls run. */
function read(...chunks: readonly (readonly Piece[])[]): Seen {
  return readEvents(openaiChatReader(), [
    ...chunks.map((pieces) => chunk({ tool_calls: pieces })),
    chunk({}, 'tool_calls'),
  ]);
}

function piece(fields: Piece, name?: unknown, args?: unknown): Piece {
  const called = {
    ...(name === undefined ? {} : { name }),
    ...(args === undefined ? {} : { arguments: args }),
  };
  return { ...fields, type: 'function', function: called };
}

const A = ['a', 'f', { x: 1 }];
const B = ['b', 'g', { y: 2 }];

describe('one call', () => {
  it.each<[string, readonly Piece[][], unknown]>([
    [
      'whose id changes with every piece (GLM)',
      [
        [piece({ index: 0, id: 'a' }, 'f', '')],
        [piece({ index: 0, id: 'u2' }, '', '{"x":')],
        [piece({ index: 0, id: 'u3' }, undefined, '1}')],
      ],
      A,
    ],
    [
      'whose id changes, and whose name is repeated',
      [
        [piece({ index: 0, id: 'a' }, 'f', '')],
        [piece({ index: 0, id: 'u2' }, 'f', '{"x":')],
        [piece({ index: 0, id: 'u3' }, 'f', '1}')],
      ],
      A,
    ],
    [
      'whose id comes late',
      [[piece({ index: 0 }, 'f', '')], [piece({ index: 0, id: 'a' }, undefined, '{"x":1}')]],
      A,
    ],
    [
      'whose id is empty first',
      [[piece({ index: 0, id: '' }, 'f', '')], [piece({ index: 0, id: 'a' }, '', '{"x":1}')]],
      A,
    ],
    [
      'whose name comes late',
      [
        [piece({ index: 0, id: 'a' }, '', '')],
        [piece({ index: 0, id: 'a' }, 'f', '{"x"')],
        [piece({ index: 0 }, null, ':1}')],
      ],
      A,
    ],
    [
      'without an index',
      [
        [piece({ id: 'a' }, 'f', '')],
        [piece({}, undefined, '{"x":')],
        [piece({}, undefined, '1}')],
      ],
      A,
    ],
    [
      'without index and id',
      [[piece({}, 'f', '')], [piece({}, undefined, '{"x":1}')]],
      ['local_call_0', 'f', { x: 1 }],
    ],
    ['with an index that is text', [[piece({ index: '0', id: 'a' }, 'f', '{"x":1}')]], A],
    [
      'that strays to another index',
      [[piece({ index: 0, id: 'a' }, 'f', '{"x"')], [piece({ index: 1, id: 'a' }, '', ':1}')]],
      A,
    ],
    ['with arguments that come parsed', [[piece({ id: 'a' }, 'f', { x: 1 })]], A],
    [
      'with null in the place of arguments first',
      [[piece({ index: 0, id: 'a' }, 'f', null)], [piece({ index: 0 }, undefined, '{"x":1}')]],
      A,
    ],
    ['without a frame', [[{ index: 0, id: 'a', name: 'f', arguments: '{"x":1}' }]], A],
    [
      'with parameters in the place of arguments',
      [[{ index: 0, id: 'a', function: { name: 'f', parameters: { x: 1 } } }]],
      A,
    ],
  ])('%s', (_, chunks, call) => {
    const seen = read(...chunks);
    expect(seen.calls).toEqual([call]);
    expect(seen.malformed).toEqual([]);
  });

  it('in an object and not in a list', () => {
    const seen = readEvents(openaiChatReader(), [
      chunk({ tool_calls: piece({ id: 'a' }, 'f', '{"x":1}') }),
      chunk({}, 'stop'),
    ]);
    expect(seen.calls).toEqual([A]);
  });

  it('of the form before calls had numbers, also where it mirrors the new form', () => {
    const old = { name: 'f', arguments: '{"x":1}' };
    const read2 = (delta: object): unknown =>
      readEvents(openaiChatReader(), [chunk(delta), chunk({}, 'function_call')]).calls;
    expect(read2({ function_call: old })).toEqual([['local_call_0', 'f', { x: 1 }]]);
    expect(read2({ function_call: old, tool_calls: [piece({ id: 'a' }, 'f', '{"x":1}')] })).toEqual(
      [A],
    );
  });

  it('of a custom tool is text, whatever it looks like', () => {
    const custom = (text: string): Piece => ({ index: 0, custom: { input: text } });
    const seen = read(
      [{ index: 0, id: 'a', type: 'custom', custom: { name: 'f', input: '' } }],
      [custom('{"x"')],
      [custom(':1}')],
    );
    expect(seen.calls).toEqual([['a', 'f', '{"x":1}']]);
    expect(read([{ index: 0, id: 'a', type: 'custom', custom: { name: 'f' } }]).malformed).toEqual([
      'no arguments',
    ]);
  });

  it('that names two tools is malformed', () => {
    const seen = read(
      [piece({ index: 0, id: 'a' }, 'f', '{')],
      [piece({ index: 0, id: 'a' }, 'g', '}')],
    );
    expect([seen.calls, seen.malformed]).toEqual([[], ['two names']]);
  });
});

describe('a name again, without an id,', () => {
  const again = (first: Piece, args: unknown, next: Piece = {}): Seen =>
    read([piece(first, 'f', { x: 1 })], [piece(next, 'f', args)]);

  it.each<[string, Piece, Piece]>([
    ['after a call with an id, at its index', { index: 0, id: 'a' }, { index: 0 }],
    ['after a call with an id, without an index', { id: 'a' }, {}],
    ['after a call without an id, at its index', { index: 0 }, { index: 0 }],
  ])('%s, is of that call', (_, first, next) => {
    const { calls } = again(first, '{"x":1}', next);
    expect(calls).toEqual([[first['id'] ?? 'local_call_0', 'f', { x: 1 }]]);
    const other = again(first, '{"x":2}', next);
    expect([other.calls, other.malformed]).toEqual([[], ['arguments that do not agree']]);
  });

  it('or another name: no call runs', () => {
    const seen = read(
      [piece({ index: 0, id: 'a' }, 'f', { x: 1 })],
      [piece({ index: 0 }, 'g', '{"y":2}')],
    );
    expect([seen.calls, seen.malformed]).toEqual([[], ['two names']]);
  });
});

describe('a placeholder beside text is no call', () => {
  it.each<[string, object]>([
    ['tool_calls', { tool_calls: [{ index: 0, id: '', function: { name: '', arguments: '' } }] }],
    [
      'tool_calls with an id',
      { tool_calls: [{ index: 0, id: 'a', function: { name: '', arguments: '' } }] },
    ],
    ['tool_calls of null', { tool_calls: [null, { index: 0, function: null }] }],
    ['function_call', { function_call: { name: '', arguments: '' } }],
  ])('%s', (_, placeholder) => {
    const events = [chunk({ content: 'Hi', ...placeholder }), chunk({}, 'stop')];
    const seen = readEvents(openaiChatReader(), events);
    expect([seen.calls, seen.malformed, seen.deltas, seen.text, seen.end]).toEqual([
      [],
      [],
      [],
      'Hi',
      'complete',
    ]);
  });
});

describe('two calls', () => {
  const whole = [piece({ id: 'a' }, 'f', '{"x":1}'), piece({ id: 'b' }, 'g', '{"y":2}')] as const;

  it.each<[string, readonly (readonly Piece[])[]]>([
    ['in one list, without an index', [whole]],
    ['one after the other, without an index', [[whole[0]], [whole[1]]]],
    ['in one list, all of index 0', [whole.map((one) => ({ ...one, index: 0 }))]],
    ['one after the other, all of index 0', whole.map((one) => [{ ...one, index: 0 }])],
    [
      'in pieces, all of index 0, distinguished by their ids',
      [
        [piece({ index: 0, id: 'a' }, 'f', '')],
        [piece({ index: 0, id: 'b' }, 'g', '')],
        [piece({ index: 0, id: 'a' }, undefined, '{"x"')],
        [piece({ index: 0, id: 'b' }, undefined, '{"y"')],
        [piece({ index: 0, id: 'a' }, undefined, ':1}')],
        [piece({ index: 0, id: 'b' }, undefined, ':2}')],
      ],
    ],
    [
      'in pieces, without an index, one after the other',
      [
        [piece({ id: 'a' }, 'f', '{"x"')],
        [piece({}, undefined, ':1}')],
        [piece({ id: 'b' }, 'g', '{"y"')],
        [piece({}, undefined, ':2}')],
      ],
    ],
  ])('%s', (_, chunks) => {
    const seen = read(...chunks);
    expect(seen.calls).toEqual([A, B]);
    expect(seen.malformed).toEqual([]);
  });

  it('of one tool, without index and id, are two', () => {
    const calls = [
      ['local_call_0', 'f', { x: 1 }],
      ['local_call_1', 'f', { x: 2 }],
    ];
    const pieces = [piece({}, 'f', '{"x":1}'), piece({}, 'f', '{"x":2}')] as const;
    expect(read(pieces).calls).toEqual(calls);
    expect(read([pieces[0]], [pieces[1]]).calls).toEqual(calls);
    expect(read([piece({}, 'f', { x: 1 })], [piece({}, 'f', { x: 2 })]).calls).toEqual(calls);
  });

  it('without arguments are two', () => {
    const seen = read([piece({ id: 'a' }, 'f', ''), piece({ id: 'b' }, 'f', '')]);
    expect(seen.calls).toEqual([
      ['a', 'f', {}],
      ['b', 'f', {}],
    ]);
  });

  it('that began together without an index do not take a piece that names neither', () => {
    const seen = read(
      [piece({ id: 'a' }, 'f', '{"x":'), piece({ id: 'b' }, 'g', '{"y":')],
      [piece({}, undefined, '1}')],
    );
    expect(seen.calls).toEqual([]);
    expect(seen.malformed).toEqual(['arguments that do not agree', 'arguments that do not agree']);
  });

  it('under one id that do not say the same: neither runs', () => {
    const seen = read(
      [piece({ index: 0, id: 'a' }, 'f', '{"x":1}')],
      [piece({ index: 1, id: 'a' }, 'f', '{"x":2}')],
    );
    expect(seen.calls).toEqual([]);
    expect(seen.malformed).toEqual(['another call has this id', 'another call has this id']);
  });
});

describe('the end', () => {
  const call = [piece({ index: 0, id: 'a' }, 'f', '{"x":1}')];

  it('lets calls run by a word of the list, whether it is of calls or not', () => {
    for (const word of ['stop', 'tool_calls', 'function_call', 'eos'])
      expect(readEvents(openaiChatReader(), [chunk({ tool_calls: call }, word)]).calls).toEqual([
        A,
      ]);
  });

  it('is none while the word is null, empty, or "null"', () => {
    for (const none of [null, '', 'null', undefined]) {
      const seen = readEvents(openaiChatReader(), [
        chunk({ content: 'x', tool_calls: call }, none),
      ]);
      expect([seen.end, seen.calls]).toEqual([null, []]);
    }
  });

  it('that comes twice lets calls run once; of two words the worse holds', () => {
    const seen = readEvents(openaiChatReader(), [
      chunk({ tool_calls: call }, 'tool_calls'),
      chunk({}, 'stop'),
    ]);
    expect([seen.calls, seen.end]).toEqual([[A], 'complete']);
    const worse = readEvents(openaiChatReader(), [
      chunk({ tool_calls: call }, 'length'),
      chunk({}, 'stop'),
    ]);
    expect([worse.calls, worse.end, worse.word]).toEqual([[], 'incomplete', 'length']);
  });

  it('is taken back by more of the answer, until the next word or the last marker', () => {
    const reader = openaiChatReader();
    const seen = readEvents(reader, [chunk({ content: 'a' }, 'stop'), chunk({ content: 'b' })]);
    expect(seen.end).toBe(null);
    reader.finish();
    expect([reader.end, reader.isOver]).toEqual(['complete', true]);
  });

  it('leaves a call open that begins after it: then something is missing', () => {
    const reader = openaiChatReader();
    readEvents(reader, [chunk({}, 'stop'), chunk({ tool_calls: call })]);
    reader.finish();
    expect(reader.end).toBe('incomplete');
  });

  it('closes calls: arguments that come later make the answer incomplete', () => {
    const seen = readEvents(openaiChatReader(), [
      chunk({ tool_calls: call }, 'tool_calls'),
      chunk({ tool_calls: [piece({ index: 0 }, undefined, ',"y":2}')] }),
    ]);
    expect(seen.calls).toEqual([A]);
    expect(seen.malformed).toEqual(['more came after its end']);
    expect(seen.end).toBe('incomplete');
  });

  it('without a word before the last marker is incomplete', () => {
    const reader = openaiChatReader();
    readEvents(reader, [chunk({ content: 'x' })]);
    reader.finish();
    expect([reader.end, reader.finishWord]).toEqual(['incomplete', null]);
  });
});

it('the account of the stream follows a call whose id comes late', () => {
  const { deltas } = read(
    [piece({ index: 0 }, 'f', '{"x"')],
    [piece({ index: 0, id: 'a' }, undefined, ':1')],
    [piece({ index: 0 }, undefined, '}')],
  );
  const states = deltas.map((_, n) =>
    deltas.slice(0, n + 1).reduce(applyToolCall, emptyStreamState),
  );
  expect(states.map(({ toolCalls }) => toolCalls)).toEqual([
    { local_call_0: { name: 'f', args: '{"x"', status: 'streaming' } },
    { a: { name: 'f', args: '{"x":1', status: 'streaming' } },
    { a: { name: 'f', args: '{"x":1}', status: 'streaming' } },
    { a: { name: 'f', args: '{"x":1}', status: 'complete' } },
  ]);
  expect(states.map(({ currentToolId }) => currentToolId)).toEqual([
    'local_call_0',
    'a',
    'a',
    null,
  ]);
});
