/** Heap per connected stream, in bytes: ours beside a bare fetch that reads into the same parser. */

import { createParser } from 'eventsource-parser';

import { reconnectStream } from '../../dist/src/index.js';
import { sse } from '../../dist/src/sources/index.js';

const STREAMS = 1000;
/** Connections are made in groups: a listen queue holds 511. */
const GROUP = 100;

const openers = {
  'bare fetch + eventsource-parser': async (url) => {
    const { body } = await fetch(url);
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const parser = createParser({ onEvent() {} });
    parser.feed(decoder.decode((await reader.read()).value, { stream: true }));
    const next = reader.read().catch(() => {});
    return { next, parser, decoder, close: () => void reader.cancel().catch(() => {}) };
  },

  'stream-reconnect': async (url) => {
    const stream = reconnectStream(sse({ url }));
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    return { next: iterator.next(), close: () => stream.close() };
  },
};

export async function measureHeap(url, rounds) {
  const results = Object.fromEntries(Object.keys(openers).map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, open] of Object.entries(openers)) {
      const bytes = await heapPerStream(open, url);
      if (round >= 0) results[name].push(bytes);
    }
  }
  return results;
}

async function heapPerStream(open, url) {
  const before = await settledHeap();
  const held = [];
  for (let n = 0; n < STREAMS; n += GROUP) {
    held.push(...(await Promise.all(Array.from({ length: GROUP }, () => open(url)))));
  }
  const after = await settledHeap();
  for (const { close } of held) close();
  held.length = 0;
  await settledHeap();
  return (after - before) / STREAMS;
}

async function settledHeap() {
  for (let n = 0; n < 3; n++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
}
