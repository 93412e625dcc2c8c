/**
 * The clients that are compared. Each reads `count` events and reports what it saw; all do the same
 * work per event: count it, add up its length, keep its id.
 */

import { createEventSource } from 'eventsource-client';
import { createParser } from 'eventsource-parser';

import { reconnectStream } from '../../../dist/src/index.js';
import { sse } from '../../../dist/src/sources/index.js';

export const clients = {
  bare: { title: 'fetch + eventsource-parser', read: readBare },
  batches: { title: 'stream-reconnect, batches()', read: readBatches },
  forAwait: { title: 'stream-reconnect, for await', read: readForAwait },
  eventsourceClient: { title: 'eventsource-client, for await', read: readEventsourceClient },
};

async function readBare(url) {
  const seen = { count: 0, length: 0, lastId: '' };
  const response = await fetch(url);
  const decoder = new TextDecoder();
  const parser = createParser({
    onEvent: ({ data, id }) => {
      seen.count += 1;
      seen.length += data.length;
      if (id !== undefined) seen.lastId = id;
    },
  });
  for await (const chunk of response.body) parser.feed(decoder.decode(chunk, { stream: true }));
  return seen;
}

async function readBatches(url, count) {
  const seen = { count: 0, length: 0, lastId: '' };
  for await (const batch of reconnectStream(sse({ url })).batches()) {
    for (const { data, id } of batch) {
      seen.count += 1;
      seen.length += data.length;
      seen.lastId = id;
    }
    if (seen.count >= count) break;
  }
  return seen;
}

async function readForAwait(url, count) {
  const seen = { count: 0, length: 0, lastId: '' };
  for await (const { data, id } of reconnectStream(sse({ url }))) {
    seen.count += 1;
    seen.length += data.length;
    seen.lastId = id;
    if (seen.count >= count) break;
  }
  return seen;
}

async function readEventsourceClient(url, count) {
  const seen = { count: 0, length: 0, lastId: '' };
  const source = createEventSource({ url });
  for await (const { data, id } of source) {
    seen.count += 1;
    seen.length += data.length;
    if (id !== undefined) seen.lastId = id;
    if (seen.count >= count) break;
  }
  source.close();
  return seen;
}
