/** The source of the page: `sse()`, with tool calls and with `cancel`. */

import type { SourceItem, StreamSource } from 'stream-reconnect';
import { sse } from 'stream-reconnect/sources';
import type { SseEvent } from 'stream-reconnect/sources';

import { payloadOf } from './answer.js';
import type { Network } from './network.js';
import { answerUrl, cancelAnswer } from './server.js';

export function answerSource(run: string, network: Network): StreamSource<SseEvent> {
  const source = sse({
    url: answerUrl(run),
    fetch: network.fetch,
    contiguous: 'numeric',
    isEnd: ({ type, data }) =>
      type === 'done' && (data.includes('cancelled') ? 'cancelled' : 'complete'),
  });
  return {
    ...source,
    async open(at, signal) {
      const connection = await source.open(at, signal);
      return { batches: withToolCalls(connection.batches), close: () => connection.close() };
    },
    cancel: async () => void (await cancelAnswer(run)),
  };
}

/** Not a generator, whose `return` would wait for a read that may never end. */
function withToolCalls(
  batches: AsyncIterable<readonly SourceItem<SseEvent>[]>,
): AsyncIterable<readonly SourceItem<SseEvent>[]> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = batches[Symbol.asyncIterator]();
      return {
        async next() {
          const step = await iterator.next();
          return step.done === true ? step : { value: step.value.map(withToolCall) };
        },
        async return() {
          await iterator.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

function withToolCall(item: SourceItem<SseEvent>): SourceItem<SseEvent> {
  if (item.type !== 'data' || item.data.type === 'done') return item;
  const { tool } = payloadOf(item.data);
  return tool === undefined ? item : { ...item, toolCall: [tool] };
}
