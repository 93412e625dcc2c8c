/** Calls of Chat Completions whose pieces say neither by an index nor by an id which of several calls they are of. */

import { describe, expect, it } from 'vitest';
import { openaiChatReader } from '../../src/tool-calls/index.js';
import { chunk, readEvents } from './wires.js';
import type { Seen } from './wires.js';

type Piece = Record<string, unknown>;

/** Each piece is a chunk of its own; then an end that lets calls run. */
function read(...pieces: readonly Piece[]): Seen {
  return readEvents(openaiChatReader(), [
    ...pieces.map((one) => chunk({ tool_calls: [one] })),
    chunk({}, 'tool_calls'),
  ]);
}

function piece(fields: Piece, name?: string, args?: unknown): Piece {
  const called = {
    ...(name === undefined ? {} : { name }),
    ...(args === undefined ? {} : { arguments: args }),
  };
  return { ...fields, type: 'function', function: called };
}

const A = ['a', 'f', { x: 1 }];
const B = ['b', 'g', { y: 2 }];
const MIXED = 'arguments that do not agree';

describe('a piece that may be of several calls: none of them runs', () => {
  it.each<[string, readonly Piece[]]>([
    [
      'two that have no arguments yet, without an index',
      [
        piece({ id: 'a' }, 'f', ''),
        piece({ id: 'b' }, 'g', ''),
        piece({}, undefined, '{"x":1}'),
        piece({}, undefined, '{"y":2}'),
      ],
    ],
    [
      'two at the same index',
      [
        piece({ index: 0, id: 'a' }, 'f', ''),
        piece({ index: 0, id: 'b' }, 'g', ''),
        piece({ index: 0 }, undefined, '{"x":1}'),
        piece({ index: 0 }, undefined, '{"y":2}'),
      ],
    ],
    [
      'two in the middle of their arguments',
      [
        piece({ index: 0, id: 'a' }, 'f', '{"q":"se'),
        piece({ index: 0, id: 'b' }, 'g', '{"q":"'),
        piece({ index: 0 }, undefined, 'cret"}'),
        piece({ index: 0 }, undefined, '"}'),
      ],
    ],
    [
      'two whose arguments came parsed, and then as text',
      [
        piece({ id: 'a' }, 'f', { x: 1 }),
        piece({ id: 'b' }, 'g', { y: 2 }),
        piece({}, 'f', '{"x":2}'),
        piece({}, 'g', '{"y":3}'),
      ],
    ],
    [
      'two of which the names say again whose pieces follow',
      [
        piece({ id: 'a' }, 'f', null),
        piece({ id: 'b' }, 'g', null),
        piece({}, 'f'),
        piece({}, 'f', '{"x":1'),
        piece({}, 'g', '{"y":2}'),
        piece({ id: 'a' }, 'f', '{"x":3}'),
      ],
    ],
    [
      'two of which only the ids were said before',
      [
        piece({ id: 'a' }),
        piece({ id: 'b' }),
        piece({}, undefined, '{"x":1'),
        piece({}, undefined, '{"y":2}'),
        piece({}, undefined, '}'),
        piece({ id: 'a' }, 'f', '{"x":3}'),
        piece({ id: 'b' }, 'g', '{"y":3}'),
      ],
    ],
    [
      'two whose ids come late',
      [
        piece({}, 'f', { x: 1 }),
        piece({}, 'g', { y: 2 }),
        piece({ id: 'a' }, undefined, '{"x":2}'),
        piece({ id: 'b' }, undefined, '{"y":3}'),
      ],
    ],
  ])('%s', (_, pieces) => {
    const seen = read(...pieces);
    expect(seen.calls).toEqual([]);
    expect(seen.malformed).toContain(MIXED);
    expect(seen.malformed.length).toBeGreaterThan(1);
  });

  it('but what each call says under its own id is its own', () => {
    const seen = read(
      piece({ id: 'a' }, 'f', ''),
      piece({ id: 'b' }, 'g', ''),
      piece({ id: 'a' }, undefined, '{"x":1}'),
      piece({}, undefined, ''),
      piece({ id: 'b' }, undefined, '{"y"'),
      piece({}, undefined, ':2}'),
    );
    expect([seen.calls, seen.malformed]).toEqual([[A, B], []]);
  });
});

describe('a piece that fits no call', () => {
  it('may be the beginning of the next one, which does not run', () => {
    const seen = read(
      piece({}, undefined, { x: 1 }),
      piece({ id: 'a' }, 'f', '{"x":2}'),
      piece({}, undefined, { y: 2 }),
      piece({ id: 'b' }, 'g', '{"y":3}'),
    );
    expect([seen.calls, seen.malformed]).toEqual([[], [MIXED, MIXED]]);
  });

  it('keeps the call of its name from running', () => {
    const seen = read(
      piece({ id: 'a' }, undefined, ''),
      piece({}, 'f', '{"x":1}'),
      piece({ id: 'b' }, undefined, ''),
      piece({}, 'g', '{"y":2}'),
      piece({ id: 'b' }, 'g', '{"y":3}'),
    );
    expect([seen.calls, seen.malformed]).toEqual([[], ['two names', MIXED]]);
  });

  it('leaves calls at other indices alone', () => {
    const seen = read(
      piece({ index: 0, id: 'a' }, 'f', '{"x":1}'),
      piece({ index: 0 }, undefined, '{"x":2}'),
      piece({ index: 1, id: 'b' }, 'g', '{"y":2}'),
    );
    expect(seen.calls).toEqual([B]);
  });

  it('under an id that returns with a name: neither call runs', () => {
    const seen = read(
      piece({ index: 0, id: 'a' }, 'f', '{"x"'),
      piece({ index: 0, id: 'b' }, '', '{"y"'),
      piece({ index: 1, id: 'b' }, 'g', '{"y":3}'),
    );
    expect(seen.calls).toEqual([]);
    expect(seen.malformed).toHaveLength(2);
  });
});

describe('a name that comes late', () => {
  it.each<[string, Piece]>([
    ['at another index', { index: 10 }],
    ['without an index', {}],
  ])('with the whole call again, %s, is that of the call', (_, place) => {
    const again = (args: string): Seen =>
      read(
        piece({ index: 0, id: 'a' }, '', '{"x":1}'),
        piece({ index: 1, id: 'b' }, 'g', '{"y":2}'),
        piece({ ...place, id: 'a' }, 'f', args),
      );
    expect(again('{"x":1}').calls).toEqual([A, B]);
    expect([again('{"x":2}').calls, again('{"x":2}').malformed]).toEqual([
      [B],
      ['arguments are not JSON'],
    ]);
  });

  it.each<[string, object]>([
    ['without an index', {}],
    ['at the same index', { index: 0 }],
  ])('does not keep calls together that have ids, %s', (_, place) => {
    const [a, b] = [
      { ...place, id: 'a' },
      { ...place, id: 'b' },
    ];
    const first = piece(a, '', '{"x"');
    const second = piece(b, '', '{"y"');
    const rest = [piece(a, 'f', ':1'), piece(b, 'g', ':2}'), piece(a, 'f', '}')] as const;
    expect(read(first, second, ...rest).calls).toEqual([A, B]);
    const inOrder = read(first, piece(a, 'f', ':1}'), second, piece(b, 'g', ':2}'));
    expect(inOrder.calls).toEqual([A, B]);
  });

  it('does not part a call with a name from arguments under another id, behind an empty object', () => {
    const seen = read(
      piece({ index: 0, id: 'a' }, 'f', '{}'),
      piece({ index: 0, id: 'u2' }, '', '{"x":1}'),
    );
    expect(seen.calls).toEqual([A]);
  });
});

describe('a whole call that is said again', () => {
  it.each<[string, Piece, Piece]>([
    ['under another id, at its index', { index: 0, id: 'a' }, { index: 0, id: 'a2' }],
    ['without an id and an index', {}, {}],
  ])('%s, runs once, and that is reported', (_, first, next) => {
    const seen = read(piece(first, 'f', '{"x":1}'), piece(next, 'f', '{"x":1}'));
    expect(seen.calls).toEqual([[first['id'] ?? 'local_call_0', 'f', { x: 1 }]]);
    expect(seen.malformed).toEqual(['begun twice']);
  });

  it('under another id, or in the same list, is another where nothing else distinguishes calls', () => {
    const [a, b] = [piece({ id: 'a' }, 'f', '{"x":1}'), piece({ id: 'b' }, 'f', '{"x":1}')];
    const calls = [A, ['b', 'f', { x: 1 }]];
    expect(read(a, b).calls).toEqual(calls);
    const list = readEvents(openaiChatReader(), [
      chunk({ tool_calls: [piece({}, 'f', '{"x":1}'), piece({}, 'f', '{"x":1}')] }),
      chunk({}, 'tool_calls'),
    ]);
    expect(list.calls).toHaveLength(2);
  });
});
