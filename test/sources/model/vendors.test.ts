/** The same bytes through our readers and through the vendors' own SDKs: the same text, the same calls. */

import Anthropic from '@anthropic-ai/sdk';
import { LLMock } from '@copilotkit/aimock';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anthropicMessages, openaiChat, openaiResponses } from '../../../src/sources/index.js';
import { readAll } from '../../support/read-all.js';
import { startWebHandler } from '../../support/web-handler.js';
import type { Loopback } from '../../../src/loopback/listen.js';
import { joinAnswer, modelPeers, requestOf } from '../peers/model-answers.js';
import type { Answer } from '../peers/model-answers.js';

const ARGS = { city: 'Zürich', days: [1, 2, 3], note: 'a "b" \\ c 🌍' };
const TEXT = 'The weather in Zürich: “sunny” 🌍, and then some more words of the answer.';

let mock: LLMock;
/** Keeps the bytes of each answer: SDK and reader are given the same. */
let recorder: Loopback;
const recorded = new Map<string, { type: string; body: string }>();

beforeAll(async () => {
  mock = new LLMock({ port: 0, chunkSize: 5 });
  mock.onMessage('weather', {
    toolCalls: [
      { name: 'get_weather', arguments: JSON.stringify(ARGS) },
      { name: 'get_time', arguments: '{"zone":"Europe/Zurich"}' },
    ],
  });
  mock.onMessage('tell', { content: TEXT });
  await mock.start();
  const peers = new Map(modelPeers.map((peer) => [`/${peer.name}`, peer]));
  recorder = await startWebHandler(async (request) => {
    const { pathname } = new URL(request.url);
    const [, place = '', ...path] = pathname.split('/');
    const sent = await request.text();
    const key = `${path.join('/')} ${/weather|tell/.exec(sent)?.[0] ?? ''} ${place}`;
    const peer = peers.get(`/${place}`);
    const known =
      recorded.get(key) ??
      (peer
        ? { type: peer.contentType, body: peer.body(requestOf(request.url, {})) }
        : await ask(path, sent));
    recorded.set(key, known);
    return new Response(known.body, { headers: { 'content-type': known.type } });
  });
});
afterAll(async () => {
  await recorder.close();
  await mock.stop();
});

async function ask(path: readonly string[], body: string): Promise<{ type: string; body: string }> {
  const headers = {
    'content-type': 'application/json',
    authorization: 'Bearer x',
    'x-api-key': 'x',
  };
  const answer = await fetch(`${mock.url}/${path.join('/')}`, { method: 'POST', headers, body });
  return { type: answer.headers.get('content-type') ?? '', body: await answer.text() };
}

interface Vendor {
  /** What the vendor's SDK makes of the answer. */
  sdk(base: string, prompt: string): Promise<Answer>;
  reader(base: string, prompt: string): Promise<Answer>;
}

const TOOLS = ['get_weather', 'get_time'];
const NO_SCHEMA = { type: 'object', properties: {} } as const;

const chat: Vendor = {
  async sdk(base, content) {
    const client = new OpenAI({ apiKey: 'x', baseURL: `${base}/v1`, maxRetries: 0 });
    const { choices } = await client.chat.completions
      .stream({
        model: 'gpt-4o',
        messages: [{ role: 'user', content }],
        tools: TOOLS.map((name) => ({
          type: 'function',
          function: { name, parameters: NO_SCHEMA },
        })),
      })
      .finalChatCompletion();
    const [choice] = choices;
    const calls = (choice?.message.tool_calls ?? []).flatMap((call) =>
      call.type === 'function'
        ? [
            {
              id: call.id,
              name: call.function.name,
              input: JSON.parse(call.function.arguments) as unknown,
            },
          ]
        : [],
    );
    return { text: choice?.message.content ?? '', calls };
  },
  async reader(base, content) {
    const body = { model: 'gpt-4o', stream: true, messages: [{ role: 'user', content }] };
    return answerOf(await readAll(openaiChat({ url: `${base}/v1/chat/completions`, body })));
  },
};

const responses: Vendor = {
  async sdk(base, input) {
    const client = new OpenAI({ apiKey: 'x', baseURL: `${base}/v1`, maxRetries: 0 });
    let text = '';
    const calls: Answer['calls'][number][] = [];
    for await (const event of await client.responses.create({
      model: 'gpt-4o',
      input,
      stream: true,
    })) {
      if (event.type === 'response.output_text.delta') text += event.delta;
      if (event.type !== 'response.output_item.done' || event.item.type !== 'function_call')
        continue;
      const { call_id: id, name, arguments: args } = event.item;
      calls.push({ id, name, input: JSON.parse(args) as unknown });
    }
    return { text, calls };
  },
  async reader(base, input) {
    const body = { model: 'gpt-4o', stream: true, input };
    return answerOf(await readAll(openaiResponses({ url: `${base}/v1/responses`, body })));
  },
};

const anthropic: Vendor = {
  async sdk(base, content) {
    const client = new Anthropic({ apiKey: 'x', baseURL: base, maxRetries: 0 });
    const { content: blocks } = await client.messages
      .stream({
        model: 'claude-any',
        max_tokens: 99,
        messages: [{ role: 'user', content }],
        tools: TOOLS.map((name) => ({ name, input_schema: NO_SCHEMA })),
      })
      .finalMessage();
    return {
      text: blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join(''),
      calls: blocks.flatMap((block) =>
        block.type === 'tool_use' ? [{ id: block.id, name: block.name, input: block.input }] : [],
      ),
    };
  },
  async reader(base, content) {
    const body = {
      model: 'claude-any',
      max_tokens: 99,
      stream: true,
      messages: [{ role: 'user', content }],
    };
    return answerOf(await readAll(anthropicMessages({ url: `${base}/v1/messages`, body })));
  },
};

function answerOf({ items, error }: Awaited<ReturnType<typeof readAll>>): Answer {
  expect(error).toBe(null);
  return joinAnswer(items as never);
}

describe.each<[string, Vendor]>([
  ['openaiChat', chat],
  ['openaiResponses', responses],
  ['anthropicMessages', anthropic],
])('%s and the SDK of its vendor', (name, vendor) => {
  it('agree on an answer in words', async () => {
    const base = `${recorder.url}/mock-${name}`;
    const ours = await vendor.reader(base, 'tell me');
    expect(ours).toEqual({ text: TEXT, calls: [] });
    expect(await vendor.sdk(base, 'tell me')).toEqual(ours);
  });

  it('agree on two calls', async () => {
    const base = `${recorder.url}/mock-${name}`;
    const ours = await vendor.reader(base, 'the weather');
    expect(ours.calls.map(({ name: called, input }) => [called, input])).toEqual([
      ['get_weather', ARGS],
      ['get_time', { zone: 'Europe/Zurich' }],
    ]);
    expect(await vendor.sdk(base, 'the weather')).toEqual(ours);
  });

  it('agree on text and calls in turns, as our own peer sends them', async () => {
    const base = `${recorder.url}/${name}`;
    const ours = await vendor.reader(base, 'anything');
    expect(ours).toEqual(modelPeers.find((peer) => peer.name === name)?.whole);
    expect(await vendor.sdk(base, 'anything')).toEqual(ours);
  });
});
