/**
 * What a hostile peer sends, as data: a new source is tried by being listed in `SOURCES`, a new excess in its list.
 *
 * `head` comes first, `piece(n)` again and again: `count` times, or for ever where there is none. `read: 'stop'` takes one
 * item and then nothing more; `'all'` reads until the stream ends. `kind` is the error that has to come.
 */

import { STOPPED } from './stopped.mjs';

const KIB = 1024;
const MIB = KIB * KIB;
const x = (size) => 'x'.repeat(size);
const event = (json) => `data: ${JSON.stringify(json)}\n\n`;
const line = (json) => `${JSON.stringify(json)}\n`;
const objects = (size) => `[${'{},'.repeat(size / 3)}0]`;

const chatPiece = (call) => event({ choices: [{ index: 0, delta: { tool_calls: [call] } }] });

export const SOURCES = {
  sse: { type: 'text/event-stream', create: (lib, url) => lib.sse(url) },
  'sse (ids)': { type: 'text/event-stream', create: (lib, url) => lib.sse(url) },
  ndjson: {
    type: 'application/x-ndjson',
    create: (lib, url) => lib.ndjson({ url, isEnd: () => false }),
  },
  text: { type: 'text/plain', create: (lib, url) => lib.text(url) },
  bytes: { type: 'application/octet-stream', create: (lib, url) => lib.bytes(url) },
  webSocket: { create: socketOf('ws') },
  'webSocket (binary)': { create: socketOf('ws') },
  'webSocket (undici)': { create: socketOf('undici') },
  'webSocket (websocket)': { create: socketOf('websocket') },
  fromAsyncIterable: { create: (lib, _url, piece) => lib.fromAsyncIterable(() => endless(piece)) },
  liveWithHistory: {
    type: 'text/event-stream',
    create: (lib, url) =>
      lib.liveWithHistory({ live: lib.sse(url), history: () => [], idOf: ({ id }) => id }),
  },
  'liveWithHistory (slow list)': {
    type: 'text/event-stream',
    create: (lib, url) =>
      lib.liveWithHistory({
        live: lib.sse(url),
        history: () => new Promise((resolve) => setTimeout(resolve, 25_000, [])),
        idOf: ({ id }) => id,
      }),
  },
  durableStream: {
    type: 'text/event-stream',
    create: (lib, url) => lib.durableStream({ url, format: 'json' }),
  },
  'durableStream (long-poll)': {
    type: 'application/json',
    isPolled: true,
    create: (lib, url) => lib.durableStream({ url, live: 'long-poll' }),
  },
  openaiChat: {
    type: 'text/event-stream',
    create: (lib, url) => lib.openaiChat({ url, body: { stream: true } }),
  },
  anthropicMessages: {
    type: 'text/event-stream',
    create: (lib, url) => lib.anthropicMessages({ url, body: { stream: true } }),
  },
  openaiResponses: {
    type: 'text/event-stream',
    create: (lib, url) => lib.openaiResponses({ url, body: { stream: true } }),
  },
  geminiContent: {
    type: 'text/event-stream',
    create: (lib, url) => lib.geminiContent({ url, body: {} }),
  },
  geminiInteractions: {
    type: 'text/event-stream',
    create: (lib, url) => lib.geminiInteractions({ url, body: { stream: true } }),
  },
  mcpRequest: {
    type: 'text/event-stream',
    create: (lib, url) => lib.mcpRequest({ url, message: { id: 1, method: 'tools/call' } }),
  },
  aiSdkUi: {
    type: 'text/event-stream',
    create: (lib, url) => lib.aiSdkUi({ url, body: {}, chatId: 'c', resumeUrl: url }),
  },
  agUi: { type: 'text/event-stream', create: (lib, url) => lib.agUi({ url, body: {} }) },
  ollamaChat: {
    type: 'application/x-ndjson',
    create: (lib, url) => lib.ollamaChat({ url, body: {} }),
  },
};

/** The classes differ in whether reading can stop. */
function socketOf(name) {
  return async (lib, url) => {
    const classes = await import(name);
    const WebSocket = classes.WebSocket ?? classes.default.w3cwebsocket;
    return lib.webSocket({ url: url.replace('http', 'ws'), WebSocket });
  };
}

async function* endless(piece) {
  for (let n = 0; ; n++) yield piece(n);
}

export const CASES = [
  ...STOPPED,
  {
    source: 'sse',
    what: 'a slow reader, Han',
    piece: () => `data: ${'漢'.repeat(MIB)}\n\n`,
    read: 'stop',
  },
  {
    source: 'ndjson',
    what: 'a slow reader, empty objects',
    piece: () => `${objects(MIB)}\n`,
    read: 'stop',
  },
  {
    source: 'durableStream',
    what: 'a slow reader, small messages',
    piece: (n) =>
      `event: data\ndata: ${objects(64 * KIB)}\n\nevent: control\ndata: {"streamNextOffset":"${n}"}\n\n`,
    read: 'stop',
  },
  {
    source: 'durableStream',
    what: 'half a stream of control events',
    piece: (n) => `event: control\ndata: {"streamNextOffset":"${n}"}\n\n`,
    count: 100_000,
    read: 'none',
  },
  {
    source: 'sse',
    what: 'a line without an end',
    piece: () => x(64 * KIB),
    read: 'all',
    kind: 'limit',
  },
  {
    source: 'sse',
    what: 'a comment without an end',
    head: ':',
    piece: () => x(64 * KIB),
    read: 'all',
    kind: 'limit',
  },
  {
    source: 'sse',
    what: 'an event without an end',
    piece: () => `data: ${x(KIB)}\n`,
    read: 'all',
    kind: 'limit',
  },
  {
    source: 'sse',
    what: 'an event without an end, with retry lines',
    piece: () => `data: ${x(30 * KIB)}\nretry: 1\n`,
    read: 'all',
    kind: 'limit',
  },
  {
    isShort: true,
    source: 'sse',
    what: 'a long id',
    piece: () => `id: ${x(MIB)}\ndata: 1\n\n`,
    read: 'all',
    kind: 'limit',
  },
  {
    source: 'sse',
    what: 'items held for a checkpoint that never comes',
    options: { delivery: 'commit' },
    head: 'id: 1\ndata: 1\n\n',
    piece: () => 'data: 1\n\n',
    read: 'all',
    kind: 'limit',
  },
  {
    source: 'ndjson',
    what: 'a line without an end',
    piece: () => x(64 * KIB),
    read: 'all',
    kind: 'limit',
  },
  {
    source: 'ndjson',
    what: 'empty lines',
    piece: () => '\n'.repeat(64 * KIB),
    count: 200,
    read: 'none',
  },
  {
    source: 'openaiChat',
    what: 'arguments of many open calls',
    piece: (n) =>
      chatPiece({
        index: n % 200,
        id: `c${n % 200}`,
        function: { name: 'f', arguments: x(64 * KIB) },
      }),
    read: 'all',
    kind: 'limit',
  },
  {
    source: 'openaiChat',
    what: 'more and more open calls',
    piece: (n) => chatPiece({ index: n, id: `c${n}`, function: { name: 'f', arguments: '{' } }),
    read: 'all',
    kind: 'limit',
  },
  {
    source: 'openaiChat',
    what: 'a picture of 48 MiB in one event',
    head: 'data: {"choices":[{"index":0,"delta":{"images":[{"url":"',
    piece: () => x(64 * KIB),
    count: 768,
    tail: '"}]}}]}\n\n',
    read: 'all',
  },
  {
    source: 'anthropicMessages',
    what: 'arguments of many open calls',
    piece: (n) =>
      n < 200
        ? event({
            type: 'content_block_start',
            index: n,
            content_block: { type: 'tool_use', id: `c${n}`, name: 'f' },
          })
        : event({
            type: 'content_block_delta',
            index: n % 200,
            delta: { type: 'input_json_delta', partial_json: x(64 * KIB) },
          }),
    read: 'all',
    kind: 'limit',
  },
  {
    isShort: true,
    source: 'openaiResponses',
    what: 'ids of items of 1 MiB',
    piece: (n) =>
      event({
        type: 'response.output_item.added',
        sequence_number: n,
        item: {
          type: 'function_call',
          id: `${x(MIB)}${n}`,
          call_id: `c${n}`,
          name: 'f',
          arguments: '',
        },
      }),
    read: 'all',
    kind: 'limit',
  },
  {
    source: 'aiSdkUi',
    what: 'inputs that come whole',
    piece: (n) =>
      event({
        type: 'tool-input-available',
        toolCallId: `c${n}`,
        toolName: 'f',
        input: { text: x(MIB) },
      }),
    count: 60,
    read: 'all',
  },
  {
    source: 'agUi',
    what: 'arguments of many open calls',
    piece: (n) =>
      n < 200
        ? event({ type: 'TOOL_CALL_START', toolCallId: `c${n}`, toolCallName: 'f' })
        : event({ type: 'TOOL_CALL_ARGS', toolCallId: `c${n % 200}`, delta: x(64 * KIB) }),
    read: 'all',
    kind: 'limit',
  },
  {
    source: 'ollamaChat',
    what: 'inputs that come whole',
    piece: () =>
      line({ message: { tool_calls: [{ function: { name: 'f', arguments: { text: x(MIB) } } }] } }),
    read: 'all',
    kind: 'limit',
  },
  // An event may be as large as all that may wait: it is alone then.
  ...['openaiChat', 'geminiContent', 'openaiResponses', 'mcpRequest', 'agUi'].map((source) => ({
    source,
    what: 'an event without an end',
    piece: () => `data: ${x(64 * KIB)}\n`,
    read: 'all',
    kind: 'limit',
  })),
  ...['openaiChat', 'mcpRequest'].map((source) => ({
    source,
    what: 'a line without an end',
    head: 'data: ',
    piece: () => x(64 * KIB),
    read: 'all',
    kind: 'limit',
  })),
  {
    source: 'ollamaChat',
    what: 'a line without an end',
    piece: () => x(64 * KIB),
    read: 'all',
    kind: 'limit',
  },
  // Beside what waits for the reader: a message whose objects take 28 times their text.
  {
    source: 'mcpRequest',
    what: 'a stopped reader, a message of 28 MiB, and an event without an end',
    head:
      event({ jsonrpc: '2.0', method: 'm' }) +
      `data: {"jsonrpc":"2.0","method":"m","params":${objects(MIB)}}\n\n`,
    piece: () => `data: ${x(64 * KIB)}\n`,
    read: 'stop',
  },
  // Another attempt may find a list that comes sooner.
  {
    source: 'liveWithHistory (slow list)',
    what: 'live items of 1 MiB before the list comes',
    piece: (n) => `id: ${n}\ndata: ${x(MIB)}\n\n`,
    read: 'all',
    kind: 'exhausted',
  },
  // CPU at n, 2n, 4n: each brings `count` pieces, and twice and four times as many.
  {
    source: 'sse',
    what: 'small events',
    piece: (n) => `id: ${n}\ndata: ${n}\n\n`,
    count: 25_000,
    isScaled: true,
    read: 'all',
  },
  {
    source: 'sse',
    what: 'eager items with checkpoints behind them',
    head: 'id: 0\ndata: 0\n\n',
    piece: (n) => `data: ${n}\n\nid: ${n}\n\n`,
    count: 25_000,
    isScaled: true,
    read: 'all',
  },
  {
    source: 'ndjson',
    what: 'small lines',
    piece: () => '{}\n',
    count: 25_000,
    isScaled: true,
    read: 'all',
  },
  {
    source: 'webSocket',
    what: 'small messages',
    piece: (n) => `${n}`,
    count: 25_000,
    isScaled: true,
    read: 'all',
  },
  {
    source: 'openaiChat',
    what: 'pieces of 200 open calls',
    piece: (n) =>
      chatPiece({ index: n % 200, id: `c${n % 200}`, function: { name: 'f', arguments: ' ' } }),
    count: 5000,
    isScaled: true,
    read: 'all',
  },
];
