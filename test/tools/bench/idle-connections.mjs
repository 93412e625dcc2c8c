/** Connections that are open and idle after one event, as an application would hold them. */

import { createParser } from 'eventsource-parser';

import { reconnectStream } from '../../../dist/src/index.js';
import { sse } from '../../../dist/src/sources/index.js';

/** Opened at a time: more would overflow the listen queue. */
const AT_A_TIME = 100;

export const idleConnections = {
  reader: { title: 'fetch + reader', open: openReader },
  parser: { title: 'fetch + eventsource-parser', open: openParser },
  source: { title: 'sse() alone, with an abort signal', open: openSource },
  stream: { title: 'stream-reconnect, one consumer', open: openStream },
};

/** Opens `count` of them; what it gives keeps them alive. Ready when each has had its event. */
export async function openMany(kind, url, count) {
  const opened = [];
  while (opened.length < count) {
    const size = Math.min(AT_A_TIME, count - opened.length);
    opened.push(...(await Promise.all(Array.from({ length: size }, () => kind.open(url)))));
  }
  return opened;
}

async function openReader(url) {
  const reader = (await fetch(url)).body.getReader();
  await reader.read();
  const pending = reader.read();
  return { reader, pending, close: () => reader.cancel() };
}

async function openParser(url) {
  const reader = (await fetch(url)).body.getReader();
  const arrival = withResolvers();
  const decoder = new TextDecoder();
  const parser = createParser({ onEvent: arrival.resolve });
  const loop = (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
    }
  })();
  await arrival.promise;
  return { reader, loop, close: () => reader.cancel() };
}

/** The source as the stream opens it: separates its share of our layer from the machine's. */
async function openSource(url) {
  const controller = new AbortController();
  const at = { items: 0, bytes: 0, chars: 0, attempt: 0 };
  const connection = await sse({ url }).open(at, controller.signal);
  const arrival = withResolvers();
  const loop = (async () => {
    for await (const items of connection.batches) if (items.length > 0) arrival.resolve();
  })();
  await arrival.promise;
  return { connection, controller, loop, close: () => connection.close() };
}

async function openStream(url) {
  const stream = reconnectStream(sse({ url }));
  const arrival = withResolvers();
  const loop = (async () => {
    for await (const event of stream) arrival.resolve(event);
  })();
  await arrival.promise;
  return { stream, loop, close: () => stream.close() };
}

/** Node 20 has no `Promise.withResolvers`. */
function withResolvers() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}
