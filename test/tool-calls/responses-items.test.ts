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
