/** One answer in each provider format: some text, two calls whose arguments come in turns, and the end. */

import type { SourcePeer, PeerRequest } from '../../support/source-peer.js';
import type { ModelPart } from '../../../src/tool-calls/index.js';
import {
  agUi,
  aiSdkUi,
  anthropicMessages,
  geminiContent,
  geminiInteractions,
  ollamaChat,
  openaiChat,
  openaiResponses,
} from '../../../src/sources/index.js';

/** A peer whose answers are text. */
export interface ModelPeer extends SourcePeer<ModelPart> {
  body(request: PeerRequest): string;
}

/** What a reader has of an answer. */
export interface Answer {
  readonly text: string;
  readonly calls: readonly {
    readonly id: string;
    readonly name: string;
    readonly input: unknown;
  }[];
}

const TEXT = ['Let me ', 'look: “é” ', 'and 🌍.'];
export const CALLS = [
  {
    id: 'call_a',
    name: 'get_weather',
    input: { city: 'Zürich', days: [1, 2, 3], note: 'a "b" \\ c' },
  },
  { id: 'call_b', name: 'get_time', input: { zone: 'Europe/Paris', utc: false } },
] as const;

export const WHOLE: Answer = { text: TEXT.join(''), calls: CALLS };

export function joinAnswer(parts: readonly ModelPart[]): Answer {
  return {
    text: parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(''),
    calls: parts.flatMap((part) =>
      part.type === 'toolCall' ? [{ id: part.id, name: part.name, input: part.input }] : [],
    ),
  };
}

/** Pieces of the arguments, twelve characters each. */
function pieces(input: unknown): string[] {
  return JSON.stringify(input).match(/[^]{1,12}/gu) ?? [];
}

/** The pieces of both calls in turns, with the number of the call. */
function turns(): [call: number, piece: string][] {
  const [first = [], second = []] = CALLS.map(({ input }) => pieces(input));
  return Array.from({ length: Math.max(first.length, second.length) }, (_, n) => [
    ...(first[n] === undefined ? [] : [[0, first[n]] as [number, string]]),
    ...(second[n] === undefined ? [] : [[1, second[n]] as [number, string]]),
  ]).flat();
}

interface WireEvent {
  readonly event?: string;
  readonly id?: string;
  readonly data: unknown;
}

function toWire(events: readonly WireEvent[]): string {
  return events
    .map(({ event, id, data }) => {
      const text = typeof data === 'string' ? data : JSON.stringify(data);
      const head = `${event === undefined ? '' : `event: ${event}\n`}${id === undefined ? '' : `id: ${id}\n`}`;
      return `${head}data: ${text}\n\n`;
    })
    .join('');
}

const BODY = { model: 'm', stream: true, background: true };

const openaiChatPeer: ModelPeer = {
  name: 'openaiChat',
  source: (url) => openaiChat({ url, body: BODY }),
  contentType: 'text/event-stream',
  body: () => {
    const chunk = (delta: object, reason: string | null = null): WireEvent => ({
      data: {
        id: 'c1',
        object: 'chat.completion.chunk',
        choices: [{ index: 0, delta, finish_reason: reason }],
      },
    });
    return toWire([
      chunk({ role: 'assistant', content: '' }),
      ...TEXT.map((content) => chunk({ content })),
      ...CALLS.map(({ id, name }, index) =>
        chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
      ),
      ...turns().map(([index, piece]) =>
        chunk({ tool_calls: [{ index, function: { arguments: piece } }] }),
      ),
      chunk({}, 'tool_calls'),
      {
        data: {
          id: 'c1',
          object: 'chat.completion.chunk',
          choices: [],
          usage: { total_tokens: 9 },
        },
      },
      { data: '[DONE]' },
    ]);
  },
  whole: WHOLE,
  join: joinAnswer,
  options: { allowRestart: true },
};

const anthropicPeer: ModelPeer = {
  name: 'anthropicMessages',
  source: (url) => anthropicMessages({ url, body: BODY }),
  contentType: 'text/event-stream',
  body: () => {
    const event = (type: string, fields: object): WireEvent => ({
      event: type,
      data: { type, ...fields },
    });
    const delta = (index: number, fields: object): WireEvent =>
      event('content_block_delta', { index, delta: fields });
    return toWire([
      event('message_start', {
        message: {
          id: 'm1',
          type: 'message',
          role: 'assistant',
          model: 'm',
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: 1, output_tokens: 1 },
        },
      }),
      event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
      event('ping', {}),
      ...TEXT.map((text) => delta(0, { type: 'text_delta', text })),
      event('content_block_stop', { index: 0 }),
      ...CALLS.flatMap(({ id, name, input }, n) => [
        event('content_block_start', {
          index: n + 1,
          content_block: { type: 'tool_use', id, name, input: {} },
        }),
        delta(n + 1, { type: 'input_json_delta', partial_json: '' }),
        ...pieces(input).map((piece) =>
          delta(n + 1, { type: 'input_json_delta', partial_json: piece }),
        ),
        event('content_block_stop', { index: n + 1 }),
      ]),
      event('message_delta', {
        delta: { stop_reason: 'tool_use', stop_sequence: null },
        usage: { output_tokens: 9 },
      }),
      event('message_stop', {}),
    ]);
  },
  whole: WHOLE,
  join: joinAnswer,
  options: { allowRestart: true },
};

/** Events with numbers, and what comes after the one that the request names. */
function afterNumber(events: readonly WireEvent[], number: number): string {
  return toWire(events.filter((_, n) => n > number));
}

const openaiResponsesPeer: ModelPeer = {
  name: 'openaiResponses',
  source: (url) => openaiResponses({ url, body: BODY }),
  contentType: 'text/event-stream',
  body: ({ url }) => {
    const item = (n: number, more: object): object => {
      const { id, name } = CALLS[n] as (typeof CALLS)[number];
      return { id: `item_${n}`, type: 'function_call', call_id: id, name, ...more };
    };
    const events = [
      { type: 'response.created', response: { id: 'resp_1', status: 'in_progress', output: [] } },
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: { id: 'msg', type: 'message', role: 'assistant', status: 'in_progress', content: [] },
      },
      {
        type: 'response.content_part.added',
        item_id: 'msg',
        output_index: 0,
        content_index: 0,
        part: { type: 'output_text', text: '', annotations: [] },
      },
      ...TEXT.map((delta) => ({
        type: 'response.output_text.delta',
        item_id: 'msg',
        output_index: 0,
        content_index: 0,
        delta,
      })),
      ...[0, 1].map((n) => ({
        type: 'response.output_item.added',
        output_index: n + 1,
        item: item(n, { arguments: '', status: 'in_progress' }),
      })),
      ...turns().map(([n, delta]) => ({
        type: 'response.function_call_arguments.delta',
        item_id: `item_${n}`,
        output_index: n + 1,
        delta,
      })),
      ...CALLS.flatMap(({ input }, n) => [
        {
          type: 'response.function_call_arguments.done',
          item_id: `item_${n}`,
          output_index: n + 1,
          arguments: JSON.stringify(input),
        },
        {
          type: 'response.output_item.done',
          output_index: n + 1,
          item: item(n, { arguments: JSON.stringify(input), status: 'completed' }),
        },
      ]),
      { type: 'response.completed', response: { id: 'resp_1', status: 'completed', output: [] } },
    ];
    const numbered = events.map((data, n) => ({
      event: data.type,
      data: { ...data, sequence_number: n },
    }));
    return afterNumber(numbered, Number(url.searchParams.get('starting_after') ?? -1));
  },
  whole: WHOLE,
  join: joinAnswer,
  options: { allowRestart: true },
};

const geminiPeer: ModelPeer = {
  name: 'geminiInteractions',
  source: (url) => geminiInteractions({ url, body: BODY }),
  contentType: 'text/event-stream',
  body: ({ url }) => {
    const events = [
      { event_type: 'interaction.created', interaction: { id: 'int_1', status: 'in_progress' } },
      { event_type: 'step.start', index: 0, step: { type: 'model_output' } },
      ...TEXT.map((text) => ({
        event_type: 'step.delta',
        index: 0,
        delta: { type: 'text', text },
      })),
      { event_type: 'step.stop', index: 0 },
      ...CALLS.map(({ id, name }, n) => ({
        event_type: 'step.start',
        index: n + 1,
        step: { type: 'function_call', id, name, arguments: {} },
      })),
      ...turns().map(([n, piece]) => ({
        event_type: 'step.delta',
        index: n + 1,
        delta: { type: 'arguments_delta', arguments: piece },
      })),
      ...CALLS.map((_, n) => ({ event_type: 'step.stop', index: n + 1 })),
      {
        event_type: 'interaction.completed',
        interaction: { id: 'int_1', status: 'requires_action' },
      },
    ];
    const last = url.searchParams.get('last_event_id');
    const numbered = events.map((data, n) => ({ data: { ...data, event_id: `evt_${n}` } }));
    return afterNumber(numbered, last === null ? -1 : Number(last.slice(4)));
  },
  whole: WHOLE,
  join: joinAnswer,
  options: { allowRestart: true },
};

const geminiContentPeer: ModelPeer = {
  name: 'geminiContent',
  source: (url) => geminiContent({ url, body: BODY }),
  contentType: 'text/event-stream',
  body: () => {
    const chunk = (parts: readonly object[], more: object = {}): WireEvent => ({
      data: {
        candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }],
        modelVersion: 'm',
        responseId: 'r1',
      },
    });
    const [whole, inPieces] = CALLS;
    return toWire([
      ...TEXT.map((text) => chunk([{ text }])),
      chunk([{ functionCall: { id: whole.id, name: whole.name, args: whole.input } }]),
      chunk([{ functionCall: { id: inPieces.id, name: inPieces.name, willContinue: true } }]),
      ...['Europe', '/Paris'].map((stringValue, n) =>
        chunk([
          {
            functionCall: {
              partialArgs: [{ jsonPath: '$.zone', stringValue, willContinue: n === 0 }],
              willContinue: true,
            },
          },
        ]),
      ),
      chunk([{ functionCall: { partialArgs: [{ jsonPath: '$.utc', boolValue: false }] } }]),
      chunk([{ text: '' }], { finishReason: 'STOP' }),
    ]);
  },
  whole: WHOLE,
  join: joinAnswer,
  options: { allowRestart: true },
};

const ollamaPeer: ModelPeer = {
  name: 'ollamaChat',
  source: (url) => ollamaChat({ url, body: BODY }),
  contentType: 'application/x-ndjson',
  body: () => {
    const line = (message: object, more: object = { done: false }): string =>
      `${JSON.stringify({ model: 'm', created_at: 't', message: { role: 'assistant', ...message }, ...more })}\n`;
    return [
      ...TEXT.map((content) => line({ content })),
      ...CALLS.map(({ id, name, input }) =>
        line({ content: '', tool_calls: [{ id, function: { name, arguments: input } }] }),
      ),
      line({ content: '' }, { done: true, done_reason: 'stop', eval_count: 9 }),
    ].join('');
  },
  whole: WHOLE,
  join: joinAnswer,
  options: { allowRestart: true },
};

const agUiPeer: ModelPeer = {
  name: 'agUi',
  source: (url) => agUi({ url, body: BODY }),
  contentType: 'text/event-stream',
  body: ({ headers }) => {
    const events = [
      { type: 'CUSTOM', name: 'run.accepted', value: { runId: 'run_1' } },
      { type: 'RUN_STARTED', threadId: 't', runId: 'run_1' },
      { type: 'TEXT_MESSAGE_START', messageId: 'm', role: 'assistant' },
      ...TEXT.map((delta) => ({ type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta })),
      { type: 'TEXT_MESSAGE_END', messageId: 'm' },
      ...CALLS.map(({ id, name }) => ({
        type: 'TOOL_CALL_START',
        toolCallId: id,
        toolCallName: name,
      })),
      ...turns().map(([n, delta]) => ({ type: 'TOOL_CALL_ARGS', toolCallId: CALLS[n]?.id, delta })),
      ...CALLS.map(({ id }) => ({ type: 'TOOL_CALL_END', toolCallId: id })),
      { type: 'RUN_FINISHED', threadId: 't', runId: 'run_1' },
    ];
    const numbered = events.map((data, n) => ({ id: `log:${n}`, data }));
    const last = headers['last-event-id'];
    return afterNumber(numbered, last === undefined ? -1 : Number(last.slice(4)));
  },
  whole: WHOLE,
  join: joinAnswer,
  options: { allowRestart: true },
};

const aiSdkUiPeer: ModelPeer = {
  name: 'aiSdkUi',
  source: (url) => aiSdkUi({ url, body: BODY, resumeUrl: `${url}/stream` }),
  contentType: 'text/event-stream',
  body: () =>
    toWire([
      ...[
        { type: 'start', messageId: 'm' },
        { type: 'start-step' },
        { type: 'text-start', id: 't' },
        ...TEXT.map((delta) => ({ type: 'text-delta', id: 't', delta })),
        { type: 'text-end', id: 't' },
        ...CALLS.map(({ id, name }) => ({
          type: 'tool-input-start',
          toolCallId: id,
          toolName: name,
        })),
        ...turns().map(([n, piece]) => ({
          type: 'tool-input-delta',
          toolCallId: CALLS[n]?.id,
          inputTextDelta: piece,
        })),
        ...CALLS.map(({ id, name, input }) => ({
          type: 'tool-input-available',
          toolCallId: id,
          toolName: name,
          input,
        })),
        { type: 'finish-step' },
        { type: 'finish' },
      ].map((data) => ({ data })),
      { data: '[DONE]' },
    ]),
  whole: WHOLE,
  join: joinAnswer,
  options: { allowRestart: true },
};

export const modelPeers: readonly ModelPeer[] = [
  openaiChatPeer,
  anthropicPeer,
  openaiResponsesPeer,
  geminiPeer,
  geminiContentPeer,
  ollamaPeer,
  agUiPeer,
  aiSdkUiPeer,
];

/** The request that a `fetch` of a test is given, as a peer sees it. */
export function requestOf(url: string, init: RequestInit): PeerRequest {
  return {
    method: init.method ?? 'GET',
    url: new URL(url),
    headers: init.headers as Record<string, string>,
    body: typeof init.body === 'string' ? init.body : '',
  };
}
