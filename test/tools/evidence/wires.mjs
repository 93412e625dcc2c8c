/**
 * What each protocol puts on the wire for the same 20 words. A block is a piece of the answer:
 * `{ text, word?, call?, finish? }`.
 * A wire answers a request by `{ blocks, type?, startsWork? }`, or by `{ plain, isCounted? }`, which no fault befalls.
 */

import { CALL, PIECES, WORDS } from './words.mjs';

/** Server-sent events with ids. A POST starts work that has no cursor, as an answer of a model. */
function sse({ headers, method }, { retry, hasIds: isNumbered = method === 'GET' }) {
  const hasIds = isNumbered;
  const after = method === 'GET' ? Number(headers['last-event-id'] ?? 0) : 0;
  const words = WORDS.map((word, n) => ({ text: event(word, hasIds ? n + 1 : undefined), word }));
  return {
    startsWork: method !== 'GET',
    blocks: [
      ...(retry === null ? [] : [{ text: `retry: ${retry}\n\n` }]),
      ...words.slice(after),
      { text: event('[DONE]', hasIds ? WORDS.length + 1 : undefined) },
    ],
  };
}

/** A durable stream: each item is followed by the offset behind it. */
function durable({ url }) {
  const offset = url.searchParams.get('offset') ?? '-1';
  const at = offset === '-1' ? 0 : Number(offset);
  const control = (next, more) =>
    `event: control\ndata:${JSON.stringify({ streamNextOffset: pad(next), streamCursor: '1', ...more })}\n\n`;
  if (url.searchParams.get('live') === null) return durableCatchUp(at);
  if (url.searchParams.get('live') === 'long-poll') return durablePoll(at);
  const words = WORDS.slice(at).map((word, n) => ({
    text: `event: data\ndata:${JSON.stringify([{ word }])}\n\n${control(at + n + 1, {})}`,
    word,
  }));
  return { blocks: [...words, { text: control(WORDS.length, { streamClosed: true }) }] };
}

/** What is there already comes as one JSON array: here nothing, so that all comes live. */
function durableCatchUp(at) {
  const headers = {
    'content-type': 'application/json',
    'stream-next-offset': at === 0 ? '-1' : pad(at),
    'stream-up-to-date': 'true',
    'stream-cursor': '1',
  };
  return { plain: { status: 200, headers, body: '[]' } };
}

/** All the rest in one JSON array; with nothing new, 204. */
function durablePoll(at) {
  const headers = { 'content-type': 'application/json', 'stream-cursor': '1' };
  return {
    headers: { ...headers, 'stream-next-offset': pad(WORDS.length), 'stream-closed': 'true' },
    blocks: [{ text: JSON.stringify(WORDS.slice(at).map((word) => ({ word }))) }],
    nothing: { status: 204, headers: { ...headers, 'stream-next-offset': pad(at) } },
  };
}

function pad(n) {
  return String(n).padStart(16, '0');
}

/**
 * MCP over Streamable HTTP, as `StreamableHTTPServerTransport` of the SDK with an event store and a `retryInterval`: the
 * answer of a POST starts with an event that has an id, `retry:` and no data, each message has an id, and a GET with
 * `Last-Event-ID` gets what follows. A GET without it opens the one channel of the server's own messages, here silent;
 * another one is refused. The words are the progress of a tool call. Without an event store (`isPost`) there are no ids.
 */
function mcp(request, { retry, isPost: isBare, hasIds = false }) {
  const isPost = isBare && !hasIds;
  const { method, headers, body } = request;
  if (method === 'DELETE') return { plain: { status: 200 } };
  const asked = headers['last-event-id'];
  if (method === 'GET' && asked === undefined) return mcpChannel(request.memory);
  const message = body === '' ? {} : JSON.parse(body);
  if (message.method === 'initialize') return { plain: mcpHello(message) };
  if (method === 'POST' && message.method !== 'tools/call') return { plain: { status: 202 } };
  const call = message.id ?? request.memory.call;
  request.memory.call = call;
  const token = message.params?._meta?.progressToken ?? request.memory.token;
  request.memory.token = token;
  const idOf = (n) => (isPost ? undefined : `call_${n}`);
  const progress = WORDS.map((word, n) => ({
    text: event(
      JSON.stringify({
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: { progressToken: token, progress: n + 1, message: word },
      }),
      idOf(n + 1),
    ),
    word,
  }));
  const result = { content: [{ type: 'text', text: 'done' }] };
  return {
    startsWork: method === 'POST',
    blocks: [
      ...(isPost || asked !== undefined
        ? []
        : [{ text: `id: ${idOf(0)}\n${retry === null ? '' : `retry: ${retry}\n`}data: \n\n` }]),
      ...progress.slice(Number(asked?.split('_')[1] ?? 0)),
      { text: event(JSON.stringify({ jsonrpc: '2.0', id: call, result }), idOf(WORDS.length + 1)) },
    ],
  };
}

function mcpChannel(memory) {
  if (memory.hasChannel) return { plain: { status: 409 }, isCounted: true };
  memory.hasChannel = true;
  return { plain: { status: 200, headers: { 'content-type': 'text/event-stream' }, isOpen: true } };
}

function mcpHello({ id, params }) {
  const result = {
    protocolVersion: params.protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'faults', version: '1.0.0' },
  };
  return {
    status: 200,
    headers: { 'content-type': 'application/json', 'mcp-session-id': 's1' },
    body: JSON.stringify({ jsonrpc: '2.0', id, result }),
  };
}

/** AG-UI as TanStack AI serves it: ids, and the same POST with `Last-Event-ID` goes on in the log of the run. */
function agUi({ headers, body }, { isPost, isTool, isOddCall, isUnfinished, hasIds: isNumbered }) {
  const { threadId = 't', runId: named } = JSON.parse(body === '' ? '{}' : body);
  const runId = headers['x-run-id'] ?? named ?? 'run_1';
  const events = [
    { type: 'RUN_STARTED', threadId, runId },
    { type: 'TEXT_MESSAGE_START', messageId: 'm', role: 'assistant' },
    ...spoken(isTool, isUnfinished).map((word) => ({
      word,
      type: 'TEXT_MESSAGE_CONTENT',
      messageId: 'm',
      delta: word,
    })),
    { type: 'TEXT_MESSAGE_END', messageId: 'm' },
    ...toolPart(isTool, [
      {
        type: 'TOOL_CALL_START',
        toolCallId: CALL.id,
        toolCallName: CALL.name,
        toolName: CALL.name,
      },
      ...PIECES.map((delta) => ({
        call: delta,
        type: 'TOOL_CALL_ARGS',
        toolCallId: CALL.id,
        delta,
      })),
      ...twiceIf(isOddCall, { type: 'TOOL_CALL_END', toolCallId: CALL.id }),
    ]),
    {
      finish: true,
      type: 'RUN_FINISHED',
      threadId,
      runId,
      finishReason: reasonOf(isTool, isUnfinished, ['tool_calls', 'stop', 'cancelled']),
    },
  ];
  const hasIds = isNumbered ?? !isPost;
  const last = hasIds ? headers['last-event-id'] : undefined;
  const rest = last === undefined ? events : events.slice(Number(last.split(':').at(-1)) + 1);
  const from = events.length - rest.length;
  return {
    startsWork: last === undefined,
    blocks: rest.map(({ word, call, finish, ...data }, n) => ({
      text: event(JSON.stringify(data), hasIds ? `${runId}:${from + n}` : undefined),
      word,
      call,
      finish,
    })),
  };
}

/** The UI message stream of the AI SDK. A GET replays the answer from its start. */
function aiSdkUi({ method }, { isTool, isOddCall, isUnfinished }) {
  const parts = [
    { type: 'start', messageId: 'm' },
    { type: 'start-step' },
    { type: 'text-start', id: 't' },
    ...spoken(isTool, isUnfinished).map((word) => ({
      word,
      type: 'text-delta',
      id: 't',
      delta: word,
    })),
    { type: 'text-end', id: 't' },
    ...toolPart(isTool, [
      { type: 'tool-input-start', toolCallId: CALL.id, toolName: CALL.name, dynamic: true },
      ...PIECES.map((piece) => ({
        call: piece,
        type: 'tool-input-delta',
        toolCallId: CALL.id,
        inputTextDelta: piece,
      })),
      ...twiceIf(isOddCall, {
        type: 'tool-input-available',
        toolCallId: CALL.id,
        toolName: CALL.name,
        input: JSON.parse(CALL.args),
        dynamic: true,
      }),
    ]),
    { type: 'finish-step' },
    {
      finish: true,
      type: 'finish',
      finishReason: reasonOf(isTool, isUnfinished, ['tool-calls', 'stop', 'error']),
    },
  ];
  return {
    startsWork: method === 'POST',
    headers: { 'x-vercel-ai-ui-message-stream': 'v1' },
    blocks: [...jsonBlocks(parts), { text: event('[DONE]') }],
  };
}

/** OpenAI Responses in the background: a GET by id goes on after `starting_after`. */
function openaiResponses({ method, url }, { isTool, isPost, isOddCall, isUnfinished, hasIds }) {
  const item = { id: 'item_1', type: 'function_call', call_id: CALL.id, name: CALL.name };
  const response = { id: 'resp_1', object: 'response', output: [] };
  const text = { item_id: 'msg_1', output_index: 0, content_index: 0 };
  const events = [
    { type: 'response.created', response: { ...response, status: 'in_progress' } },
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] },
    },
    {
      type: 'response.content_part.added',
      ...text,
      part: { type: 'output_text', text: '', annotations: [] },
    },
    ...spoken(isTool, isUnfinished).map((word) => ({
      word,
      type: 'response.output_text.delta',
      ...text,
      delta: word,
    })),
    ...toolPart(isTool, [
      {
        type: 'response.output_item.added',
        output_index: 1,
        item: { ...item, arguments: '', status: 'in_progress' },
      },
      ...PIECES.map((delta) => ({
        call: delta,
        type: 'response.function_call_arguments.delta',
        item_id: 'item_1',
        output_index: 1,
        delta,
      })),
      {
        type: 'response.function_call_arguments.done',
        item_id: 'item_1',
        output_index: 1,
        arguments: CALL.args,
      },
      ...twiceIf(isOddCall, {
        type: 'response.output_item.done',
        output_index: 1,
        item: { ...item, arguments: CALL.args, status: 'completed' },
      }),
    ]),
    { finish: true, ...finishOf(response, isUnfinished) },
  ].map((one, n) => (isPost && !hasIds ? one : { ...one, sequence_number: n }));
  const after = Number(url.searchParams.get('starting_after') ?? -1);
  return {
    startsWork: method === 'POST',
    blocks: typedBlocks(events.slice(after + 1)),
  };
}

function finishOf(response, isUnfinished) {
  const status = isUnfinished ? 'incomplete' : 'completed';
  return { type: `response.${status}`, response: { ...response, status } };
}

function openaiChat(_, { isTool, isOddCall, isUnfinished }) {
  const chunk = (delta, more = {}, reason = null) => ({
    ...more,
    id: 'c1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: reason }],
  });
  const call = (fields, more) => chunk({ tool_calls: [{ index: 0, ...fields }] }, more);
  const chunks = [
    chunk({ role: 'assistant', content: '' }),
    ...spoken(isTool, isUnfinished).map((word) => chunk({ content: word }, { word })),
    ...toolPart(isTool, [
      call({ id: CALL.id, type: 'function', function: { name: CALL.name, arguments: '' } }),
      ...PIECES.map((piece, n) =>
        call(
          { ...(isOddCall ? { id: `piece_${n}` } : {}), function: { arguments: piece } },
          { call: piece },
        ),
      ),
    ]),
    chunk(
      {},
      { finish: true },
      reasonOf(isTool, isUnfinished, ['tool_calls', 'stop', 'network_error']),
    ),
  ];
  return { startsWork: true, blocks: [...jsonBlocks(chunks), { text: event('[DONE]') }] };
}

function anthropicMessages(_, { isTool, isOddCall, isUnfinished }) {
  const delta = (index, fields, more = {}) => ({
    ...more,
    type: 'content_block_delta',
    index,
    delta: fields,
  });
  const events = [
    {
      type: 'message_start',
      message: {
        id: 'm1',
        type: 'message',
        role: 'assistant',
        model: 'm',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 1, output_tokens: 1 },
      },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...spoken(isTool, isUnfinished).map((word) =>
      delta(0, { type: 'text_delta', text: word }, { word }),
    ),
    { type: 'content_block_stop', index: 0 },
    ...toolPart(isTool, toolBlock(1)),
    ...toolPart(isOddCall === true, toolBlock(2)),
    {
      finish: true,
      type: 'message_delta',
      delta: {
        stop_reason: reasonOf(isTool, isUnfinished, [
          'tool_use',
          'end_turn',
          'model_context_window_exceeded',
        ]),
        stop_sequence: null,
      },
      usage: { output_tokens: 9 },
    },
    { type: 'message_stop' },
  ];
  return { startsWork: true, blocks: typedBlocks(events) };

  function toolBlock(index) {
    return [
      {
        type: 'content_block_start',
        index,
        content_block: { type: 'tool_use', id: CALL.id, name: CALL.name, input: {} },
      },
      ...PIECES.map((piece) =>
        delta(index, { type: 'input_json_delta', partial_json: piece }, { call: piece }),
      ),
      { type: 'content_block_stop', index },
    ];
  }
}

export const WIRES = {
  sse,
  durable,
  mcp,
  agUi,
  aiSdkUi,
  openaiResponses,
  openaiChat,
  anthropicMessages,
};

/** Before a tool call, and before a failure, only a few words are said. */
function spoken(isTool, isUnfinished) {
  if (isUnfinished) return WORDS.slice(0, 8);
  return isTool ? WORDS.slice(0, 3) : WORDS;
}

function reasonOf(isTool, isUnfinished, [forCall, forText, forFailure]) {
  if (isUnfinished) return forFailure;
  return isTool ? forCall : forText;
}

function twiceIf(isTwice, event) {
  return isTwice ? [event, event] : [event];
}

function toolPart(isTool, events) {
  return isTool ? events : [];
}

function event(data, id) {
  return `${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`;
}

function jsonBlocks(events) {
  return events.map(({ word, call, finish, ...data }) => ({
    text: event(JSON.stringify(data)),
    word,
    call,
    finish,
  }));
}

function typedBlocks(events) {
  return events.map(({ word, call, finish, ...data }) => ({
    text: `event: ${data.type}\n${event(JSON.stringify(data))}`,
    word,
    call,
    finish,
  }));
}
