/** What holds for tool calls in all provider formats: one register has the rules. */

import { describe, expect, it } from 'vitest';
import { MAX_ID_LENGTH } from '../../machines/source-contract.js';
import { readEvents, WIRES } from './wires.js';
import type { Seen, Wire, WireCall } from './wires.js';

const RECORDED = { a: { name: 'f', args: '{"x":1}', status: 'complete' } } as const;

/** The calls, then an end that lets them run. */
function run({ create, good, call, finish }: Wire, ...calls: readonly WireCall[]): Seen {
  return readEvents(create(), [...calls.flatMap(call), ...finish(good)]);
}

describe.each(WIRES.map((wire) => [wire.name, wire] as const))('%s', (name, wire) => {
  it('a call in pieces leaves whole, once', () => {
    const seen = run(wire, { pieces: ['{"x"', ':"é', '🌍"}'] });
    expect(seen.calls).toEqual([['a', 'f', { x: 'é🌍' }]]);
    expect(seen.malformed).toEqual([]);
    expect([seen.end, seen.word]).toEqual(['complete', wordOf(wire)]);
  });

  it('arguments that come in one piece, parsed, are all of them', () => {
    expect(run(wire, { object: { x: [1] } }).calls).toEqual([['a', 'f', { x: [1] }]]);
  });

  it('an empty object leaves where the peer said that there are no arguments', () => {
    expect(run(wire, { isEmpty: true }).calls).toEqual([['a', 'f', {}]]);
  });

  it.each([
    ['nothing, then all at once', ['', '{"x":1}']],
    ['an empty object, then the pieces', ['{}', '{"x"', ':1}']],
    ['all of them twice', ['{"x"', ':1}', '{"x": 1}']],
    ['an empty piece at the end', ['{"x":1}', '']],
  ])('arguments are what the pieces say: %s', (_, pieces) => {
    // Two formats repeat them whole.
    const repeats = name === 'AI SDK UI' || name === 'OpenAI Responses';
    const whole = repeats ? { object: { x: 1 } } : {};
    const seen = run(wire, { pieces, ...whole });
    expect(seen.calls).toEqual([['a', 'f', { x: 1 }]]);
    expect(seen.malformed).toEqual([]);
  });

  it('arguments that are missing are not empty', () => {
    const seen = run(wire, {});
    const isEmpty = wire.mayOmitArguments === true;
    expect(seen.calls).toEqual(isEmpty ? [['a', 'f', {}]] : []);
    expect(seen.malformed).toEqual(isEmpty ? [] : ['no arguments']);
  });

  it.each([
    ['cut', ['{"x":1']],
    ['two values', ['{"x":1}', '{"x":2}']],
    ['no JSON', ["{'x':1}"]],
  ])('arguments that do not parse do not leave: %s', (_, pieces) => {
    const seen = run(wire, { pieces });
    expect(seen.calls).toEqual([]);
    expect(seen.malformed).toHaveLength(1);
    expect(seen.deltas.at(-1)).toEqual({ id: 'a', name: 'f', interrupted: true });
  });

  it('a call without a name does not leave', () => {
    for (const nameless of ['', null, undefined, 7]) {
      const seen = run(wire, { name: nameless ?? null, pieces: ['{"x":1}'] });
      expect(seen.calls).toEqual([]);
      expect(seen.malformed).toEqual(['no name']);
    }
  });

  it('the same call sent twice is delivered once', () => {
    const pieces = ['{"x":1,', '"y":2}'];
    const seen = run(wire, { key: 0, pieces }, { key: 1, pieces });
    expect(seen.calls).toEqual([['a', 'f', { x: 1, y: 2 }]]);
    expect(seen.malformed).toEqual([]);
    expect(seen.events).toContain('repeatedToolCall');
    expect(seen.end).toBe('complete');
  });

  it('the order of keys makes no other call', () => {
    const seen = run(
      wire,
      { pieces: ['{"x":1,"y":2}'] },
      { key: 1, pieces: ['{ "y": 2, "x": 1 }'] },
    );
    expect(seen.calls).toHaveLength(1);
    expect(seen.malformed).toEqual([]);
  });

  it.each<[string, WireCall]>([
    ['arguments', { pieces: ['{"x":2}'] }],
    ['name', { name: 'g', pieces: ['{"x":1}'] }],
  ])('a second call under the same id with another %s does not leave', (_, other) => {
    const seen = run(wire, { pieces: ['{"x":1}'] }, { key: 1, ...other });
    // Where both leave at once neither does; else the first was gone.
    expect(seen.calls.length).toBeLessThanOrEqual(1);
    expect(seen.calls).not.toContainEqual([
      'a',
      other.name ?? 'f',
      expect.objectContaining({ x: 2 }),
    ]);
    expect(seen.malformed).toContain('another call has this id');
  });

  it('a call that was malformed does not leave by a second try', () => {
    const seen = run(wire, { pieces: ['{"x"'] }, { key: 1, pieces: ['{"x":1}'] });
    expect(seen.calls).toEqual([]);
  });

  it('parallel calls leave each with its own arguments, in turns as well', () => {
    const { create, call, finish, good } = wire;
    const [one, other] = [
      call({ key: 0, id: 'a', pieces: ['{"x"', ':1}'] }),
      call({ key: 1, id: 'b', name: 'g', pieces: ['{"y"', ':2}'] }),
    ];
    const turns = one.flatMap((event, n) => [event, other[n] ?? {}]);
    const seen = readEvents(create(), [...turns, ...finish(good)]);
    expect(seen.calls).toEqual([
      ['a', 'f', { x: 1 }],
      ['b', 'g', { y: 2 }],
    ]);
  });

  it('what was delivered before this connection does not leave again', () => {
    const { create, call, finish, good } = wire;
    const events = (pieces: readonly string[]): object[] => [
      ...call({ pieces }),
      ...call({ key: 1, id: 'b', pieces: ['{}'] }),
      ...finish(good),
    ];
    const again = readEvents(create(), events(['{"x":', '1}']), RECORDED);
    expect(again.calls).toEqual([['b', 'f', {}]]);
    expect(again.malformed).toEqual([]);
    const other = readEvents(create(), events(['{"x":', '2}']), RECORDED);
    expect(other.calls).toEqual([['b', 'f', {}]]);
    expect(other.malformed).toEqual(['another call has this id']);
  });

  it('what a connection gave without being recorded leaves again', () => {
    const { create, call, finish, good } = wire;
    const reader = create();
    const events = [...call({ pieces: ['{"x":1}'] }), ...finish(good)];
    readEvents(reader, events);
    expect(readEvents(reader, events).calls).toEqual([['a', 'f', { x: 1 }]]);
  });

  it('no part but the call itself holds arguments', () => {
    const secret = { x: 'secret' };
    const seen = run(
      wire,
      { pieces: ['{"x":', '"secret"}'] },
      { key: 1, pieces: ['{"x":"secret"'] },
      { key: 2, id: 'b', object: secret },
      { key: 3, id: 'c', name: null, object: secret },
    );
    const others = seen.parts.filter(({ type }) => type !== 'toolCall');
    expect(JSON.stringify(others)).not.toContain('secret');
    expect(others.length).toBeGreaterThan(0);
  });

  it('bounds names, ids, arguments, and the number of calls', () => {
    const { create, call } = wire;
    const long = 'x'.repeat(MAX_ID_LENGTH + 1);
    const limit =
      (...calls: readonly WireCall[]) =>
      (): unknown =>
        readEvents(create(), calls.flatMap(call));
    expect(limit({ name: long })).toThrow('the name of a tool call is longer than 4096');
    expect(limit({ id: long })).toThrow('the id of a tool call is longer than 4096');
    const piece = 'x'.repeat(1024 * 1024);
    expect(limit({ pieces: ['"', piece, piece, piece, piece, piece] })).toThrow(
      'the arguments of a tool call are longer than',
    );
  });

  it('a word that is not on the list is no end that lets calls run, and is reported', () => {
    const { create, bad, call, finish } = wire;
    const held = name === 'OpenAI Chat' || name === 'Anthropic';
    for (const word of held ? [bad, 'a_new_word', 'error', 'abort'] : [bad]) {
      const seen = readEvents(create(), [...call({ pieces: ['{"x":1}'] }), ...finish(word)]);
      if (held) expect(seen.calls).toEqual([]);
      expect(['incomplete', 'failed']).toContain(seen.end);
      expect(JSON.stringify(seen.parts)).toContain(word);
    }
  });
});

/** `tool-input-available` of the AI SDK is what the server validated: it is anything, and not compared with the pieces. */
const COMPARED = WIRES.filter(({ name }) => name !== 'AI SDK UI');

describe.each(COMPARED.map((wire) => [wire.name, wire] as const))('%s', (_, wire) => {
  it('arguments of a function are an object', () => {
    for (const text of ['null', '"{\\"x\\":1}"', '[1]', '1', 'true'])
      expect(run(wire, { pieces: [text] }).malformed).toEqual(['arguments are not an object']);
  });

  it('an object and pieces that do not agree do not leave', () => {
    const { create, call, finish, good } = wire;
    const both = (text: string): Seen =>
      readEvents(create(), [...call({ object: { x: 1 }, pieces: [text] }), ...finish(good)]);
    expect(both('{"x": 1}').calls).toEqual([['a', 'f', { x: 1 }]]);
    expect(both('{"x":2}').calls).toEqual([]);
    expect(both('{"x":2}').malformed).toEqual(['arguments that do not agree']);
  });
});

function wordOf({ name, good }: Wire): string {
  return name === 'OpenAI Responses' ? 'complete' : good;
}

describe('too many calls', () => {
  it.each(WIRES.map((wire) => [wire.name, wire] as const))(
    'are a limit: %s',
    { timeout: 300_000 },
    (_, wire) => {
      const opened = Array.from({ length: 1100 }, (__, key) =>
        wire.call({ key, id: `call_${key}`, pieces: ['{'] }),
      );
      // Without what ends them.
      const open = opened.flatMap((events) =>
        events.slice(0, wire.isClosedByEnd === true ? 2 : -1),
      );
      expect(() => readEvents(wire.create(), open)).toThrow('more than 1024 tool calls are open');
      const done = opened.flat();
      if (wire.isClosedByEnd !== true && wire.name !== 'Anthropic')
        expect(() => readEvents(wire.create(), done)).not.toThrow();
    },
  );
});
