/** Items of OpenAI Responses whose ids say nothing. */

import { expect, it } from 'vitest';
import { openaiResponsesReader } from '../../src/tool-calls/index.js';
import { readEvents } from './wires.js';

it.each(['', undefined])('calls in turns are told apart by their place, with the id %j', (id) => {
  const items = ['a', 'b'].map((name, n) => ({
    output_index: n,
    item: { type: 'function_call', id, call_id: `call_${name}`, name },
  }));
  const pieces = [0, 1].map((n) => ({
    type: 'response.function_call_arguments.delta',
    output_index: n,
    item_id: id,
    delta: `{"of":${n}}`,
  }));
  const seen = readEvents(openaiResponsesReader(), [
    ...items.map((one) => ({ type: 'response.output_item.added', ...one })),
    ...pieces,
    ...items.map(({ output_index: n, item }) => ({
      type: 'response.output_item.done',
      output_index: n,
      item: { ...item, arguments: `{"of":${n}}`, status: 'completed' },
    })),
  ]);
  expect(seen.calls).toEqual([
    ['call_a', 'a', { of: 0 }],
    ['call_b', 'b', { of: 1 }],
  ]);
});

interface Odd {
  readonly index?: boolean;
  readonly ids: 'each another' | 'none';
  readonly isAdded?: boolean;
}

/** Two calls after each other. @param said what the pieces say of the second one */
function callsOf({ index, ids, isAdded }: Odd, said = '{"of":1}'): object[] {
  let count = 0;
  return ['a', 'b'].flatMap((name, n) => {
    const at = index ? { output_index: n } : {};
    const id = (): object => (ids === 'none' ? {} : { id: `item_${count++}` });
    const itemId = (): object => (ids === 'none' ? {} : { item_id: `item_${count++}` });
    const item = { type: 'function_call', call_id: `call_${name}`, name };
    const args = `{"of":${n}}`;
    const piece = n === 1 ? said : args;
    const done = { ...item, arguments: args, status: 'completed' };
    return [
      ...(isAdded
        ? [{ type: 'response.output_item.added', ...at, item: { ...item, ...id() } }]
        : []),
      ...[piece.slice(0, 3), piece.slice(3)].map((delta) => ({
        type: 'response.function_call_arguments.delta',
        ...at,
        ...itemId(),
        delta,
      })),
      { type: 'response.function_call_arguments.done', ...at, ...itemId(), arguments: args },
      { type: 'response.output_item.done', ...at, item: { ...done, ...id() } },
    ];
  });
}

const COMPLETED = { type: 'response.completed', response: { id: 'r', status: 'completed' } };

it.each<Odd>([
  { ids: 'none', index: true },
  { ids: 'each another', index: true },
  { ids: 'none', isAdded: true },
  { ids: 'each another', isAdded: true },
  { ids: 'none' },
])('pieces that share no id with their item belong to it: %j', (odd) => {
  const seen = readEvents(openaiResponsesReader(), [...callsOf(odd), COMPLETED]);
  expect(seen.calls).toEqual([
    ['call_a', 'a', { of: 0 }],
    ['call_b', 'b', { of: 1 }],
  ]);
  expect([seen.malformed, seen.end]).toEqual([[], 'complete']);
  const other = readEvents(openaiResponsesReader(), callsOf(odd, '{"of":"nobody"}'));
  expect(other.calls).toEqual([['call_a', 'a', { of: 0 }]]);
  expect(other.malformed).toEqual(['arguments that do not agree']);
});

it.each([
  { type: 'response.refusal.delta', item_id: 'msg', delta: 'no' },
  { type: 'response.output_item.done', item: { type: 'web_search_call', id: 'ws', action: 'x' } },
])('what has no place is not taken for the call that is open: %j', (event) => {
  const [added, ...rest] = callsOf({ ids: 'none', isAdded: true }).slice(0, 5);
  const seen = readEvents(openaiResponsesReader(), [added as object, event, ...rest, COMPLETED]);
  expect(seen.calls).toContainEqual(['call_a', 'a', { of: 0 }]);
  expect([seen.malformed, seen.end]).toEqual([[], 'complete']);
});
