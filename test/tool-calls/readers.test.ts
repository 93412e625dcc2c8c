/** Readers of model answers: the dark corners of each dialect. */

import { describe, expect, it } from 'vitest';
import {
  agUiReader,
  aiSdkUiReader,
  anthropicReader,
  geminiReader,
  openaiChatReader,
  openaiResponsesReader,
} from '../../src/tool-calls/index.js';
import type { ResponseReader } from '../../src/tool-calls/index.js';

/** What the events say, in short: parts as words, deltas as they are. */
function readAll(reader: ResponseReader, events: readonly unknown[]): unknown[] {
  return events.flatMap((event) => reader.read(event).map(({ part }) => inShort(part)));
}

function inShort(part: ReturnType<ResponseReader['read']>[number]['part']): unknown {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return `${part.type}: ${part.text}`;
    case 'toolCallProgress':
      return `${part.id} ${part.name}: ${part.chars} characters`;
    case 'toolCall':
      return [part.id, part.name, part.input, ...(part.isServerTool ? ['server'] : [])];
    case 'event':
      return `event ${part.name}`;
    case 'seam':
      return 'seam';
  }
}

function chat(delta: object, finish_reason: string | null = null): object {
  return { choices: [{ index: 0, delta, finish_reason }] };
}

function piece(index: number, args: string, more: object = {}): object {
  return chat({ tool_calls: [{ index, function: { arguments: args }, ...more }] });
}

describe('OpenAI Chat', () => {
  const start = (index: number, id: string, name: string): object =>
    chat({ tool_calls: [{ index, id, function: { name, arguments: '' } }] });

  it.each(['length', 'content_filter'])('hands out no call when it stops by %s', (reason) => {
    const reader = openaiChatReader();
    const seen = readAll(reader, [start(0, 'a', 'f'), piece(0, '{"x":1}'), chat({}, reason)]);
    expect(seen).toEqual(['a f: 0 characters', 'a f: 7 characters', 'event finish_reason']);
    expect(reader.end).toBe('incomplete');
  });

  it('knows calls by their index, whatever the order', () => {
    const reader = openaiChatReader();
    const seen = readAll(reader, [
      start(2, 'c', 'h'),
      start(0, 'a', 'f'),
      piece(2, '{"z"'),
      piece(0, '{"x":'),
      start(1, 'b', 'g'),
      piece(2, ':3}'),
      piece(1, '{}'),
      piece(0, '1}'),
      chat({}, 'tool_calls'),
    ]);
    expect(seen.filter(Array.isArray)).toEqual([
      ['c', 'h', { z: 3 }],
      ['a', 'f', { x: 1 }],
      ['b', 'g', {}],
    ]);
  });

  it('takes another id at the same index for another call', () => {
    const reader = openaiChatReader();
    const seen = readAll(reader, [
      start(0, 'a', 'f'),
      piece(0, '{"x":1}'),
      start(0, 'b', 'g'),
      piece(0, '{"y":2}'),
      chat({}, 'stop'),
    ]);
    expect(seen.filter(Array.isArray)).toEqual([
      ['a', 'f', { x: 1 }],
      ['b', 'g', { y: 2 }],
    ]);
  });

  it('calls a call without a name or with cut arguments malformed', () => {
    const cut = readAll(openaiChatReader(), [
      start(0, 'a', 'f'),
      piece(0, '{"x'),
      chat({}, 'stop'),
    ]);
    expect(cut).toContain('event malformedToolCall');
    const nameless = readAll(openaiChatReader(), [piece(0, '{}'), chat({}, 'stop')]);
    expect(nameless).toEqual([
      'local_call_0 null: 2 characters',
      'event malformedToolCall',
      'event finish_reason',
    ]);
  });

  it('reads the old form of one call, reasoning, refusals and usage', () => {
    const seen = readAll(openaiChatReader(), [
      chat({ reasoning_content: 'hm' }),
      chat({ reasoning: 'so' }),
      chat({ refusal: 'no' }),
      chat({ function_call: { name: 'f', arguments: '{' } }),
      chat({ function_call: { arguments: '}' } }),
      chat({}, 'function_call'),
      { choices: [], usage: { total_tokens: 1 } },
    ]);
    expect(seen).toEqual([
      'reasoning: hm',
      'reasoning: so',
      'event refusal',
      'local_call_0 f: 1 characters',
      'local_call_0 f: 2 characters',
      ['local_call_0', 'f', {}],
      'event finish_reason',
      'event usage',
    ]);
  });

  it('reports the error of a peer with its text and its code', () => {
    const error = { message: 'Slow down', code: 'rate_limit_exceeded' };
    const reading = (): unknown => openaiChatReader().read({ error });
    expect(reading).toThrow('the peer reported an error: Slow down (rate_limit_exceeded)');
  });
});

describe('OpenAI Responses', () => {
  const item = (more: object): object => ({
    type: 'function_call',
    id: 'i',
    call_id: 'a',
    name: 'f',
    ...more,
  });

  it('takes the whole arguments of the item, of which pieces may be missing', () => {
    const seen = readAll(openaiResponsesReader(), [
      { type: 'response.output_item.added', item: item({ arguments: '' }) },
      { type: 'response.function_call_arguments.delta', item_id: 'i', delta: '{"x":' },
      {
        type: 'response.output_item.done',
        item: item({ arguments: '{"x":2}', status: 'completed' }),
      },
    ]);
    expect(seen).toEqual(['a f: 0 characters', 'a f: 5 characters', ['a', 'f', { x: 2 }]]);
  });

  it('hands out no item that is incomplete, and no arguments in the whole response', () => {
    const reader = openaiResponsesReader();
    const events = [
      { type: 'response.output_item.added', item: item({ arguments: '' }) },
      {
        type: 'response.output_item.done',
        item: item({ arguments: '{"x":"secret', status: 'incomplete' }),
      },
      {
        type: 'response.incomplete',
        response: { id: 'r', output: [item({ arguments: '{"x":"secret' })] },
      },
    ];
    const steps = events.flatMap((event) => reader.read(event));
    expect(JSON.stringify(steps)).not.toContain('secret');
    expect(reader.end).toBe('incomplete');
  });

  it('gives a custom tool its text, and marks what the peer runs itself', () => {
    const seen = readAll(openaiResponsesReader(), [
      {
        type: 'response.output_item.done',
        item: { type: 'custom_tool_call', id: 'i', call_id: 'a', name: 'f', input: 'SELECT "x"' },
      },
      {
        type: 'response.output_item.done',
        item: { type: 'mcp_call', id: 'm', name: 'g', arguments: '{}' },
      },
    ]);
    expect(seen).toEqual([
      ['a', 'f', 'SELECT "x"'],
      ['m', 'g', {}, 'server'],
    ]);
  });
});

describe('Anthropic', () => {
  const start = (index: number, id: string, type = 'tool_use'): object => ({
    type: 'content_block_start',
    index,
    content_block: { type, id, name: `run_${id}`, input: {} },
  });
  const delta = (index: number, partial_json: string): object => ({
    type: 'content_block_delta',
    index,
    delta: { type: 'input_json_delta', partial_json },
  });
  const stop = (index: number): object => ({ type: 'content_block_stop', index });
  const reason = (stop_reason: string): object => ({
    type: 'message_delta',
    delta: { stop_reason },
  });

  it('hands out calls when the stop reason allows it, in their order', () => {
    const reader = anthropicReader();
    const seen = readAll(reader, [
      start(1, 'a'),
      start(0, 'b', 'server_tool_use'),
      delta(0, '{}'),
      delta(1, '{"x":1}'),
      stop(1),
      stop(0),
      reason('tool_use'),
      { type: 'message_stop' },
    ]);
    expect(seen.slice(4)).toEqual([
      ['a', 'run_a', { x: 1 }],
      ['b', 'run_b', {}, 'server'],
      'event message_delta',
    ]);
    expect(reader.end).toBe('complete');
  });

  it.each(['max_tokens', 'refusal', 'model_context_window_exceeded'])(
    'hands out no call when it stops by %s, although it parses',
    (why) => {
      const reader = anthropicReader();
      const seen = readAll(reader, [
        start(0, 'a'),
        delta(0, '{}'),
        stop(0),
        reason(why),
        { type: 'message_stop' },
      ]);
      expect(seen.filter(Array.isArray)).toEqual([]);
      expect(reader.end).toBe('incomplete');
    },
  );

  it('takes an input that is there from the start', () => {
    const whole = {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } },
    };
    expect(readAll(anthropicReader(), [whole, stop(0), reason('tool_use')])).toContainEqual([
      'a',
      'f',
      { x: 1 },
    ]);
  });

  it('calls a call malformed whose start was not seen', () => {
    expect(readAll(anthropicReader(), [delta(7, '{"x":1}'), stop(7), reason('tool_use')])).toEqual([
      'local_call_7 null: 7 characters',
      'event malformedToolCall',
      'event message_delta',
    ]);
  });
});

describe('a reader that outlives a connection', () => {
  const args = (index: number, text: string): object => ({
    event_type: 'step.delta',
    index,
    delta: { type: 'arguments_delta', arguments: text },
  });
  const start = {
    event_type: 'step.start',
    index: 1,
    step: { type: 'function_call', id: 'a', name: 'f' },
  };
  const stop = { event_type: 'step.stop', index: 1 };

  it('forgets what it read beyond the place it goes on from', () => {
    const reader = geminiReader();
    readAll(reader, [start, args(1, '{"x"'), args(1, ':1'), args(1, '}')]);
    reader.begin({ a: { name: 'f', args: '{"x"', status: 'streaming' } });
    expect(readAll(reader, [args(1, ':1'), args(1, '}'), stop]).at(-1)).toEqual([
      'a',
      'f',
      { x: 1 },
    ]);
  });

  it('reads a call again whose end was not committed', () => {
    const reader = geminiReader();
    readAll(reader, [start, args(1, '{}'), stop]);
    reader.begin({ a: { name: 'f', args: '', status: 'streaming' } });
    expect(readAll(reader, [args(1, '{}'), stop]).at(-1)).toEqual(['a', 'f', {}]);
  });

  it('reads no call again whose end was committed', () => {
    const reader = geminiReader();
    readAll(reader, [start, args(1, '{}'), stop]);
    reader.begin({ a: { name: 'f', args: '{}', status: 'complete' } });
    expect(readAll(reader, [args(1, '{}'), stop])).toEqual([]);
  });

  it('in a new process takes pieces without a name for the one call that is open', () => {
    const calls = { a: { name: 'f', args: '{"x"', status: 'streaming' } } as const;
    const reader = geminiReader();
    reader.begin(calls);
    expect(readAll(reader, [args(1, ':1}'), stop]).at(-1)).toEqual(['a', 'f', { x: 1 }]);
    const repeating = geminiReader();
    // The pieces may be those of the call that has left.
    repeating.begin({ ...calls, b: { name: 'g', args: '{}', status: 'complete' } });
    expect(readAll(repeating, [args(1, ':1}'), stop])).not.toContainEqual(['a', 'f', { x: 1 }]);
    const doubtful = geminiReader();
    doubtful.begin({ ...calls, b: { name: 'g', args: '', status: 'streaming' } });
    expect(readAll(doubtful, [args(1, ':1}'), stop])).toEqual([
      'local_call_1 null: 3 characters',
      'event malformedToolCall',
    ]);
  });
});

describe('Gemini', () => {
  it('takes arguments that came with the start, where no pieces come', () => {
    const seen = readAll(geminiReader(), [
      {
        event_type: 'step.start',
        index: 0,
        step: { type: 'function_call', id: 'a', name: 'f', arguments: { x: 1 } },
      },
      { event_type: 'step.stop', index: 0 },
    ]);
    expect(seen.at(-1)).toEqual(['a', 'f', { x: 1 }]);
  });

  it('ends with the interaction, for the time being', () => {
    const reader = geminiReader();
    readAll(reader, [
      { event_type: 'interaction.completed', interaction: { status: 'requires_action' } },
    ]);
    expect(reader.end).toBe('complete');
    readAll(reader, [
      { event_type: 'interaction.status_update', interaction: { status: 'in_progress' } },
    ]);
    expect(reader.end).toBe(null);
  });
});

describe('AG-UI', () => {
  it('reads the short form of a call, which has no end of its own', () => {
    const seen = readAll(agUiReader(), [
      { type: 'TOOL_CALL_CHUNK', toolCallId: 'a', toolCallName: 'f', delta: '{"x"' },
      { type: 'TOOL_CALL_CHUNK', delta: ':1}' },
      { type: 'RUN_FINISHED' },
    ]);
    expect(seen).toContainEqual(['a', 'f', { x: 1 }]);
  });

  it('goes on after a run that another one follows', () => {
    const reader = agUiReader();
    readAll(reader, [{ type: 'RUN_FINISHED', finishReason: 'length' }]);
    expect(reader.end).toBe('incomplete');
    readAll(reader, [{ type: 'RUN_STARTED' }]);
    expect(reader.end).toBe(null);
    expect(() => reader.read({ type: 'RUN_ERROR', message: 'No tokens', code: 'quota' })).toThrow(
      'the peer reported an error: No tokens (quota)',
    );
  });
});

describe('AI SDK UI', () => {
  const open = { type: 'tool-input-start', toolCallId: 'a', toolName: 'f' };

  it('interrupts what a step had open that is discarded, and what the peer calls an error', () => {
    const reader = aiSdkUiReader();
    const steps = [open, { type: 'reset-step' }].flatMap((event) => reader.read(event));
    expect(steps.flatMap(({ toolCall = [] }) => toolCall).at(-1)).toMatchObject({
      id: 'a',
      interrupted: true,
    });
    const refused = {
      type: 'tool-input-error',
      toolCallId: 'a',
      toolName: 'f',
      input: 'secret',
      errorText: 'secret',
    };
    const told = [open, refused].flatMap((event) => reader.read(event));
    expect(JSON.stringify(told)).not.toContain('secret');
    expect(told.flatMap(({ toolCall = [] }) => toolCall).at(-1)).toMatchObject({
      id: 'a',
      interrupted: true,
    });
  });

  it('takes a whole input without a start, and marks what the peer runs', () => {
    const whole = {
      type: 'tool-input-available',
      toolCallId: 'a',
      toolName: 'f',
      input: { x: 1 },
      providerExecuted: true,
    };
    expect(readAll(aiSdkUiReader(), [whole])).toEqual([['a', 'f', { x: 1 }, 'server']]);
  });

  it.each([
    [{ type: 'finish' }, 'complete'],
    [{ type: 'finish', finishReason: 'length' }, 'incomplete'],
    [{ type: 'finish', finishReason: 'error' }, 'failed'],
    [{ type: 'abort' }, 'cancelled'],
  ])('ends by %j as %s', (event, outcome) => {
    const reader = aiSdkUiReader();
    reader.read(event);
    expect(reader.end).toBe(outcome);
  });
});

describe.each([
  ['OpenAI Chat', openaiChatReader],
  ['OpenAI Responses', openaiResponsesReader],
  ['Anthropic', anthropicReader],
  ['Gemini', geminiReader],
  ['AG-UI', agUiReader],
  ['AI SDK UI', aiSdkUiReader],
])('%s', (_, create) => {
  it('refuses what is no event, and takes any object for one', () => {
    for (const event of [null, 1, 'text', [], undefined])
      expect(() => create().read(event)).toThrow('expected an event that is a JSON object');
    const odd = [null, 1, 'x', [], {}, [null], { __proto__: null }];
    const fields = [
      'type',
      'event_type',
      'choices',
      'delta',
      'item',
      'index',
      'toolCallId',
      'step',
      'content_block',
      'response',
      'interaction',
    ];
    for (const value of odd)
      for (const field of fields) expect(() => create().read({ [field]: value })).not.toThrow();
    for (const value of odd)
      for (const type of [
        'content_block_start',
        'content_block_delta',
        'message_delta',
        'response.output_item.added',
        'response.output_item.done',
        'step.start',
        'step.delta',
        'TOOL_CALL_START',
        'TOOL_CALL_CHUNK',
        'tool-input-start',
        'tool-input-available',
      ])
        expect(() =>
          create().read({
            type,
            event_type: type,
            item: value,
            delta: value,
            content_block: value,
            step: value,
            index: value,
            toolCallId: value,
          }),
        ).not.toThrow();
  });
});
