/** Every source that sends a POST, with a response that is whole: for tests of what all of them have in common. */

import type { StreamSource } from '../../src/index.js';
import {
  agUi,
  aiSdkUi,
  anthropicMessages,
  bytes,
  geminiContent,
  geminiInteractions,
  ndjson,
  ollamaChat,
  openaiChat,
  openaiResponses,
  sse,
  text,
} from '../../src/sources/index.js';
import type { HttpOptions } from '../../src/sources/index.js';
import type { FlakyResponse } from '../../src/testing/index.js';

export interface Post {
  readonly name: string;
  readonly make: (url: string, options?: Partial<HttpOptions>) => StreamSource<unknown>;
  /** The whole response. */
  readonly whole: FlakyResponse & { readonly body: string };
  /** Reads answers of models. */
  readonly isModel: boolean;
}

const events = (...list: readonly unknown[]): Post['whole'] => ({
  body: list
    .map((one) => `data: ${typeof one === 'string' ? one : JSON.stringify(one)}\n\n`)
    .join(''),
});

type Make = (options: HttpOptions) => StreamSource<unknown>;

function post(name: string, make: Make, whole: Post['whole'], isModel = false): Post {
  return {
    name,
    make: (url, options = {}) => make({ url, method: 'POST', body: '{"stream":true}', ...options }),
    whole,
    isModel,
  };
}

function model(
  name: string,
  make: (options: never) => StreamSource<unknown>,
  whole: Post['whole'],
): Post {
  const sent: Make = ({ method: _method, ...options }) => make(options as never);
  return post(name, sent, whole, true);
}

const chunk = (delta: object, reason: string | null = null): object => ({
  choices: [{ index: 0, delta, finish_reason: reason }],
});

export const POSTS: readonly Post[] = [
  post(
    'sse',
    (options) => sse({ isEnd: ({ data }) => data === 'end', ...options }),
    events('one', 'end'),
  ),
  post('ndjson', (options) => ndjson({ isEnd: (line) => line === 'end', ...options }), {
    headers: { 'content-type': 'application/x-ndjson' },
    body: '"one"\n"end"\n',
  }),
  post('text', text, { headers: { 'content-type': 'text/plain' }, body: 'one' }),
  post('bytes', bytes, { headers: { 'content-type': 'text/plain' }, body: 'one' }),
  model('openaiChat', openaiChat, events(chunk({ content: 'Hi' }), chunk({}, 'stop'), '[DONE]')),
  model(
    'openaiResponses',
    openaiResponses,
    events(
      { type: 'response.created', sequence_number: 0, response: { id: 'r' } },
      {
        type: 'response.completed',
        sequence_number: 1,
        response: { id: 'r', status: 'completed' },
      },
    ),
  ),
  model(
    'anthropicMessages',
    anthropicMessages,
    events(
      { type: 'message_start', message: { id: 'm' } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
      { type: 'message_stop' },
    ),
  ),
  model(
    'geminiInteractions',
    geminiInteractions,
    events(
      { event_type: 'interaction.created', event_id: 'e1', interaction: { id: 'i' } },
      {
        event_type: 'interaction.completed',
        event_id: 'e2',
        interaction: { id: 'i', status: 'completed' },
      },
      '[DONE]',
    ),
  ),
  model(
    'geminiContent',
    geminiContent,
    events({ candidates: [{ content: { parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }] }),
  ),
  model('ollamaChat', ollamaChat, {
    headers: { 'content-type': 'application/x-ndjson' },
    body: '{"message":{"content":"Hi"},"done":false}\n{"message":{"content":""},"done":true,"done_reason":"stop"}',
  }),
  model(
    'aiSdkUi',
    (options: HttpOptions) => aiSdkUi({ chatId: 'c', ...options }),
    events({ type: 'start' }, { type: 'finish' }, '[DONE]'),
  ),
  model(
    'agUi',
    agUi,
    events({ type: 'RUN_STARTED', runId: 'r' }, { type: 'RUN_FINISHED', runId: 'r' }),
  ),
];
