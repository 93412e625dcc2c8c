/** An answer is over when the peer said so: whatever happens then to the connection, no further request is made. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import { reconnectStream } from '../../../src/index.js';
import type { ReconnectError, StreamSource } from '../../../src/index.js';
import { agUi, aiSdkUi, geminiInteractions, openaiResponses } from '../../../src/sources/index.js';
import type { ModelPart } from '../../../src/tool-calls/index.js';
import { onVirtualClock } from '../../support/facts.js';
import { joinAnswer, modelPeers, requestOf, WHOLE } from '../peers/model-answers.js';

afterEach(() => void vi.unstubAllGlobals());

type Ending = 'eof' | 'reset' | 'silence';
const ENDINGS: readonly Ending[] = ['eof', 'reset', 'silence'];

/** What stands on each wire before and after the event that ends the answer. */
const MARKERS: Readonly<Record<string, string>> = {
  openaiChat: '"finish_reason":"tool_calls"',
  anthropicMessages: '"stop_reason":"tool_use"',
  openaiResponses: '"type":"response.completed"',
  geminiInteractions: '"event_type":"interaction.completed"',
  agUi: '"type":"RUN_FINISHED"',
  aiSdkUi: '"type":"finish"}',
  geminiContent: '"finishReason":"STOP"',
  ollamaChat: '"done_reason":"stop"',
};

interface Result {
  readonly parts: readonly ModelPart[];
  readonly requests: readonly string[];
  readonly status: string;
  readonly error: ReconnectError | null;
}

async function play(
  source: StreamSource<ModelPart>,
  texts: readonly string[],
  ending: Ending,
  type = 'text/event-stream',
): Promise<Result> {
  const requests: string[] = [];
  vi.stubGlobal('fetch', (url: string | URL, init: RequestInit) => {
    const text = texts[requests.push(`${init.method ?? 'GET'} ${new URL(url).pathname}`) - 1];
    if (text === undefined) return Promise.resolve(new Response('', { status: 404 }));
    return Promise.resolve(response(text, ending, type));
  });
  const { stream, clock } = onVirtualClock(source);
  const parts: ModelPart[] = [];
  let error: ReconnectError | null = null;
  const reading = (async () => {
    try {
      for await (const part of stream) parts.push(part);
    } catch (thrown) {
      error = thrown as ReconnectError;
    }
  })();
  await clock.advance(10_000);
  if (stream.state !== 'closed' && stream.state !== 'failed') stream.close();
  await reading;
  return { parts, requests, status: (await stream.done).status, error };
}

function response(text: string, ending: Ending, type = 'text/event-stream'): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      if (ending === 'eof') controller.close();
    },
    pull(controller) {
      if (ending !== 'reset') return;
      const cause = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
      controller.error(new TypeError('terminated', { cause }));
    },
  });
  return new Response(body, { headers: { 'content-type': type } });
}

describe.each(modelPeers.map((peer) => [peer.name, peer] as const))('%s', (name, peer) => {
  const isOfLines = peer.contentType !== 'text/event-stream';
  const gap = isOfLines ? '\n' : '\n\n';
  const run = (text: string, ending: Ending): Promise<Result> =>
    play(peer.source('http://127.0.0.1/answers'), [text], ending, peer.contentType);
  const whole = peer.body(requestOf('http://127.0.0.1/', { headers: {} }));
  const marker = MARKERS[name] as string;
  const after = whole.indexOf(gap, whole.indexOf(marker)) + gap.length;

  it.each(ENDINGS)('is complete where its end was read, then %s', async (ending) => {
    const result = await run(whole.slice(0, after), ending);
    expect(result.error).toBe(null);
    expect(joinAnswer(result.parts)).toEqual(WHOLE);
    expect([result.status, result.requests.length]).toEqual(['complete', 1]);
  });

  it.each(ENDINGS)('is not complete before its end was read, then %s', async (ending) => {
    const before = whole.lastIndexOf(gap, whole.indexOf(marker)) + gap.length;
    const result = await run(whole.slice(0, before), ending);
    expect(result.status).not.toBe('complete');
  });

  it('gives what comes after the end, such as usage', async () => {
    const result = await run(whole, 'silence');
    expect([result.status, joinAnswer(result.parts)]).toEqual(['complete', WHOLE]);
    if (name === 'openaiChat')
      expect(result.parts.at(-1)).toMatchObject({ name: 'usage', data: { total_tokens: 9 } });
  });

  it('fails by an error after its end, and asks for nothing again', async () => {
    // Nothing is read after the last marker of these.
    if (name === 'openaiResponses' || name === 'ollamaChat') return;
    const error = 'event: error\ndata: {"error":{"type":"overloaded_error","message":"Busy"}}\n\n';
    for (const ending of ENDINGS) {
      const result = await run(whole.slice(0, after) + error, ending);
      expect([result.status, result.requests.length]).toEqual(['failed', 1]);
      expect(result.error).toMatchObject({ kind: 'source', code: 'overloaded_error' });
      expect(result.error?.message).toContain('Busy');
    }
  });
});

/** Lines of Ollama do not say which response they are of. */
const NAMED = modelPeers.filter(({ name }) => name !== 'ollamaChat');

describe.each(NAMED.map((peer) => [peer.name, peer] as const))('%s', (_, peer) => {
  it('fails by a second answer, and delivers none of its calls', async () => {
    const whole = peer.body(requestOf('http://127.0.0.1/', { headers: {} }));
    const other = whole.replaceAll(/"(c1|m1|m|resp_1|int_1|run_1|r1)"/g, '"other"');
    const cut = whole.indexOf('\n\n', whole.indexOf('🌍')) + 2;
    const result = await play(
      peer.source('http://127.0.0.1/answers'),
      [whole.slice(0, cut) + other],
      'eof',
    );
    expect([result.status, result.error?.kind]).toEqual(['failed', 'protocol']);
    expect(result.error?.message).toContain('a second answer');
    expect(joinAnswer(result.parts).calls).toEqual([]);
    expect(result.requests).toHaveLength(1);
  });
});

const event = (data: object, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;

describe('an agent whose tools run on the server', () => {
  const run = (withIds: boolean): string =>
    [
      { type: 'RUN_STARTED', runId: 'r' },
      { type: 'TEXT_MESSAGE_CONTENT', delta: 'a' },
      { type: 'RUN_FINISHED', runId: 'r', finishReason: 'tool_calls' },
    ]
      .map((data, n) => event(data, withIds ? `log:${n}` : undefined))
      .join('');
  const source = (): StreamSource<ModelPart> => agUi({ url: 'http://127.0.0.1/run', body: {} });

  it('may be silent after its end, however long its tools take', async () => {
    const result = await play(source(), [run(false)], 'silence');
    expect(result.status).toBe('closed');
  });

  it.each(['eof', 'reset'] as const)('is over where it keeps no log, after %s', async (ending) => {
    const result = await play(source(), [run(false)], ending);
    expect([result.status, result.requests.length]).toEqual(['complete', 1]);
  });

  it.each(['eof', 'reset'] as const)(
    'is asked for more where it keeps a log, after %s',
    async (ending) => {
      const more = [
        { type: 'TOOL_CALL_RESULT', toolCallId: 'a' },
        { type: 'TEXT_MESSAGE_CONTENT', delta: 'b' },
        { type: 'RUN_FINISHED', runId: 'r', finishReason: 'stop' },
      ].map((data, n) => event(data, `log:${n + 3}`));
      const result = await play(source(), [run(true), more.join('')], ending);
      expect([result.status, result.requests.length]).toEqual(['complete', 2]);
      expect(joinAnswer(result.parts).text).toBe('ab');
    },
  );
});

describe('an id of the peer in an address', () => {
  const ids = ['..', '.', '../../admin', 'a/../b', '..\\admin', '/admin', 'a//b', '\ud800'];

  it.each(ids)('leads nowhere else: %j', async (id) => {
    const created = { type: 'response.created', sequence_number: 0, response: { id } };
    const text =
      event(created) +
      event({ type: 'response.output_text.delta', sequence_number: 1, delta: 'a' });
    const responses = openaiResponses({
      url: 'http://127.0.0.1/v1/responses',
      body: { stream: true },
    });
    const one = await play(responses, [text], 'reset');
    expect(one.requests).toEqual(['POST /v1/responses']);
    expect(one.status).toBe('failed');
    const interaction = { event_type: 'interaction.created', event_id: 'e', interaction: { id } };
    const gemini = geminiInteractions({ url: 'http://127.0.0.1/v1/i', body: { stream: true } });
    expect((await play(gemini, [event(interaction)], 'reset')).requests).toEqual(['POST /v1/i']);
  });

  it('is one segment of the path, whatever stands in it', async () => {
    const created = {
      type: 'response.created',
      sequence_number: 0,
      response: { id: 'a/b?c#d e%2e' },
    };
    const responses = openaiResponses({
      url: 'http://127.0.0.1/v1/responses',
      body: { stream: true },
    });
    const [first, second] = (await play(responses, [event(created)], 'reset')).requests;
    expect([first, second]).toEqual([
      'POST /v1/responses',
      'GET /v1/responses/a%2Fb%3Fc%23d%20e%252e',
    ]);
  });

  it('of a chat that would lead elsewhere is refused at once', () => {
    for (const chatId of ['..', '.', 'a/../b', ''])
      expect(() => aiSdkUi({ url: 'http://127.0.0.1/chat', chatId, body: {} })).toThrow(
        'expected chatId to be one segment of a path',
      );
  });
});

it('an answer that is cancelled asks for its run by its id alone', async () => {
  const requests: string[] = [];
  vi.stubGlobal('fetch', (url: string | URL, init: RequestInit) => {
    requests.push(`${init.method ?? 'GET'} ${new URL(url).pathname}`);
    const created = { type: 'response.created', sequence_number: 0, response: { id: '../x' } };
    return Promise.resolve(response(event(created), 'silence'));
  });
  const stream = reconnectStream(
    openaiResponses({ url: 'http://127.0.0.1/v1/responses', body: { stream: true } }),
  );
  for await (const _ of stream) break;
  await stream.cancel();
  expect(requests).toEqual(['POST /v1/responses']);
});
