/** Our own rows: `reconnectStream` with each kind of source. Delays and watchdogs are short, but in the row of the defaults. */

import { WebSocket } from 'ws';

import { reconnectStream } from '../../../../dist/src/index.js';
import {
  agUi,
  aiSdkUi,
  anthropicMessages,
  durableStream,
  openaiChat,
  openaiResponses,
  sse,
  webSocket,
} from '../../../../dist/src/sources/index.js';

const SOURCES = {
  sse: ({ url, column }) =>
    sse({
      url,
      ...(column.isFeed ? {} : { isEnd: isLast }),
      ...(column.kind === 'post' ? { method: 'POST', body: '{}' } : {}),
    }),
  webSocket: ({ url, column }) =>
    webSocket({
      url,
      WebSocket,
      parse: (message) => JSON.parse(String(message)),
      id: ({ seq }) => seq,
      ...(column.isFeed ? {} : { isEnd: isLast }),
      resumeMessage: ({ cursor }) => JSON.stringify({ after: Number(cursor ?? 0) }),
    }),
  durable: ({ url }) => durableStream({ url }),
  agUi: ({ url }) => agUi({ url, body: { threadId: 't', messages: [] } }),
  aiSdkUi: ({ url }) => aiSdkUi({ url, chatId: 'c', body: { id: 'c', messages: [] } }),
  openaiResponses: ({ url }) =>
    openaiResponses({ url, body: { model: 'm', input: 'hi', background: true, stream: true } }),
  openaiChat: ({ url }) => openaiChat({ url, body: { model: 'm', messages: [], stream: true } }),
  anthropicMessages: ({ url }) =>
    anthropicMessages({ url, body: { model: 'm', messages: [], max_tokens: 9, stream: true } }),
};

const isLast = ({ data, isEnd }) => data === '[DONE]' || isEnd === true;

async function ours(cell) {
  const { record, row, column } = cell;
  const isDefault = row.config.isDefault || column.hasDefaults;
  const stream = reconnectStream(SOURCES[row.wire](cell), {
    ...(isDefault ? {} : { stallTimeoutMs: 2_000, connectTimeoutMs: 2_000 }),
    ...(isDefault ? {} : { initialBackoffMs: column.delayMs ?? 100, jitter: 'none' }),
  });
  stream.on('restarted', () => record.replace(''));
  stream.on('gap', ({ from, to }) => record.report(`gap from ${from} to ${to}`));
  stream.on('reset', ({ scope }) => record.report(`reset of ${scope}`));
  void read(stream, cell);
  return { stop: () => stream.close(), settled: stream.done };
}

async function read(stream, { record, column }) {
  try {
    for await (const item of stream) {
      if (column.isFeed && isLast(item)) return record.complete();
      take(item, record);
    }
  } catch (error) {
    return record.fail(`${error.kind}: ${error.message.split(';')[0]}`);
  }
  const { status } = await stream.done;
  if (status === 'complete') record.complete();
  else record.fail(`outcome ${status}`);
}

/** Items differ from source to source; each has its words somewhere. */
function take(item, record) {
  if (item.type === 'toolCall') return record.call(JSON.stringify(item.input));
  const word = item.word ?? item.text ?? item.data;
  if (typeof word === 'string') record.add(word);
}

export const drivers = { ours };
