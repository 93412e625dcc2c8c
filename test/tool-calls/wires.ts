/** The same answer on the wire of each provider format, for rules that hold in all of them. */

import {
  agUiReader,
  aiSdkUiReader,
  anthropicReader,
  geminiContentReader,
  geminiReader,
  ollamaChatReader,
  openaiChatReader,
  openaiResponsesReader,
} from '../../src/tool-calls/index.js';
import type { ModelPart, ResponseReader, RecordedCalls } from '../../src/tool-calls/index.js';
import type { ToolCallDelta } from '../../machines/source-contract.js';

export interface WireCall {
  readonly key?: number;
  readonly id?: unknown;
  readonly name?: unknown;
  /** Pieces of text. */
  readonly pieces?: readonly string[];
  /** All arguments in one piece, parsed. Left out with the pieces: the wire says nothing of arguments. */
  readonly object?: unknown;
  /** The wire says, in its way, that there are none. */
  readonly isEmpty?: boolean;
}

export interface Wire {
  readonly name: string;
  readonly create: () => ResponseReader;
  /** The peer's word for an end that lets calls run, and one for an end that does not. */
  readonly good: string;
  readonly bad: string;
  /** Nothing but the end closes a call. */
  readonly isClosedByEnd?: boolean;
  /** A call without a word about arguments has none, by the schema of the format. */
  readonly mayOmitArguments?: boolean;
  text(text: string): object[];
  call(call: WireCall): object[];
  finish(word: string): object[];
}

export const WIRES: readonly Wire[] = [
  {
    name: 'OpenAI Chat',
    create: openaiChatReader,
    isClosedByEnd: true,
    good: 'tool_calls',
    bad: 'length',
    text: (content) => [chunk({ content })],
    call: ({ key = 0, id = 'a', name = 'f', pieces = [], object, isEmpty }) => [
      chunk({
        tool_calls: [
          {
            index: key,
            id,
            type: 'function',
            function: { name, ...chatArguments(object, isEmpty) },
          },
        ],
      }),
      ...pieces.map((text) =>
        chunk({ tool_calls: [{ index: key, function: { arguments: text } }] }),
      ),
    ],
    finish: (word) => [chunk({}, word)],
  },
  {
    name: 'Anthropic',
    create: anthropicReader,
    good: 'tool_use',
    bad: 'max_tokens',
    text: (text) => [block(9, { type: 'text', text: '' }), delta(9, { type: 'text_delta', text })],
    call: ({ key = 0, id = 'a', name = 'f', pieces, object, isEmpty }) => [
      block(key, {
        type: 'tool_use',
        id,
        name,
        ...(object === undefined && pieces === undefined && isEmpty !== true
          ? {}
          : { input: object ?? {} }),
      }),
      ...(pieces ?? []).map((text) => delta(key, { type: 'input_json_delta', partial_json: text })),
      { type: 'content_block_stop', index: key },
    ],
    finish: (word) => [
      { type: 'message_delta', delta: { stop_reason: word } },
      { type: 'message_stop' },
    ],
  },
  {
    name: 'OpenAI Responses',
    create: openaiResponsesReader,
    good: 'response.completed',
    bad: 'response.incomplete',
    text: (text) => [{ type: 'response.output_text.delta', delta: text }],
    call: ({ key = 0, id = 'a', name = 'f', pieces, object, isEmpty }) => {
      const item = { type: 'function_call', id: `item_${key}`, call_id: id, name };
      const place = { output_index: key, item_id: item.id };
      const whole = object === undefined ? pieces?.join('') : JSON.stringify(object);
      const args = whole ?? (isEmpty === true ? '' : undefined);
      return [
        { type: 'response.output_item.added', ...place, item: { ...item, arguments: '' } },
        ...(pieces ?? []).map((text) => ({
          type: 'response.function_call_arguments.delta',
          ...place,
          delta: text,
        })),
        {
          type: 'response.output_item.done',
          ...place,
          item: {
            ...item,
            status: 'completed',
            ...(args === undefined ? {} : { arguments: args }),
          },
        },
      ];
    },
    finish: (word) => [{ type: word, response: { id: 'r' } }],
  },
  {
    name: 'Gemini',
    create: geminiReader,
    good: 'requires_action',
    bad: 'incomplete',
    text: (text) => [{ event_type: 'step.delta', index: 9, delta: { type: 'text', text } }],
    call: ({ key = 0, id = 'a', name = 'f', pieces, object, isEmpty }) => [
      {
        event_type: 'step.start',
        index: key,
        step: {
          type: 'function_call',
          id,
          name,
          ...(object === undefined && pieces === undefined && isEmpty !== true
            ? {}
            : { arguments: object ?? {} }),
        },
      },
      ...(pieces ?? []).map((text) => ({
        event_type: 'step.delta',
        index: key,
        delta: { type: 'arguments_delta', arguments: text },
      })),
      { event_type: 'step.stop', index: key },
    ],
    finish: (word) => [
      { event_type: 'interaction.completed', interaction: { id: 'i', status: word } },
    ],
  },
  {
    name: 'Gemini content',
    create: geminiContentReader,
    good: 'STOP',
    bad: 'MAX_TOKENS',
    isClosedByEnd: true,
    mayOmitArguments: true,
    text: (text) => [parts({ text })],
    call: ({ id = 'a', name = 'f', pieces, object, isEmpty }) => {
      const all: unknown[] = [...(object === undefined ? [] : [object]), ...(pieces ?? [])];
      const [args = isEmpty === true ? {} : undefined, ...rest] = all;
      return [
        parts({ functionCall: { id, name, ...(args === undefined ? {} : { args }) } }),
        ...rest.map((piece) => parts({ functionCall: { id, args: piece } })),
      ];
    },
    finish: (finishReason) => [{ candidates: [{ content: { role: 'model' }, finishReason }] }],
  },
  {
    name: 'Ollama',
    create: ollamaChatReader,
    isClosedByEnd: true,
    good: 'stop',
    bad: 'length',
    text: (content) => [{ message: { role: 'assistant', content }, done: false }],
    call: ({ id = 'a', name = 'f', pieces, object, isEmpty }) => {
      const all: unknown[] = [...(object === undefined ? [] : [object]), ...(pieces ?? [])];
      const [args = isEmpty === true ? {} : undefined, ...rest] = all;
      return [
        ollamaCall({ id, function: { name, ...(args === undefined ? {} : { arguments: args }) } }),
        ...rest.map((piece) => ollamaCall({ id, function: { arguments: piece } })),
      ];
    },
    finish: (word) => [
      { message: { role: 'assistant', content: '' }, done: true, done_reason: word },
    ],
  },
  {
    name: 'AG-UI',
    create: agUiReader,
    good: 'tool_calls',
    bad: 'length',
    text: (text) => [{ type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: text }],
    call: ({ id = 'a', name = 'f', pieces, object, isEmpty }) => {
      const isSilent = pieces === undefined && object === undefined && isEmpty !== true;
      // Only the short form can leave arguments out without saying that there are none.
      if (isSilent) return [{ type: 'TOOL_CALL_CHUNK', toolCallId: id, toolCallName: name }];
      return [
        { type: 'TOOL_CALL_START', toolCallId: id, toolCallName: name },
        ...(pieces ?? []).map((text) => ({ type: 'TOOL_CALL_ARGS', toolCallId: id, delta: text })),
        {
          type: 'TOOL_CALL_END',
          toolCallId: id,
          ...(object === undefined ? {} : { input: object }),
        },
      ];
    },
    finish: (word) => [{ type: 'RUN_FINISHED', finishReason: word }],
  },
  {
    name: 'AI SDK UI',
    create: aiSdkUiReader,
    good: 'tool-calls',
    bad: 'length',
    text: (text) => [{ type: 'text-delta', id: 't', delta: text }],
    call: ({ id = 'a', name = 'f', pieces, object, isEmpty }) => [
      { type: 'tool-input-start', toolCallId: id, toolName: name },
      ...(pieces ?? []).map((text) => ({
        type: 'tool-input-delta',
        toolCallId: id,
        inputTextDelta: text,
      })),
      {
        type: 'tool-input-available',
        toolCallId: id,
        toolName: name,
        ...inputOf(pieces, object, isEmpty),
      },
    ],
    finish: (word) => [{ type: 'finish', finishReason: word }],
  },
];

export interface Seen {
  readonly parts: readonly ModelPart[];
  /** Delivered calls as `[id, name, input]`. */
  readonly calls: readonly unknown[];
  /** Reasons of calls that must not run. */
  readonly malformed: readonly unknown[];
  readonly text: string;
  readonly events: readonly string[];
  readonly deltas: readonly ToolCallDelta[];
  readonly end: ResponseReader['end'];
  readonly word: string | null;
}

/** Reads events as one connection gives them. */
export function readEvents(
  reader: ResponseReader,
  events: readonly object[],
  recorded: RecordedCalls = {},
): Seen {
  reader.begin(recorded);
  const steps = events.flatMap((event) => reader.read(event));
  const parts = steps.map(({ part }) => part);
  return {
    parts,
    calls: parts.flatMap((part) =>
      part.type === 'toolCall' ? [[part.id, part.name, part.input]] : [],
    ),
    malformed: parts.flatMap((part) =>
      part.type === 'event' && part.name === 'malformedToolCall'
        ? [(part.data as { reason: unknown }).reason]
        : [],
    ),
    text: parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(''),
    events: parts.flatMap((part) => (part.type === 'event' ? [part.name] : [])),
    deltas: steps.flatMap(({ toolCall = [] }) => toolCall),
    end: reader.end,
    word: reader.finishWord,
  };
}

export function chunk(delta: object, reason: unknown = null): object {
  return { choices: [{ index: 0, delta, finish_reason: reason }] };
}

export function parts(...list: readonly object[]): object {
  return { candidates: [{ content: { role: 'model', parts: list }, index: 0 }] };
}

export function ollamaCall(call: object): object {
  return { message: { role: 'assistant', content: '', tool_calls: [call] }, done: false };
}

export function block(index: number, content: object): object {
  return { type: 'content_block_start', index, content_block: content };
}

export function delta(index: number, fields: object): object {
  return { type: 'content_block_delta', index, delta: fields };
}

function chatArguments(object: unknown, isEmpty = false): object {
  if (object !== undefined) return { arguments: object };
  return isEmpty ? { arguments: '' } : {};
}

function inputOf(
  pieces: readonly string[] | undefined,
  object: unknown,
  isEmpty = false,
): { input?: unknown } {
  if (object !== undefined) return { input: object };
  if (isEmpty) return { input: {} };
  if (pieces === undefined) return {};
  try {
    return { input: JSON.parse(pieces.join('')) as unknown };
  } catch {
    return {};
  }
}
