/** Items of OpenAI Responses whose ids say nothing. */

import { describe, expect, it } from 'vitest';
import { openaiResponsesReader } from '../../../src/tool-calls/index.js';
import { readEvents } from '../wires.js';

it.each(['', undefined])(
  'calls in turns are distinguished by their position, with the id %j',
  (id) => {
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
  },
);

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

const added = (fields: object): object => ({
  type: 'response.output_item.added',
  item: { type: 'function_call', arguments: '', ...fields },
});
const done = (fields: object): object => ({
  type: 'response.output_item.done',
  item: { type: 'function_call', status: 'completed', ...fields },
});
const delta = (item_id: string | undefined, text: string): object => ({
  type: 'response.function_call_arguments.delta',
  item_id,
  delta: text,
});

it('an item that is done under another id than it was added with is the one with its name', () => {
  const seen = readEvents(openaiResponsesReader(), [
    added({ id: 'i0', name: 'a' }),
    added({ id: 'i1', name: 'b' }),
    done({ id: 'i2', name: 'b', arguments: '{"of":1}' }),
    done({ id: 'i3', name: 'a', arguments: '{"of":0}' }),
    COMPLETED,
  ]);
  expect(seen.calls).toEqual([
    ['i1', 'b', { of: 1 }],
    ['i0', 'a', { of: 0 }],
  ]);
  expect(seen.end).toBe('complete');
});

it.each(['of another item', undefined])(
  'pieces of which nothing says to which of the announced calls they belong are no call: %j',
  (id) => {
    const seen = readEvents(openaiResponsesReader(), [
      added({ call_id: 'a', name: 'f' }),
      added({ call_id: 'b', name: 'g' }),
      delta(id, '{"of"'),
      delta(id, '{"of":0}'),
      { type: 'response.function_call_arguments.done', item_id: id, arguments: '{"of":1}' },
      done({ call_id: 'b', name: 'g', arguments: '{"of":1}' }),
      done({ call_id: 'a', name: 'f', arguments: '{"of":0}' }),
      COMPLETED,
    ]);
    expect(seen.calls).toEqual([
      ['b', 'g', { of: 1 }],
      ['a', 'f', { of: 0 }],
    ]);
    expect(seen.end).toBe('complete');
  },
);

it('arguments of an item that is neither added nor done are those of an open call', () => {
  const seen = readEvents(openaiResponsesReader(), [
    { type: 'response.output_item.added', item: { id: 'm', type: 'message' } },
    { type: 'response.function_call_arguments.done', item_id: 'i', arguments: '{"of":1}' },
    COMPLETED,
  ]);
  expect([seen.calls, seen.end]).toEqual([[], 'incomplete']);
});

it('a call in the output at the end is the one whose pieces came, whatever its place in the list', () => {
  const seen = readEvents(openaiResponsesReader(), [
    { type: 'response.created', response: { id: 'r' } },
    { ...delta('i0', '{"of"'), output_index: 2 },
    { ...delta('i1', ':1}'), output_index: 2 },
    {
      type: 'response.completed',
      response: {
        id: 'r',
        status: 'completed',
        output: [{ type: 'function_call', call_id: 'a', name: 'f', arguments: '{"of":1}' }],
      },
    },
  ]);
  expect([seen.calls, seen.end]).toEqual([[['a', 'f', { of: 1 }]], 'complete']);
});

it('the output at the end is not read by a process that goes on after calls', () => {
  const reader = openaiResponsesReader();
  reader.begin({ a: { name: 'f', args: '', status: 'interrupted' } });
  reader.goOnAfter?.(0);
  const output = [{ type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' }];
  const response = { id: 'r', status: 'completed', output };
  const steps = reader.read({ type: 'response.completed', response });
  expect(steps.map(({ part }) => part.type)).toEqual(['event']);
});

it('a call of which only the arguments were said is in the account', () => {
  const seen = readEvents(openaiResponsesReader(), [
    added({ id: 'i', call_id: 'a' }),
    { type: 'response.function_call_arguments.done', item_id: 'i', arguments: '{"of":1}' },
    COMPLETED,
  ]);
  expect([seen.calls, seen.end]).toEqual([[], 'incomplete']);
  expect(seen.deltas).toEqual([{ id: 'a' }, { id: 'a', finalArgs: '{"of":1}' }]);
});

it('an item that is done without a name and arguments is a malformed call', () => {
  const seen = readEvents(openaiResponsesReader(), [done({ call_id: 'a', arguments: '' })]);
  expect(seen.malformed).toEqual(['no name']);
});

it.each([{ call_id: 'a' }, { id: 'a' }])(
  'an item of which an earlier process has read pieces is compared with them: %j',
  (ids) => {
    const begun = { a: { name: 'f', args: '{"of":0}', status: 'streaming' } } as const;
    const item = { ...ids, name: 'f' };
    const other = [done({ ...item, arguments: '{"of":1}' })];
    expect(readEvents(openaiResponsesReader(), other, begun).malformed).toEqual([
      'arguments that do not agree',
    ]);
    const same = [done({ ...item, arguments: '{"of":0}' })];
    expect(readEvents(openaiResponsesReader(), same, begun).calls).toEqual([['a', 'f', { of: 0 }]]);
  },
);

describe('a call that stands only in the response at its end', () => {
  const created = { type: 'response.created', response: { id: 'r' } };
  const text = { type: 'response.output_text.delta', output_index: 0, delta: 'Let me look.' };
  const call = {
    type: 'function_call',
    id: 'item',
    call_id: 'call_a',
    name: 'a',
    arguments: '{"of":0}',
    status: 'completed',
  };
  const message = { type: 'message', content: [{ type: 'output_text', text: 'Let me look.' }] };
  const completed = { type: 'response.completed', response: { id: 'r', output: [message, call] } };

  it('is delivered behind text that came in pieces, which is not repeated', () => {
    const seen = readEvents(openaiResponsesReader(), [created, text, completed]);
    expect(seen.calls).toEqual([['call_a', 'a', { of: 0 }]]);
    expect(seen.parts.filter(({ type }) => type === 'text')).toEqual([
      { type: 'text', text: 'Let me look.' },
    ]);
  });

  it('is not delivered twice where an event brought it under other ids', () => {
    const item = { ...call, id: 'other', call_id: 'call_b' };
    const done = { type: 'response.output_item.done', output_index: 1, item };
    const seen = readEvents(openaiResponsesReader(), [created, text, done, completed]);
    expect(seen.calls).toEqual([['call_b', 'a', { of: 0 }]]);
  });

  it('is not taken from an answer whose beginning was not read', () => {
    const seen = readEvents(openaiResponsesReader(), [text, completed]);
    expect(seen.calls).toEqual([]);
  });
});
