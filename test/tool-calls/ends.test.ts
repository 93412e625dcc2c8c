/** How answers end: words by which peers say so, errors, and a second answer in the stream of the first. */

import { describe, expect, it } from 'vitest';
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
import type { ResponseReader } from '../../src/tool-calls/index.js';
import { chunk, delta, readEvents, WIRES } from './wires.js';

type Outcome = ResponseReader['end'];

/** Words that vendors document, by what they mean; whose they are. */
const WORDS: readonly [
  string,
  () => ResponseReader,
  (word: unknown) => object,
  Record<string, Outcome>,
][] = [
  [
    'OpenAI Chat',
    openaiChatReader,
    (word) => chunk({}, word),
    {
      stop: 'complete',
      tool_calls: 'complete',
      function_call: 'complete',
      // Together; Text Generation Inference.
      eos: 'complete',
      eos_token: 'complete',
      stop_sequence: 'complete',
      length: 'incomplete',
      content_filter: 'incomplete',
      // OpenRouter, vLLM.
      error: 'failed',
      // DeepSeek.
      insufficient_system_resource: 'incomplete',
      // SGLang, vLLM.
      abort: 'incomplete',
      // Mistral.
      model_length: 'incomplete',
      // GLM.
      sensitive: 'incomplete',
      network_error: 'incomplete',
      model_context_window_exceeded: 'incomplete',
      // watsonx.
      time_limit: 'incomplete',
      cancelled: 'cancelled',
      // Gateways that pass on the words of others.
      max_tokens: 'incomplete',
      SAFETY: 'incomplete',
      STOP: 'incomplete',
      end_turn: 'incomplete',
    },
  ],
  [
    'Anthropic',
    anthropicReader,
    (word) => ({ type: 'message_delta', delta: { stop_reason: word } }),
    {
      end_turn: 'complete',
      tool_use: 'complete',
      stop_sequence: 'complete',
      max_tokens: 'incomplete',
      refusal: 'incomplete',
      pause_turn: 'incomplete',
      compaction: 'incomplete',
      model_context_window_exceeded: 'incomplete',
      stop: 'incomplete',
    },
  ],
  [
    'OpenAI Responses',
    openaiResponsesReader,
    (word) => ({ type: `response.${String(word)}`, response: { id: 'r', status: word } }),
    { completed: 'complete', incomplete: 'incomplete', cancelled: 'cancelled' },
  ],
  [
    'Gemini',
    geminiReader,
    (word) => ({ event_type: 'interaction.completed', interaction: { status: word } }),
    {
      completed: 'complete',
      requires_action: 'complete',
      incomplete: 'incomplete',
      budget_exceeded: 'incomplete',
      failed: 'failed',
      cancelled: 'cancelled',
      safety: 'incomplete',
    },
  ],
  [
    'AG-UI',
    agUiReader,
    (word) => ({ type: 'RUN_FINISHED', finishReason: word }),
    {
      stop: 'complete',
      tool_calls: 'complete',
      length: 'incomplete',
      content_filter: 'incomplete',
      'content-filter': 'incomplete',
      refusal: 'incomplete',
      other: 'incomplete',
      interrupted: 'incomplete',
      error: 'failed',
      cancelled: 'cancelled',
    },
  ],
  [
    'AI SDK UI',
    aiSdkUiReader,
    (word) => ({ type: 'finish', finishReason: word }),
    {
      stop: 'complete',
      'tool-calls': 'complete',
      length: 'incomplete',
      'content-filter': 'incomplete',
      other: 'incomplete',
      unknown: 'incomplete',
      interrupted: 'incomplete',
      error: 'failed',
    },
  ],
  [
    'Gemini content',
    geminiContentReader,
    (finishReason) => ({ candidates: [{ content: { parts: [{ text: 'a' }] }, finishReason }] }),
    {
      STOP: 'complete',
      MAX_TOKENS: 'incomplete',
      SAFETY: 'incomplete',
      RECITATION: 'incomplete',
      LANGUAGE: 'incomplete',
      OTHER: 'incomplete',
      BLOCKLIST: 'incomplete',
      PROHIBITED_CONTENT: 'incomplete',
      SPII: 'incomplete',
      MALFORMED_FUNCTION_CALL: 'incomplete',
      IMAGE_SAFETY: 'incomplete',
      NO_IMAGE: 'incomplete',
      UNEXPECTED_TOOL_CALL: 'incomplete',
      TOO_MANY_TOOL_CALLS: 'incomplete',
      MISSING_THOUGHT_SIGNATURE: 'incomplete',
    },
  ],
  [
    'Ollama',
    ollamaChatReader,
    (done_reason) => ({ message: { content: 'a' }, done: true, done_reason }),
    {
      stop: 'complete',
      load: 'complete',
      unload: 'complete',
      length: 'incomplete',
      connection_closed: 'incomplete',
    },
  ],
];

describe.each(WORDS)('%s', (name, create, finish, words) => {
  it.each(Object.entries(words))('ends by %s as %s, and reports the word', (word, outcome) => {
    const seen = readEvents(create(), [finish(word)]);
    expect([seen.end, seen.word]).toEqual([outcome, word]);
    expect(JSON.stringify(seen.parts)).toContain(word);
  });

  it('never ends as complete by a word that is not known', () => {
    for (const word of ['', 'null', 'a new word', 'COMPLETE', 'toString', '__proto__', 7, {}, true])
      expect(readEvents(create(), [finish(word)]).end).not.toBe('complete');
  });

  it('goes on while the word is missing, unless the event is the end', () => {
    const isEnd = ['AG-UI', 'AI SDK UI', 'Gemini'].includes(name);
    const ends = [undefined, null].map((word) => readEvents(create(), [finish(word)]).end);
    // The line has `done: true`; without a reason its writer does not know why.
    const end = name === 'Ollama' ? 'incomplete' : isEnd ? 'complete' : null;
    expect(ends).toEqual([end, end]);
  });
});

describe('AG-UI 1.0', () => {
  it.each([
    [{ type: 'success' }, 'complete'],
    ['success', 'complete'],
    [null, 'complete'],
    [{ type: 'interrupt', interrupts: [{ id: 'i' }] }, 'incomplete'],
    ['interrupt', 'incomplete'],
    [{ type: 'cancelled' }, 'cancelled'],
    [{ type: 'a new one' }, 'incomplete'],
  ])('a run whose outcome is %j is %s', (outcome, end) => {
    const seen = readEvents(agUiReader(), [{ type: 'RUN_FINISHED', outcome }]);
    expect(seen.end).toBe(end);
    expect(seen.parts.at(-1)).toMatchObject({ name: 'RUN_FINISHED', data: { outcome } });
  });
});

describe('the end is taken back', () => {
  it.each(WIRES.map((wire) => [wire.name, wire] as const))(
    'by more of the answer: %s',
    (_, wire) => {
      const reader = wire.create();
      const [finish = {}] = wire.finish(wire.good);
      expect(readEvents(reader, [...wire.text('a'), finish]).end).toBe('complete');
      // Nothing is read there any more.
      if (reader.isOver) return;
      for (const event of wire.text('b')) reader.read(event);
      expect(reader.end).toBe(null);
      reader.read(finish);
      expect(reader.end).toBe('complete');
    },
  );

  it.each(WIRES.map((wire) => [wire.name, wire] as const))(
    'and is not complete with a call that was not closed: %s',
    (_, wire) => {
      const events = wire.call({ pieces: ['{"x":1}'] });
      const isClosedByEnd = wire.isClosedByEnd === true;
      const open = isClosedByEnd ? wire.text('a') : events.slice(0, -1);
      const seen = readEvents(wire.create(), [...open, ...wire.finish(wire.good)]);
      expect([seen.calls, seen.end]).toEqual([[], isClosedByEnd ? 'complete' : 'incomplete']);
    },
  );
});

describe('an error', () => {
  const error = { code: 'no_credit', message: 'Out of credits' };
  it.each<[string, ResponseReader, object, string?]>([
    ['Chat', openaiChatReader(), { error }],
    ['Chat, as text', openaiChatReader(), { error: 'Out of credits (no_credit)' }],
    ['Chat, vLLM', openaiChatReader(), { object: 'error', ...error }],
    ['Chat, in a choice', openaiChatReader(), { choices: [{ index: 0, delta: {}, error }] }],
    ['Chat, Groq', openaiChatReader(), { choices: [], x_groq: { error } }],
    [
      'Chat, MiniMax',
      openaiChatReader(),
      { choices: [], base_resp: { status_code: 1008, status_msg: 'Out of credits: no_credit' } },
    ],
    ['Chat, without a frame', openaiChatReader(), error],
    ['Chat, FastAPI', openaiChatReader(), { detail: 'Out of credits: no_credit' }],
    ['Chat, by its name', openaiChatReader(), error, 'error'],
    ['Anthropic', anthropicReader(), { type: 'error', error }],
    ['Anthropic, by its name', anthropicReader(), { error }, 'error'],
    ['Responses', openaiResponsesReader(), { type: 'error', ...error }],
    ['Responses, nested', openaiResponsesReader(), { type: 'error', error }],
    [
      'Responses, failed',
      openaiResponsesReader(),
      { type: 'response.failed', response: { id: 'r', status: 'failed', error } },
    ],
    ['Responses, by its name', openaiResponsesReader(), error, 'error'],
    ['Gemini', geminiReader(), { event_type: 'error', error }],
    [
      'Gemini, failed',
      geminiReader(),
      { event_type: 'interaction.completed', interaction: { id: 'i', status: 'failed', error } },
    ],
    ['AG-UI', agUiReader(), { type: 'RUN_ERROR', ...error }],
    ['AI SDK', aiSdkUiReader(), { type: 'error', errorText: 'Out of credits: no_credit' }],
  ])('keeps what the peer says: %s', (_, reader, event, name) => {
    reader.begin({});
    expect(() => reader.read(event, name)).toThrow(/Out of credits.*no_credit/);
  });

  it('that is null, empty or false is none', () => {
    for (const none of [null, '', false, {}]) {
      const seen = readEvents(openaiChatReader(), [
        { ...chunk({ content: 'x' }), error: none, base_resp: { status_code: 0 } },
      ]);
      expect(seen.text).toBe('x');
    }
  });

  it('of a tool is no error of the answer', () => {
    expect(
      readEvents(aiSdkUiReader(), [
        { type: 'tool-output-error', toolCallId: 'a', errorText: 'no such city' },
        { type: 'data-report', data: {}, error: 'none of ours' },
      ]).events,
    ).toEqual(['tool-output-error', 'data-report']);
  });
});

describe('a second answer in the stream of the first', () => {
  const SECOND = 'a second answer in the stream of the first';
  const from = (id: string, ...deltas: object[]): object[] =>
    deltas.map((one) => ({ id, ...chunk(one) }));
  const text = (value: string): object => ({ content: value });
  const assistant = (value: string): object => ({ role: 'assistant', ...text(value) });
  const blockOf = (value: string): object => delta(0, { type: 'text_delta', text: value });
  const message = (id?: string): object => ({ type: 'message_start', message: { id } });
  const created = (id: string): object => ({ type: 'response.created', response: { id } });
  const words = (value: string): object => ({ type: 'response.output_text.delta', delta: value });

  it.each<[string, () => ResponseReader, readonly object[]]>([
    [
      'Chat: another id',
      openaiChatReader,
      [...from('A', text('a'), text('b')), ...from('B', text('c'))],
    ],
    [
      'Chat: another id after one chunk',
      openaiChatReader,
      [...from('A', text('a')), ...from('B', { role: 'assistant' }, text('b'))],
    ],
    [
      'Chat: another id after the end',
      openaiChatReader,
      [...from('A', text('a')), { id: 'A', ...chunk({}, 'stop') }, ...from('B', text('b'))],
    ],
    [
      'Chat: calls under another id',
      openaiChatReader,
      [
        ...from('A', { role: 'assistant' }, text('a')),
        ...from('B', {
          tool_calls: [{ index: 0, id: 'x', function: { name: 'f', arguments: '' } }],
        }),
      ],
    ],
    ['Anthropic: another message', anthropicReader, [message('A'), message('B')]],
    ['Anthropic: the message again', anthropicReader, [message('A'), blockOf('a'), message('A')]],
    ['Anthropic: without an id', anthropicReader, [message(), blockOf('a'), message()]],
    [
      'Responses: another response',
      openaiResponsesReader,
      [created('A'), words('a'), created('B')],
    ],
    [
      'Responses: the end of another',
      openaiResponsesReader,
      [created('A'), words('a'), { type: 'response.completed', response: { id: 'B' } }],
    ],
    [
      'Gemini: another interaction',
      geminiReader,
      [
        { event_type: 'interaction.created', interaction: { id: 'A' } },
        { event_type: 'interaction.created', interaction: { id: 'B' } },
      ],
    ],
    [
      'AG-UI: a run in a run',
      agUiReader,
      [
        { type: 'RUN_STARTED', runId: 'A' },
        { type: 'TEXT_MESSAGE_CONTENT', delta: 'a' },
        { type: 'RUN_STARTED', runId: 'B' },
      ],
    ],
    [
      'AI SDK: another message',
      aiSdkUiReader,
      [
        { type: 'start', messageId: 'A' },
        { type: 'text-delta', delta: 'a' },
        { type: 'start', messageId: 'B' },
      ],
    ],
    [
      'AI SDK: another message before any content',
      aiSdkUiReader,
      [
        { type: 'start', messageId: 'A' },
        { type: 'data-x', data: 1 },
        { type: 'start', messageId: 'B' },
      ],
    ],
    [
      'AG-UI: another run before any content',
      agUiReader,
      [
        { type: 'RUN_STARTED', runId: 'A' },
        { type: 'STATE_SNAPSHOT', snapshot: {} },
        { type: 'RUN_STARTED', runId: 'B' },
      ],
    ],
    [
      'AG-UI: a run after content that no run began',
      agUiReader,
      [
        { type: 'TEXT_MESSAGE_CONTENT', delta: 'a' },
        { type: 'RUN_STARTED', runId: 'B' },
      ],
    ],
    [
      'Chat: the role again under another id, before any content',
      openaiChatReader,
      [...from('A', assistant('')), ...from('B', assistant(''), text('b'))],
    ],
    [
      'Chat: the role again, as soon as it comes',
      openaiChatReader,
      [...from('A', assistant(''), text('a')), ...from('B', assistant(''))],
    ],
    [
      'Chat: the role again after chunks that have no id yet',
      openaiChatReader,
      [...from('', assistant('')), ...from('A', { images: [{}] }), ...from('B', assistant(''))],
    ],
    [
      'Chat: the role again after the end',
      openaiChatReader,
      [
        ...from('A', assistant(''), text('a')),
        { id: 'A', ...chunk({}, 'stop') },
        ...from('A', assistant('')),
      ],
    ],
  ])('is an error: %s', (_, create, events) => {
    const reader = create();
    reader.begin({});
    expect(() => events.flatMap((event) => reader.read(event))).toThrow(SECOND);
  });

  it.each<[string, () => ResponseReader, readonly object[]]>([
    [
      'Chat: an id for each chunk',
      openaiChatReader,
      ['A', 'B', 'C'].flatMap((id) => from(id, { role: 'assistant', ...text(id) })),
    ],
    [
      'Chat: no ids, or empty ones',
      openaiChatReader,
      [...from('', text('a')), ...from('A', text('b'), text('c'))],
    ],
    [
      'Chat: a last chunk with an id of its own',
      openaiChatReader,
      [...from('A', text('a'), text('b')), { id: 'B', ...chunk({}, 'stop') }],
    ],
    [
      'Chat: another choice with an id of its own',
      openaiChatReader,
      [
        ...from('A', text('a'), text('b')),
        { id: 'B', choices: [{ index: 1, delta: text('x') }] },
        ...from('A', text('c')),
      ],
    ],
    [
      'Chat: the role in every chunk, the last one included',
      openaiChatReader,
      [
        ...from('A', assistant('a'), assistant('b')),
        { id: 'A', ...chunk({ role: 'assistant' }, 'stop') },
        { id: 'B', ...chunk({ role: 'assistant' }, 'stop') },
      ],
    ],
    [
      'Chat: the role in a last chunk with an id of its own',
      openaiChatReader,
      [
        ...from('A', assistant(''), text('a')),
        { id: 'B', ...chunk({ role: 'assistant', content: '' }, 'stop') },
      ],
    ],
    [
      'Chat: a first chunk of the gateway, and an id for each chunk',
      openaiChatReader,
      [...from('A', assistant('')), ...from('B', assistant('')), ...from('C', text('c'))],
    ],
    [
      'AG-UI: the run announced twice',
      agUiReader,
      [
        { type: 'RUN_STARTED', runId: 'A' },
        { type: 'RUN_STARTED', runId: 'A' },
      ],
    ],
    [
      'Anthropic: the message begun twice',
      anthropicReader,
      [message('A'), message('A'), blockOf('a')],
    ],
    [
      'Responses: the same id in all events',
      openaiResponsesReader,
      [created('A'), { type: 'response.in_progress', response: { id: 'A' } }, words('a')],
    ],
    [
      'AG-UI: a run after a run',
      agUiReader,
      [
        { type: 'RUN_STARTED', runId: 'A' },
        { type: 'TEXT_MESSAGE_CONTENT', delta: 'a' },
        { type: 'RUN_FINISHED' },
        { type: 'RUN_STARTED', runId: 'B' },
      ],
    ],
    [
      'AI SDK: merged streams of one message',
      aiSdkUiReader,
      [
        { type: 'start', messageId: 'A' },
        { type: 'text-delta', delta: 'a' },
        { type: 'finish' },
        { type: 'start', messageId: 'A' },
      ],
    ],
  ])('is not: %s', (_, create, events) => {
    const reader = create();
    reader.begin({});
    expect(events.flatMap((event) => reader.read(event)).length).toBeGreaterThan(0);
  });

  it('may be text after the finish that nothing began: AI SDK', () => {
    const start = { type: 'start', messageId: 'A' };
    const text = { type: 'text-delta', delta: 'a' };
    const finish = { type: 'finish', finishReason: 'stop' };
    const ends = [
      [start, text, finish, text, finish],
      [start, text, finish, start, text, finish],
      // Two streams that are merged at a time.
      [start, start, text, finish, text, finish],
    ].map((events) => readEvents(aiSdkUiReader(), events).end);
    expect(ends).toEqual(['incomplete', 'complete', 'complete']);
  });

  it('is noticed where a connection goes on: AG-UI', () => {
    const reader = agUiReader();
    reader.begin({});
    reader.read({ type: 'RUN_STARTED', runId: 'A' });
    const { place } = reader;
    reader.begin({}, place);
    expect(() => reader.read({ type: 'RUN_STARTED', runId: 'B' })).toThrow(SECOND);
    reader.begin({}, place);
    expect(reader.read({ type: 'RUN_STARTED', runId: 'A' })).toHaveLength(1);
  });
});
