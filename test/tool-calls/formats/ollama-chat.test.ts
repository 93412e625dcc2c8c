/** The lines of Ollama's own API. */

import { describe, expect, it } from 'vitest';
import { ollamaChatReader } from '../../../src/tool-calls/index.js';
import { ollamaCall, readEvents } from '../wires.js';
import type { Seen } from '../wires.js';

const DONE = { message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop' };

function run(...events: object[]): Seen {
  return readEvents(ollamaChatReader(), events);
}

function calls(seen: Seen): unknown[] {
  return seen.calls.map((each) => (each as unknown[]).slice(1));
}

it('text and thoughts, of chat and of generate', () => {
  const seen = run(
    { model: 'm', created_at: 't1', message: { content: '', thinking: 'hm' }, done: false },
    { model: 'm', created_at: 't2', message: { content: 'Hi' }, done: false },
    { model: 'm', created_at: 't3', response: ' there', thinking: '', done: false },
    {
      model: 'm',
      created_at: 't4',
      response: '',
      done: true,
      done_reason: 'stop',
      context: [1, 2],
      eval_count: 3,
      total_duration: 9,
    },
  );
  expect([seen.text, seen.end, seen.word]).toEqual(['Hi there', 'complete', 'stop']);
  expect(seen.parts).toContainEqual({ type: 'reasoning', text: 'hm' });
  expect(seen.events).toEqual(['response', 'done_reason', 'context', 'usage']);
  expect(seen.parts).toContainEqual({
    type: 'event',
    name: 'usage',
    data: { eval_count: 3, total_duration: 9 },
  });
});

describe('calls', () => {
  it('each entry is one, in one line or in several, before the last line or in it', () => {
    const f = (city: string): object => ({ function: { name: 'f', arguments: { city } } });
    const both = { message: { content: '', tool_calls: [f('a'), f('b')] }, done: false };
    const last = { ...DONE, message: { content: '', tool_calls: [f('c')] } };
    expect(calls(run(both, last))).toEqual([
      ['f', { city: 'a' }],
      ['f', { city: 'b' }],
      ['f', { city: 'c' }],
    ]);
  });

  it('have the ids that newer servers give', () => {
    const call = { id: 'call_1', function: { index: 0, name: 'f', arguments: {} } };
    expect(run(ollamaCall(call), DONE).calls).toEqual([['call_1', 'f', {}]]);
  });

  it('at the same place with the same arguments are one call that is said again', () => {
    const at = (index: number, x: number): object =>
      ollamaCall({ function: { index, name: 'pay', arguments: { x } } });
    expect(calls(run(at(0, 1), at(1, 2), at(0, 1), at(1, 2), DONE))).toEqual([
      ['pay', { x: 1 }],
      ['pay', { x: 2 }],
    ]);
    // Some servers give all calls the same place.
    expect(calls(run(at(0, 1), at(0, 2), DONE))).toEqual([
      ['pay', { x: 1 }],
      ['pay', { x: 2 }],
    ]);
  });

  it('without arguments do not run: the protocol sends an empty object', () => {
    for (const given of [{}, { arguments: null }])
      expect(run(ollamaCall({ function: { name: 'f', ...given } }), DONE)).toMatchObject({
        calls: [],
        malformed: ['no arguments'],
      });
  });

  it('do not run after a reason that cuts the answer, or without one', () => {
    const call = ollamaCall({ function: { name: 'f', arguments: {} } });
    for (const done_reason of ['length', '', undefined]) {
      const seen = run(call, { ...DONE, done_reason });
      expect([seen.calls, seen.end]).toEqual([[], 'incomplete']);
    }
  });
});

it('an error is the error of the peer', () => {
  const line = { error: 'an error was encountered while running the model: unexpected EOF' };
  expect(() => run({ message: { content: 'Hi' }, done: false }, line)).toThrow('unexpected EOF');
});

it('what it does not know passes', () => {
  const seen = run(
    {
      message: { content: '', images: ['aW1n'] },
      done: false,
      logprobs: [{ token: 'a' }],
      completed: 1,
      total: 2,
    },
    DONE,
  );
  expect(seen.events).toEqual(['images', 'logprobs', 'completed', 'total', 'done_reason']);
});
