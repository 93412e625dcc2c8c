/** What peers say beside text and calls: nothing of it is lost, and no event holds arguments of a call. */

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
import { block, chunk, delta, readEvents } from './wires.js';

const chat = (said: object, beside: object = {}): object => ({ ...chunk(said), ...beside });

describe('text and thoughts', () => {
  it.each<[string, () => ResponseReader, object, string, string]>([
    ['Chat: text', openaiChatReader, chat({ content: 'A' }), 'A', ''],
    [
      'Chat: content as a list',
      openaiChatReader,
      chat({ content: [{ type: 'text', text: 'A' }, 'B', { type: 'output_text', text: 'C' }] }),
      'ABC',
      '',
    ],
    [
      'Chat: content as a part',
      openaiChatReader,
      chat({ content: { type: 'text', text: 'A' } }),
      'A',
      '',
    ],
    [
      'Chat: thoughts of Magistral',
      openaiChatReader,
      chat({
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'T' }] },
          { type: 'text', text: 'A' },
        ],
      }),
      'A',
      'T',
    ],
    ['Chat: reasoning_content', openaiChatReader, chat({ reasoning_content: 'T' }), '', 'T'],
    ['Chat: reasoning', openaiChatReader, chat({ reasoning: 'T' }), '', 'T'],
    [
      'Chat: both, the same',
      openaiChatReader,
      chat({ reasoning: 'T', reasoning_content: 'T' }),
      '',
      'T',
    ],
    [
      'Chat: both, another',
      openaiChatReader,
      chat({ reasoning: 'U', reasoning_content: 'T' }),
      '',
      'TU',
    ],
    [
      'Chat: reasoning_details alone',
      openaiChatReader,
      chat({ reasoning_details: [{ type: 'reasoning.text', text: 'T', signature: 's' }] }),
      '',
      'T',
    ],
    [
      'Chat: reasoning_details that repeat the reasoning',
      openaiChatReader,
      chat({ reasoning: 'T', reasoning_details: [{ type: 'reasoning.text', text: 'T' }] }),
      '',
      'T',
    ],
    [
      'Chat: a whole message',
      openaiChatReader,
      { choices: [{ index: 0, message: { content: 'A' } }] },
      'A',
      '',
    ],
    ['Chat: a completion', openaiChatReader, { choices: [{ index: 0, text: 'A' }] }, 'A', ''],
    ['Anthropic', anthropicReader, delta(0, { type: 'text_delta', text: 'A' }), 'A', ''],
    [
      'Anthropic: at the start',
      anthropicReader,
      block(0, { type: 'text', text: 'A', citations: null }),
      'A',
      '',
    ],
    [
      'Anthropic: thoughts at the start',
      anthropicReader,
      block(0, { type: 'thinking', thinking: 'T' }),
      '',
      'T',
    ],
    [
      'Responses',
      openaiResponsesReader,
      { type: 'response.output_text.delta', delta: 'A' },
      'A',
      '',
    ],
    [
      'Gemini: a list',
      geminiReader,
      {
        event_type: 'step.start',
        step: { type: 'model_output', content: [{ type: 'text', text: 'A' }] },
      },
      'A',
      '',
    ],
    ['AG-UI', agUiReader, { type: 'REASONING_MESSAGE_CHUNK', delta: 'T' }, '', 'T'],
    ['AI SDK', aiSdkUiReader, { type: 'reasoning-delta', delta: 'T' }, '', 'T'],
  ])('%s', (_, create, event, text, thoughts) => {
    const seen = readEvents(create(), [event]);
    const thought = seen.parts.flatMap((part) => (part.type === 'reasoning' ? [part.text] : []));
    expect([seen.text, thought.join('')]).toEqual([text, thoughts]);
  });

  it('are known by the name of the event where its data has no type', () => {
    const read = (reader: ResponseReader, event: object, name: string): unknown =>
      reader.read(event, name).map(({ part }) => part);
    const text = [{ type: 'text', text: 'A' }];
    const piece = { index: 0, delta: { type: 'text_delta', text: 'A' } };
    expect(read(anthropicReader(), piece, 'content_block_delta')).toEqual(text);
    expect(read(openaiResponsesReader(), { delta: 'A' }, 'response.output_text.delta')).toEqual(
      text,
    );
    expect(read(geminiReader(), { delta: { text: 'A' } }, 'step.delta')).toEqual(text);
  });

  it('of Responses that come in no pieces are there once', () => {
    const created = { type: 'response.created', response: { id: 'r' } };
    const content = [
      { type: 'output_text', text: 'A' },
      { type: 'refusal', refusal: 'no' },
    ];
    const item = { type: 'message', id: 'm', content };
    const done = { type: 'response.output_item.done', item };
    const whole = { type: 'response.output_text.done', item_id: 'm', content_index: 0, text: 'A' };
    const piece = {
      type: 'response.output_text.delta',
      item_id: 'm',
      content_index: 0,
      delta: 'A',
    };
    const end = { type: 'response.completed', response: { id: 'r', output: [item] } };
    for (const events of [[end], [done, end], [whole, done, end], [piece, whole, done, end]])
      expect(readEvents(openaiResponsesReader(), [created, ...events]).text).toBe('A');
    // A connection that goes on does not know what came in pieces before it.
    expect(readEvents(openaiResponsesReader(), [whole, done, end]).text).toBe('');
  });
});

describe('events', () => {
  it.each<[string, () => ResponseReader, object, string, unknown]>([
    [
      'Chat: an image in the content',
      openaiChatReader,
      chat({ content: [{ type: 'image_url', image_url: { url: 'u' } }] }),
      'image_url',
      { type: 'image_url', image_url: { url: 'u' } },
    ],
    ['Chat: images', openaiChatReader, chat({ images: [{ url: 'u' }] }), 'images', [{ url: 'u' }]],
    [
      'Chat: audio',
      openaiChatReader,
      chat({ audio: { id: 'x', data: 'AA==' } }),
      'audio',
      { id: 'x', data: 'AA==' },
    ],
    [
      'Chat: annotations',
      openaiChatReader,
      chat({ annotations: [{ url: 'u' }] }),
      'annotations',
      [{ url: 'u' }],
    ],
    [
      'Chat: annotations of a text',
      openaiChatReader,
      chat({ content: [{ type: 'text', text: 'A', annotations: [1] }] }),
      'text',
      { annotations: [1] },
    ],
    ['Chat: a refusal', openaiChatReader, chat({ refusal: 'no' }), 'refusal', 'no'],
    [
      'Chat: signatures',
      openaiChatReader,
      chat({ reasoning_details: [{ signature: 's' }] }),
      'reasoning_details',
      [{ signature: 's' }],
    ],
    [
      'Chat: log probabilities',
      openaiChatReader,
      { choices: [{ index: 0, delta: {}, logprobs: { content: [1] } }] },
      'logprobs',
      { content: [1] },
    ],
    [
      'Chat: the word of the model',
      openaiChatReader,
      { choices: [{ index: 0, delta: {}, native_finish_reason: 'STOP' }] },
      'native_finish_reason',
      'STOP',
    ],
    ['Chat: the finish reason', openaiChatReader, chunk({}, 'stop'), 'finish_reason', 'stop'],
    [
      'Chat: usage',
      openaiChatReader,
      { choices: [], usage: { total_tokens: 1 } },
      'usage',
      { total_tokens: 1 },
    ],
    [
      'Chat: usage in the choice (Moonshot)',
      openaiChatReader,
      { choices: [{ index: 0, delta: {}, usage: { total_tokens: 1 } }] },
      'usage',
      { total_tokens: 1 },
    ],
    ['Chat: citations', openaiChatReader, chat({}, { citations: ['u'] }), 'citations', ['u']],
    [
      'Chat: another choice',
      openaiChatReader,
      { choices: [{ index: 1, delta: { content: 'x' } }] },
      'choice',
      { index: 1, delta: { content: 'x' } },
    ],
    [
      'Chat: which answer it is',
      openaiChatReader,
      chat({ content: 'x' }, { id: 'c', model: 'm' }),
      'chat.completion.chunk',
      { id: 'c', model: 'm' },
    ],
    [
      'Chat: a thought signature of a call',
      openaiChatReader,
      chat({
        tool_calls: [
          {
            index: 0,
            id: 'a',
            function: { name: 'f', arguments: 'x' },
            extra_content: { google: 1 },
          },
        ],
      }),
      'tool_call',
      { index: 0, id: 'a', extra_content: { google: 1 } },
    ],
    [
      'Anthropic: a block of a new kind',
      anthropicReader,
      block(0, { type: 'redacted_thinking', data: 'd' }),
      'redacted_thinking',
      { type: 'redacted_thinking', data: 'd' },
    ],
    [
      'Anthropic: a delta of a new kind',
      anthropicReader,
      delta(0, { type: 'signature_delta', signature: 's' }),
      'signature_delta',
      { type: 'signature_delta', signature: 's' },
    ],
    [
      'Anthropic: citations of a text',
      anthropicReader,
      block(0, { type: 'text', text: 'A', citations: [1] }),
      'text',
      { citations: [1] },
    ],
    [
      'Anthropic: all of message_delta',
      anthropicReader,
      {
        type: 'message_delta',
        delta: { stop_reason: null, container: 'c' },
        usage: { output_tokens: 1 },
        context_management: {},
      },
      'message_delta',
      { stop_reason: null, container: 'c', usage: { output_tokens: 1 }, context_management: {} },
    ],
    [
      'Anthropic: metrics of Bedrock',
      anthropicReader,
      { type: 'message_stop', 'amazon-bedrock-invocationMetrics': { inputTokenCount: 1 } },
      'message_stop',
      { 'amazon-bedrock-invocationMetrics': { inputTokenCount: 1 } },
    ],
    [
      'Responses: an annotation',
      openaiResponsesReader,
      { type: 'response.output_text.annotation.added', annotation: { url: 'u' } },
      'response.output_text.annotation.added',
      { type: 'response.output_text.annotation.added', annotation: { url: 'u' } },
    ],
    [
      'Responses: audio',
      openaiResponsesReader,
      { type: 'response.audio.delta', delta: 'AA==' },
      'response.audio.delta',
      { type: 'response.audio.delta', delta: 'AA==' },
    ],
    [
      'Responses: what a response says of itself',
      openaiResponsesReader,
      {
        type: 'response.completed',
        response: {
          id: 'r',
          usage: { total_tokens: 1 },
          metadata: { k: 'v' },
          output: [],
          instructions: 'long',
        },
      },
      'response.completed',
      { id: 'r', usage: { total_tokens: 1 }, metadata: { k: 'v' } },
    ],
    [
      'Gemini: an image',
      geminiReader,
      { event_type: 'step.delta', index: 0, delta: { type: 'image', data: 'AA==' } },
      'step.delta',
      { index: 0, type: 'image', data: 'AA==' },
    ],
    [
      'Gemini: usage',
      geminiReader,
      {
        event_type: 'interaction.completed',
        interaction: { id: 'i', status: 'completed', usage: { total_tokens: 1 } },
      },
      'interaction.completed',
      { id: 'i', status: 'completed', usage: { total_tokens: 1 } },
    ],
    [
      'AG-UI: an event of a new type',
      agUiReader,
      { type: 'NEW', x: 1 },
      'NEW',
      { type: 'NEW', x: 1 },
    ],
    [
      'AI SDK: a file',
      aiSdkUiReader,
      { type: 'file', url: 'u', mediaType: 'image/png' },
      'file',
      { type: 'file', url: 'u', mediaType: 'image/png' },
    ],
    [
      'AI SDK: a part of a new type',
      aiSdkUiReader,
      { type: 'custom', kind: 'k' },
      'custom',
      { type: 'custom', kind: 'k' },
    ],
  ])('%s', (_, create, event, name, data) => {
    const { parts } = readEvents(create(), [event]);
    expect(parts).toContainEqual({ type: 'event', name, data });
  });

  it('that every chunk repeats are there once, and again when they change', () => {
    const seen = readEvents(openaiChatReader(), [
      chat({ content: 'a' }, { id: 'c', citations: ['u'] }),
      chat({ content: 'b' }, { id: 'c', citations: ['u'] }),
      chat({ content: 'c' }, { id: 'c', citations: ['u', 'v'] }),
    ]);
    expect(seen.events).toEqual(['chat.completion.chunk', 'citations', 'citations']);
  });

  it('of a chunk that says nothing are none', () => {
    const first = {
      id: 'c',
      model: 'm',
      usage: null,
      ...chunk({ role: 'assistant', content: '' }),
    };
    expect(readEvents(openaiChatReader(), [first]).parts).toEqual([]);
  });
});

describe('no event holds arguments', () => {
  const secret = '{"card":"4111"}';
  it.each<[string, () => ResponseReader, object]>([
    [
      'Chat: another choice',
      openaiChatReader,
      {
        choices: [
          {
            index: 1,
            delta: { tool_calls: [{ id: 'a', function: { name: 'f', arguments: secret } }] },
          },
        ],
      },
    ],
    [
      'Chat: what LiteLLM adds',
      openaiChatReader,
      chat({
        provider_specific_fields: { tool_calls: [{ function: { name: 'f', arguments: secret } }] },
      }),
    ],
    [
      'Anthropic: the message',
      anthropicReader,
      {
        type: 'message_start',
        message: { id: 'm', content: [{ type: 'tool_use', name: 'f', input: { secret } }] },
      },
    ],
    [
      'Anthropic: pieces of a new kind',
      anthropicReader,
      { type: 'new', block: { type: 'mcp_tool_use', input: secret } },
    ],
    [
      'Responses: an item',
      openaiResponsesReader,
      {
        type: 'response.output_item.done',
        item: { type: 'mcp_approval_request', id: 'm', name: 'pay', arguments: secret },
      },
    ],
    [
      'Responses: the code of a server',
      openaiResponsesReader,
      { type: 'response.code_interpreter_call_code.delta', item_id: 'c', delta: secret },
    ],
    [
      'Responses: all items',
      openaiResponsesReader,
      {
        type: 'response.incomplete',
        response: { id: 'r', output: [{ type: 'function_call', arguments: secret }] },
      },
    ],
    [
      'Gemini: a search',
      geminiReader,
      {
        event_type: 'step.start',
        index: 0,
        step: { type: 'google_search_call', id: 's', arguments: { queries: [secret] } },
      },
    ],
    [
      'Gemini: a new event',
      geminiReader,
      { event_type: 'new', step: { type: 'function_call', arguments: secret } },
    ],
    [
      'AG-UI: the messages',
      agUiReader,
      {
        type: 'MESSAGES_SNAPSHOT',
        messages: [{ toolCalls: [{ id: 'a', function: { name: 'f', arguments: secret } }] }],
      },
    ],
    [
      'AG-UI: the words of the provider',
      agUiReader,
      { type: 'RAW', event: { delta: secret }, source: 's' },
    ],
    [
      'AI SDK: an approval',
      aiSdkUiReader,
      {
        type: 'tool-approval-request',
        approvalId: 'p',
        toolCallId: 'a',
        toolCall: { toolName: 'pay', input: { secret } },
      },
    ],
    [
      'AI SDK: an invalid input',
      aiSdkUiReader,
      {
        type: 'tool-input-error',
        toolCallId: 'a',
        toolName: 'f',
        input: { secret },
        errorText: `bad: ${secret}`,
      },
    ],
  ])('%s', (_, create, event) => {
    const { parts } = readEvents(create(), [event]);
    expect(parts.length).toBeGreaterThan(0);
    expect(JSON.stringify(parts)).not.toContain('4111');
  });

  it('but data of the application is passed on as it is', () => {
    const data = { toolName: 'x', input: 'mine', args: [1] };
    expect(readEvents(aiSdkUiReader(), [{ type: 'data-x', data }]).parts).toEqual([
      { type: 'event', name: 'data-x', data: { type: 'data-x', data } },
    ]);
    expect(readEvents(agUiReader(), [{ type: 'STATE_SNAPSHOT', snapshot: data }]).parts).toEqual([
      { type: 'event', name: 'STATE_SNAPSHOT', data: { type: 'STATE_SNAPSHOT', snapshot: data } },
    ]);
  });

  it('however deep it stands, and without an end where an event has none', () => {
    const deep = JSON.parse('{"a":'.repeat(5000) + '1' + '}'.repeat(5000)) as object;
    expect(() => readEvents(agUiReader(), [{ type: 'CUSTOM', value: deep }])).not.toThrow();
  });
});

describe('calls that are no function calls', () => {
  const item = (fields: object): object => ({
    type: 'response.output_item.done',
    item: { status: 'completed', ...fields },
  });
  it.each<[string, object, unknown]>([
    [
      'a shell',
      {
        type: 'shell_call',
        id: 's',
        call_id: 'c',
        action: { commands: ['ls'] },
        environment: null,
      },
      ['c', 'shell', { action: { commands: ['ls'] }, environment: null }, false],
    ],
    [
      'a shell of the vendor',
      {
        type: 'shell_call',
        id: 's',
        call_id: 'c',
        action: { commands: ['ls'] },
        environment: { type: 'container_reference', container_id: 'k' },
      },
      ['c', 'shell', { action: { commands: ['ls'] } }, true],
    ],
    [
      'a local shell',
      {
        type: 'local_shell_call',
        id: 's',
        call_id: 'c',
        action: { type: 'exec', command: ['ls'] },
      },
      ['c', 'local_shell', { action: { type: 'exec', command: ['ls'] } }, false],
    ],
    [
      'a patch',
      {
        type: 'apply_patch_call',
        id: 's',
        call_id: 'c',
        operation: { type: 'delete_file', path: 'x' },
      },
      ['c', 'apply_patch', { operation: { type: 'delete_file', path: 'x' } }, false],
    ],
    [
      'a computer',
      {
        type: 'computer_call',
        id: 's',
        call_id: 'c',
        action: { type: 'click' },
        pending_safety_checks: [{ id: 'p' }],
      },
      ['c', 'computer', { action: { type: 'click' }, pending_safety_checks: [{ id: 'p' }] }, false],
    ],
    [
      'a custom tool',
      { type: 'custom_tool_call', id: 's', call_id: 'c', name: 'sql', input: 'SELECT 1' },
      ['c', 'sql', 'SELECT 1', false],
    ],
    [
      'a call of a new kind',
      { type: 'browser_call', id: 's', call_id: 'c', url: 'u' },
      ['c', 'browser', { url: 'u' }, false],
    ],
    [
      'a tool of MCP',
      { type: 'mcp_call', id: 'm', name: 'f', arguments: '{"x":1}', output: 'o' },
      ['m', 'f', { x: 1 }, true],
    ],
    [
      'a search',
      { type: 'web_search_call', id: 'w', action: { query: 'q' } },
      ['w', 'web_search', { action: { query: 'q' } }, true],
    ],
    [
      'code',
      { type: 'code_interpreter_call', id: 'i', code: 'print()', container_id: 'k', outputs: [] },
      ['i', 'code_interpreter', { code: 'print()', container_id: 'k' }, true],
    ],
    [
      'a search for tools, by the client',
      { type: 'tool_search_call', id: 't', call_id: 'c', execution: 'client', arguments: { q: 1 } },
      ['c', 'tool_search', { q: 1 }, false],
    ],
  ])('%s leaves with its input, and is recorded', (_, fields, expected) => {
    const seen = readEvents(openaiResponsesReader(), [item(fields)]);
    const [call] = seen.parts.flatMap((part) => (part.type === 'toolCall' ? [part] : []));
    expect([call?.id, call?.name, call?.input, call?.isServerTool]).toEqual(expected);
    expect(seen.deltas.at(-1)).toMatchObject({ id: call?.id, done: true });
  });

  it('that are not completed do not leave', () => {
    for (const status of ['incomplete', 'in_progress', 'a new one']) {
      const seen = readEvents(openaiResponsesReader(), [
        item({ type: 'shell_call', id: 's', call_id: 'c', status, action: { commands: ['ls'] } }),
        item({ type: 'function_call', id: 'i', call_id: 'd', status, name: 'f', arguments: '{}' }),
      ]);
      expect([seen.calls, seen.malformed]).toEqual([
        [],
        ['not completed by the peer', 'not completed by the peer'],
      ]);
    }
  });

  it('results of calls that the peer ran are events', () => {
    const { parts } = readEvents(openaiResponsesReader(), [
      item({
        type: 'mcp_call',
        id: 'm',
        name: 'f',
        arguments: '{"x":"secret"}',
        output: 'o',
        server_label: 's',
      }),
      item({ type: 'image_generation_call', id: 'g', result: 'AA==' }),
    ]);
    const events = parts.filter(({ type }) => type === 'event');
    expect(JSON.stringify(events)).not.toContain('secret');
    expect(events).toMatchObject([
      { data: { output: 'o', server_label: 's' } },
      { data: { result: 'AA==' } },
    ]);
  });

  it('a request for approval is an event; its arguments stand in the account', () => {
    const request = {
      type: 'mcp_approval_request',
      id: 'm',
      name: 'pay',
      server_label: 's',
      arguments: '{"card":"4111"}',
    };
    const seen = readEvents(openaiResponsesReader(), [item(request)]);
    expect(seen.calls).toEqual([]);
    expect(seen.parts).toMatchObject([
      {
        name: 'response.output_item.done',
        data: { type: 'mcp_approval_request', id: 'm', name: 'pay', server_label: 's' },
      },
    ]);
    expect(seen.deltas).toEqual([
      { id: 'm', name: 'pay', finalArgs: request.arguments, done: true },
    ]);
  });

  it('an approval of the AI SDK keeps all that is said of it', () => {
    const approval = {
      type: 'tool-approval-request',
      approvalId: 'p',
      toolCallId: 'a',
      isAutomatic: true,
      reason: 'policy',
      signature: 's',
    };
    expect(readEvents(aiSdkUiReader(), [approval]).parts).toEqual([
      { type: 'event', name: 'tool-approval-request', data: approval },
    ]);
  });

  it('calls that Anthropic and Gemini run themselves are marked', () => {
    const seen = readEvents(anthropicReader(), [
      block(0, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }),
      delta(0, { type: 'input_json_delta', partial_json: '{"query":"q"}' }),
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'pause_turn' } },
    ]);
    expect(seen.parts).toContainEqual({
      type: 'toolCall',
      id: 's',
      name: 'web_search',
      input: { query: 'q' },
      isServerTool: true,
    });
    const gemini = readEvents(geminiReader(), [
      {
        event_type: 'step.start',
        index: 0,
        step: { type: 'url_context_call', id: 'u', arguments: { urls: ['x'] } },
      },
      { event_type: 'step.stop', index: 0 },
    ]);
    expect(gemini.parts).toContainEqual({
      type: 'toolCall',
      id: 'u',
      name: 'url_context',
      input: { urls: ['x'] },
      isServerTool: true,
    });
  });
});
