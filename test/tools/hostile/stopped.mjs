/** A peer that sends as fast as it can to a reader that takes one message and then none, in every source and size. */

const KIB = 1024;
const MIB = KIB * KIB;
const x = (size) => 'x'.repeat(Math.max(0, size));
const SIZES = [64, 64 * KIB, 4 * MIB];
const event = (json) => `data: ${JSON.stringify(json)}\n\n`;
/** What is left for the text where the format adds a lot. */
const text = (size) => x(Math.max(1, size - 512));

/** Each message is about that long, with what its format adds. */
const MESSAGES = {
  sse: { message: (size) => `data: ${x(size - 8)}\n\n`, sizes: [0, ...SIZES] },
  'sse (ids)': { message: (size, n) => `id: ${n}\ndata: ${x(size - 16)}\n\n` },
  ndjson: { message: (size) => `"${x(size - 8)}"\n` },
  text: { message: x },
  bytes: { message: x },
  webSocket: { message: x, sizes: [0, ...SIZES] },
  'webSocket (binary)': { message: (size) => Buffer.alloc(size, 120) },
  'webSocket (undici)': { message: x },
  // Its limit for a frame is 1 MiB.
  'webSocket (websocket)': { message: x, sizes: [64, 64 * KIB, 512 * KIB] },
  fromAsyncIterable: { message: x },
  liveWithHistory: { message: (size, n) => `id: ${n}\ndata: ${text(size)}\n\n` },
  durableStream: {
    message: (size, n) =>
      `event: data\ndata: ["${text(size)}"]\n\nevent: control\ndata: {"streamNextOffset":"${n}"}\n\n`,
  },
  'durableStream (long-poll)': { message: (size) => `["${x(size - 8)}"]` },
  openaiChat: {
    message: (size) => event({ choices: [{ index: 0, delta: { content: text(size) } }] }),
  },
  anthropicMessages: {
    head:
      event({ type: 'message_start', message: { id: 'm', content: [] } }) +
      event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    message: (size) =>
      event({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'text_delta', text: text(size) },
      }),
  },
  openaiResponses: {
    message: (size, n) =>
      event({
        type: 'response.output_text.delta',
        sequence_number: n,
        item_id: 'i',
        output_index: 0,
        content_index: 0,
        delta: text(size),
      }),
  },
  geminiContent: {
    message: (size) => event({ candidates: [{ content: { parts: [{ text: text(size) }] } }] }),
  },
  geminiInteractions: {
    message: (size, n) =>
      event({
        event_type: 'content.delta',
        event_id: `${n}`,
        index: 0,
        delta: { type: 'text', text: text(size) },
      }),
  },
  aiSdkUi: {
    head: event({ type: 'start' }) + event({ type: 'text-start', id: 't' }),
    message: (size) => event({ type: 'text-delta', id: 't', delta: text(size) }),
  },
  agUi: {
    head: event({ type: 'TEXT_MESSAGE_START', messageId: 'm', role: 'assistant' }),
    message: (size) => event({ type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: text(size) }),
  },
  ollamaChat: {
    message: (size) => `${JSON.stringify({ message: { content: text(size) }, done: false })}\n`,
  },
  mcpRequest: {
    message: (size, n) =>
      `id: ${n}\n${event({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: text(size) } })}`,
  },
};

/** Bytes bound what waits here, not items. */
const options = { maxBufferedBytes: 16 * MIB, highWaterMark: 1_000_000 };

export const STOPPED = Object.entries(MESSAGES).flatMap(
  ([source, { head, message, sizes = SIZES }]) =>
    sizes.map((size) => ({
      source,
      what: `a stopped reader, messages of ${size} bytes`,
      isShort: size === 64 * KIB && ['sse', 'webSocket', 'fromAsyncIterable'].includes(source),
      head,
      piece: (n) => message(size, n),
      options,
      read: 'stop',
    })),
);
