/** `aiSdkUi()` and `text()` against the real helpers of the AI SDK, kept by resumable-stream. */

import { createUIMessageStream, createUIMessageStreamResponse } from 'ai';
import { createResumableStreamContext } from 'resumable-stream/generic';
import type { ResumableStreamContext } from 'resumable-stream/generic';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aiSdkUi, text } from '../../../src/sources/index.js';
import { startCuttingProxy } from '../../support/cutting-proxy.js';
import type { Cut, CuttingProxy } from '../../support/cutting-proxy.js';
import type { Loopback } from '../../../src/loopback/listen.js';
import { readAll } from '../../support/read-all.js';
import { startWebHandler } from '../../support/web-handler.js';
import { joinAnswer } from '../peers/model-answers.js';
import { places } from '../../support/effort.js';

/** What resumable-stream wants of Redis, in memory. */
function inMemory(): ResumableStreamContext {
  const values = new Map<string, string>();
  const listeners = new Map<string, (message: string) => void>();
  return createResumableStreamContext({
    waitUntil: null,
    publisher: {
      connect: () => Promise.resolve(),
      publish: (channel: string, message: string) => {
        listeners.get(channel)?.(message);
        return Promise.resolve(1);
      },
      set: (key: string, value: string) => Promise.resolve(values.set(key, value) && 'OK'),
      get: (key: string) => Promise.resolve(values.get(key) ?? null),
      incr: (key: string) => {
        const next = Number(values.get(key) ?? 0) + 1;
        values.set(key, String(next));
        return Promise.resolve(next);
      },
    },
    subscriber: {
      connect: () => Promise.resolve(),
      subscribe: (channel: string, callback: (message: string) => void) =>
        Promise.resolve(void listeners.set(channel, callback)),
      unsubscribe: (channel: string) => Promise.resolve(listeners.delete(channel)),
    },
  });
}

const INPUT = { city: 'Zürich' };
const WHOLE = {
  text: 'Let me look: 🌍',
  calls: [{ id: 'call_a', name: 'get_weather', input: INPUT }],
};

let context: ResumableStreamContext;
let server: Loopback;
let proxy: CuttingProxy;
let runs = 0;
/** Lets the rest of an answer go: until then it runs. */
let finish: () => void = () => {};
/** Called when somebody follows a running stream, for the nth time. */
let followed: (nth: number) => void = () => {};
let followers = 0;

function answer(): Response {
  const id = `run-${++runs}`;
  const held = new Promise<void>((resolve) => (finish = resolve));
  const stream = createUIMessageStream({
    async execute({ writer }) {
      writer.write({ type: 'text-start', id: 't' });
      writer.write({ type: 'text-delta', id: 't', delta: 'Let me ' });
      writer.write({ type: 'text-delta', id: 't', delta: 'look: 🌍' });
      writer.write({ type: 'text-end', id: 't' });
      writer.write({ type: 'tool-input-start', toolCallId: 'call_a', toolName: 'get_weather' });
      writer.write({ type: 'tool-input-delta', toolCallId: 'call_a', inputTextDelta: '{"city":' });
      await held;
      writer.write({ type: 'tool-input-delta', toolCallId: 'call_a', inputTextDelta: '"Zürich"}' });
      writer.write({
        type: 'tool-input-available',
        toolCallId: 'call_a',
        toolName: 'get_weather',
        input: INPUT,
      });
    },
  });
  return createUIMessageStreamResponse({
    stream,
    consumeSseStream: ({ stream: copy }) => void context.createNewResumableStream(id, () => copy),
  });
}

beforeAll(async () => {
  context = inMemory();
  server = await startWebHandler(async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (request.method === 'POST') return answer();
    if (pathname === '/text') {
      const rest = await context.resumeExistingStream(
        'letters',
        Number(searchParams.get('resumeAt') ?? 0),
      );
      if (!rest) return new Response(null, { status: 204 });
      followed(++followers);
      return new Response(rest.pipeThrough(new TextEncoderStream()), {
        headers: { 'content-type': 'text/plain' },
      });
    }
    const running = await context.resumeExistingStream(`run-${runs}`);
    // The way of the AI SDK to say that nothing runs.
    if (!running) return new Response(null, { status: 204 });
    followed(++followers);
    return new Response(running.pipeThrough(new TextEncoderStream()), {
      headers: { 'content-type': 'text/event-stream' },
    });
  });
  proxy = await startCuttingProxy(server.url);
});
afterAll(async () => {
  await proxy.close();
  await server.close();
});

const source = (): ReturnType<typeof aiSdkUi> =>
  aiSdkUi({
    url: `${proxy.url}/chat`,
    body: { messages: [] },
    resumeUrl: `${proxy.url}/chat/7/stream`,
  });

describe('an answer of the AI SDK that goes on while the client is gone', () => {
  it(
    'arrives whole whatever byte it is cut at, and is asked for once',
    { timeout: 300_000 },
    async () => {
      for (const kind of ['rst', 'eof'] as const) {
        for (const at of places(251, 9, kind === 'rst' ? 0 : 4)) {
          const before = runs;
          proxy.reset([{ at, kind }]);
          followed = () => finish();
          const { items, error } = await readAll(source());
          const label = `${kind} at ${at}`;
          expect([label, error, joinAnswer(items)]).toEqual([label, null, WHOLE]);
          expect(runs - before).toBe(1);
        }
      }
    },
  );

  it('that was over before the client came back is not made up: 204 says so', async () => {
    const before = runs;
    // Nobody holds the answer back, so it is over long before the second request.
    proxy.reset([{ at: 200, kind: 'eof' }, 503, 503]);
    const reading = readAll(source(), { initialBackoffMs: 50 });
    await answered();
    finish();
    const { items, status, heard } = await reading;
    expect(runs - before).toBe(1);
    expect(status).toBe('incomplete');
    expect(joinAnswer(items).calls).toEqual([]);
    expect(heard.map(({ type }) => type)).toContain('dropped');
  });
});

/** Resolves when an answer runs. */
async function answered(): Promise<void> {
  const before = runs;
  while (runs === before) await new Promise((resolve) => setImmediate(resolve));
}

it.each<[string, readonly Cut[]]>([
  ['nothing', []],
  ['a cut in a letter of three bytes', [{ at: 8, kind: 'rst' }]],
  [
    'two cuts',
    [
      { at: 5, kind: 'rst' },
      { at: 3, kind: 'eof' },
    ],
  ],
])('characters of resumable-stream are counted as it counts them, after %s', async (_, cuts) => {
  const letters = 'ab “é” 🌍 and some more';
  let end: () => void = () => {};
  const made = await inContext('letters', (controller) => {
    controller.enqueue(letters);
    end = () => controller.close();
  });
  proxy.reset(cuts);
  followers = 0;
  followed = (nth) => {
    if (nth > cuts.length) end();
  };
  const { items, error } = await readAll(text({ url: `${proxy.url}/text` }));
  await made?.cancel();
  expect([error, items.join('')]).toEqual([null, letters]);
});

/** Each test has its own context: the ids of the streams are the same. */
async function inContext(
  id: string,
  start: (controller: ReadableStreamDefaultController<string>) => void,
): Promise<ReadableStream<string> | null> {
  context = inMemory();
  return context.createNewResumableStream(id, () => new ReadableStream<string>({ start }));
}
