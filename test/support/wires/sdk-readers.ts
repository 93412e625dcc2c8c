/** The vendors' own clients as readers of a wire: what an application would be given by them. */

import Anthropic from '@anthropic-ai/sdk';
import { DefaultChatTransport, getToolName, isToolUIPart, readUIMessageStream } from 'ai';
import type { UIMessage, UIMessageChunk } from 'ai';
import OpenAI from 'openai';

/** What a client makes of an answer. */
export interface SdkAnswer {
  readonly text: string;
  /** The arguments as the application would run the call: an object, or the text where it is no JSON. */
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
}

/** Reads the body of a response; throws where the client does. */
export type SdkReader = (body: Uint8Array) => Promise<SdkAnswer>;

const user = { role: 'user', content: 'x' } as const;
const local = {
  apiKey: 'x',
  baseURL: 'http://sdk.test/v1',
  maxRetries: 0,
  logLevel: 'off',
} as const;

/** By the name of the format. */
export const sdkReaders: Readonly<Record<string, SdkReader>> = {
  async openaiChat(body) {
    const client = new OpenAI({ ...local, fetch: answering(body) });
    const stream = client.chat.completions.stream({ model: 'm', messages: [user] });
    const { choices } = await stream.finalChatCompletion();
    const { content, tool_calls: calls } = choices[0]?.message ?? {};
    return {
      text: content ?? '',
      calls: (calls ?? []).map((call) =>
        called(
          'function' in call ? call.function.name : '',
          'function' in call ? call.function.arguments : '',
        ),
      ),
    };
  },

  async openaiResponses(body) {
    const client = new OpenAI({ ...local, fetch: answering(body) });
    // Its helper insists on indices that count from 0: the last event holds all.
    const stream = await client.responses.create({ model: 'm', input: 'x', stream: true });
    for await (const event of stream) {
      if (event.type !== 'response.completed') continue;
      const { output } = event.response;
      return {
        text: output
          .flatMap((item) => (item.type === 'message' ? item.content : []))
          .map((part) => (part.type === 'output_text' ? part.text : ''))
          .join(''),
        calls: output.flatMap((item) =>
          item.type === 'function_call' ? [called(item.name, item.arguments)] : [],
        ),
      };
    }
    throw new Error('the response was not completed');
  },

  async anthropicMessages(body) {
    const client = new Anthropic({ ...local, fetch: answering(body) });
    const stream = client.messages.stream({ model: 'm', max_tokens: 9, messages: [user] });
    const { content } = await stream.finalMessage();
    return {
      text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
      calls: content.flatMap((block) =>
        block.type === 'tool_use' ? [{ name: block.name, input: block.input }] : [],
      ),
    };
  },

  aiSdkUi: readUiMessages,
};

/** What `useChat` has at the end: it ends quietly where the bytes do, so the end of the answer is read from the chunks. */
async function readUiMessages(body: Uint8Array): Promise<SdkAnswer> {
  const transport = new DefaultChatTransport({
    api: 'http://sdk.test/chat',
    fetch: answering(body),
  });
  const chunks = await transport.sendMessages({
    trigger: 'submit-message',
    chatId: 'c',
    messageId: undefined,
    messages: [],
    abortSignal: undefined,
  });
  let isFinished = false;
  const stream = chunks.pipeThrough(
    new TransformStream<UIMessageChunk, UIMessageChunk>({
      transform(chunk, controller) {
        isFinished ||= chunk.type === 'finish';
        controller.enqueue(chunk);
      },
    }),
  );
  let message: UIMessage | undefined;
  for await (const one of readUIMessageStream({ stream, terminateOnError: true })) message = one;
  if (!isFinished) throw new Error('the answer was not finished');
  const parts = message?.parts ?? [];
  return {
    text: parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
    calls: parts.flatMap((part) =>
      isToolUIPart(part) && part.state === 'input-available' && part.providerExecuted !== true
        ? [{ name: getToolName(part), input: part.input }]
        : [],
    ),
  };
}

function answering(body: Uint8Array): typeof globalThis.fetch {
  return () =>
    Promise.resolve(
      new Response(new Uint8Array(body), { headers: { 'content-type': 'text/event-stream' } }),
    );
}

function called(name: string, args: string): { readonly name: string; readonly input: unknown } {
  try {
    return { name, input: JSON.parse(args) as unknown };
  } catch {
    return { name, input: args };
  }
}
