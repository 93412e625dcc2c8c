/** The SDKs of models' answers: openai, @anthropic-ai/sdk, and the chat of the AI SDK. */

import { setTimeout as after } from 'node:timers/promises';

const MESSAGES = [{ role: 'user', content: 'hi' }];
const TOOL_CALL_FIELDS = ['arguments', 'partial_json'];

async function openaiOf({ url, load, row }) {
  const { default: OpenAI } = await load('openai');
  return new OpenAI({ apiKey: 'none', baseURL: url, ...row.config.client });
}

async function openaiResponses(cell) {
  const client = await openaiOf(cell);
  const { record, row } = cell;
  const request = { model: 'm', input: 'hi', background: true, stream: true };
  return driven(record, async (signal) => {
    let place = {};
    let over = null;
    let events = client.responses.create(request, { signal });
    for (let attempt = 0; ; attempt += 1) {
      try {
        for await (const event of await events) {
          place = {
            id: place.id ?? event.response?.id,
            after: event.sequence_number ?? place.after,
          };
          if (event.type === 'response.output_text.delta') record.add(event.delta);
          if (event.type === 'response.output_item.done' && event.item.type === 'function_call')
            record.call(event.item.arguments);
          if (event.type === 'response.completed') return;
          if (row.config.resumes && event.type === 'response.incomplete') over = event.type;
        }
        if (over !== null) throw new Error(over);
        if (row.config.checksEnd) throw new Error('no response.completed');
        if (!row.config.resumes) return;
        if (place.after === undefined) throw new Error('cut, and nothing to go on from');
      } catch (error) {
        const isLost = place.after === undefined || attempt === 9;
        if (!row.config.resumes || over !== null || isLost) throw error;
      }
      await wait(cell.column);
      signal.throwIfAborted();
      events = client.responses.retrieve(
        place.id,
        { stream: true, starting_after: place.after },
        { signal },
      );
    }
  });
}

async function openaiChatCreate(cell) {
  const client = await openaiOf(cell);
  const { record, row } = cell;
  return driven(record, async (signal) => {
    const chunks = await client.chat.completions.create(
      { model: 'm', messages: MESSAGES, stream: true },
      { signal },
    );
    let args = '';
    let reason = null;
    for await (const { choices } of chunks) {
      const [choice] = choices;
      record.add(choice?.delta.content ?? '');
      args += choice?.delta.tool_calls?.[0]?.function?.arguments ?? '';
      reason = choice?.finish_reason ?? reason;
    }
    if (row.config.checksEnd && reason === null) throw new Error('finish_reason is null');
    if (reason === 'tool_calls') record.call(args);
    else if (args !== '') record.note(`arguments so far: ${args}`);
  });
}

async function openaiChatStream(cell) {
  const client = await openaiOf(cell);
  const { record } = cell;
  return driven(record, async () => {
    const runner = client.chat.completions.stream({ model: 'm', messages: MESSAGES });
    runner.on('content', (delta) => record.add(delta));
    runner.on('tool_calls.function.arguments.done', ({ arguments: args }) => record.call(args));
    await runner.finalChatCompletion();
  });
}

async function anthropicOf({ url, load, row }) {
  const { default: Anthropic } = await load('@anthropic-ai/sdk');
  return new Anthropic({ apiKey: 'none', baseURL: url, ...row.config.client });
}

async function anthropicCreate(cell) {
  const client = await anthropicOf(cell);
  const { record, row } = cell;
  return driven(record, async (signal) => {
    const events = await client.messages.create(
      { model: 'm', max_tokens: 9, messages: MESSAGES, stream: true },
      { signal },
    );
    let args = '';
    let isOver = false;
    for await (const event of events) {
      isOver = event.type === 'message_stop';
      if (event.type === 'content_block_start') args = '';
      if (event.delta?.type === 'text_delta') record.add(event.delta.text);
      for (const field of TOOL_CALL_FIELDS) args += event.delta?.[field] ?? '';
      if (event.type === 'content_block_stop' && args !== '') record.call(args);
    }
    if (row.config.checksEnd && !isOver) throw new Error('no message_stop');
  });
}

async function anthropicStream(cell) {
  const client = await anthropicOf(cell);
  const { record } = cell;
  return driven(record, async () => {
    const stream = client.messages.stream({ model: 'm', max_tokens: 9, messages: MESSAGES });
    stream.on('text', (delta) => record.add(delta));
    stream.on('contentBlock', (block) => {
      if (block.type === 'tool_use') record.call(JSON.stringify(block.input));
    });
    await stream.finalMessage();
  });
}

/** Between the attempts of a loop of ours. */
function wait({ id, delayMs = 100 }) {
  return after(id === 'storm' ? 1_000 : delayMs);
}

/** Runs to an end that the reader sees: it returned, or it threw. */
function driven(record, run) {
  const stopper = new AbortController();
  const settled = run(stopper.signal).then(
    () => record.complete(),
    (error) => record.fail(error),
  );
  return { stop: () => stopper.abort(), settled };
}

async function aiChat({ url, load, record, row, column }) {
  const { AbstractChat, DefaultChatTransport } = await load('ai');
  class Chat extends AbstractChat {}
  const state = {
    status: 'ready',
    error: undefined,
    messages: [],
    pushMessage: (message) => (state.messages = [...state.messages, message]),
    popMessage: () => (state.messages = state.messages.slice(0, -1)),
    replaceMessage: (at, message) => (state.messages = state.messages.with(at, message)),
    snapshot: (value) => structuredClone(value),
  };
  let reported = null;
  const chat = new Chat({
    id: 'c',
    state,
    transport: new DefaultChatTransport({ api: url }),
    onToolCall: ({ toolCall }) => record.call(JSON.stringify(toolCall.input)),
    onError: (error) => (reported = error),
    onFinish: ({ isError, isDisconnect, finishReason }) => {
      if (isError || isDisconnect) reported ??= new Error('isDisconnect');
      if (row.config.checksEnd && finishReason === undefined)
        reported ??= new Error('finishReason is undefined');
    },
  });
  let isStopped = false;
  const settled = run();
  return { stop: () => ((isStopped = true), chat.stop()), settled };

  async function run() {
    await chat.sendMessage({ text: 'hi' });
    for (let n = 0; reported !== null && row.config.resumes && !isStopped && n < 9; n += 1) {
      await wait(column);
      if (isStopped) return;
      reported = null;
      await chat.resumeStream();
    }
    record.replace(textOf(chat.messages));
    if (reported === null) record.complete();
    else record.fail(reported);
  }
}

function textOf(messages) {
  const { parts = [] } = messages.findLast(({ role }) => role === 'assistant') ?? {};
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
}

export const drivers = {
  openaiResponses,
  openaiChatCreate,
  openaiChatStream,
  anthropicCreate,
  anthropicStream,
  aiChat,
};
