/** An empty object with which arguments begin: a placeholder, unless the peer has said it as the arguments. */

import { expect, it } from 'vitest';
import { agUiReader } from '../../src/tool-calls/index.js';
import { readEvents } from './wires.js';

const chunks = (...pieces: readonly string[]): object[] =>
  pieces.map((delta) => ({
    type: 'TOOL_CALL_CHUNK',
    toolCallId: 'a',
    toolCallName: 'f',
    delta,
  }));
const FINISHED = { type: 'RUN_FINISHED', finishReason: 'stop' };
const OPEN = { a: { name: 'f', args: '{}', status: 'streaming' } } as const;

it('an empty object that is repeated is what the call is run with, and nothing else is', () => {
  const same = readEvents(agUiReader(), [...chunks('{}', '{}'), FINISHED]);
  expect(same.calls).toEqual([['a', 'f', {}]]);
  const other = readEvents(agUiReader(), [...chunks('{}', '{}', '{"x":1}'), FINISHED]);
  expect(other.calls).toEqual([]);
  expect(other.malformed).toEqual(['arguments are not JSON']);
});

it('an empty object that came in pieces is no placeholder after a reconnect either', () => {
  const reader = agUiReader();
  readEvents(reader, chunks('{', '}'));
  const seen = readEvents(reader, [...chunks('{"x":1}'), FINISHED], OPEN);
  expect(seen.calls).toEqual([]);
  expect(seen.malformed).toEqual(['arguments are not JSON']);
});

it('a placeholder stays one after a reconnect', () => {
  const reader = agUiReader();
  readEvents(reader, chunks('{}', '{"x"'));
  expect(readEvents(reader, [...chunks('{"x":1}'), FINISHED], OPEN).calls).toEqual([
    ['a', 'f', { x: 1 }],
  ]);
});

it('where nobody knows which it was, the call is not run with what follows', () => {
  const reader = agUiReader();
  expect(readEvents(reader, [...chunks('{"x":1}'), FINISHED], OPEN).calls).toEqual([]);
});
