/** A server that sends an answer from its beginning, to a reader that cannot know by its ids what is old. */

import { describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import type { ReconnectEvent } from '../../src/index.js';
import { agUi, openaiResponses } from '../../src/sources/index.js';
import { virtualClock } from '../../src/testing/index.js';
import type { ModelPart } from '../../src/tool-calls/index.js';

const RUN = [
  { type: 'RUN_STARTED', threadId: 't', runId: 'r' },
  { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: 'one ' },
  { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: 'two ' },
  { type: 'TOOL_CALL_START', toolCallId: 'a', toolCallName: 'pay' },
  { type: 'TOOL_CALL_ARGS', toolCallId: 'a', delta: '{"n"' },
  { type: 'TOOL_CALL_ARGS', toolCallId: 'a', delta: ':1}' },
  { type: 'TOOL_CALL_END', toolCallId: 'a' },
  { type: 'RUN_FINISHED', threadId: 't', runId: 'r', finishReason: 'stop' },
];

const item = { id: 'i', type: 'function_call', call_id: 'a', name: 'pay' };
const RESPONSE = [
  { type: 'response.created', response: { id: 'resp' } },
  { type: 'response.output_text.delta', item_id: 'm', delta: 'one ' },
  { type: 'response.output_text.delta', item_id: 'm', delta: 'two ' },
  { type: 'response.output_item.added', item },
  { type: 'response.function_call_arguments.delta', item_id: 'i', delta: '{"n"' },
  { type: 'response.function_call_arguments.delta', item_id: 'i', delta: ':1}' },
  {
    type: 'response.output_item.done',
    item: { ...item, arguments: '{"n":1}', status: 'completed' },
  },
  { type: 'response.completed', response: { id: 'resp', status: 'completed' } },
];

/** Each request but the first `cut` events gets all of them. */
function peer(list: readonly object[], idOf: (n: number) => number, cuts: readonly number[]) {
  const asked: string[] = [];
  const fetch = (_: unknown, init: RequestInit = {}): Promise<Response> => {
    const cut = cuts[asked.push(init.method ?? 'GET') - 1] ?? list.length;
    const body = list
      .slice(0, cut)
      .map((event, n) => {
        const data = JSON.stringify({ ...event, sequence_number: idOf(n) });
        return `id: e${idOf(n)}\ndata: ${data}\n\n`;
      })
      .join('');
    return Promise.resolve(
      new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
    );
  };
  return { fetch: fetch as typeof globalThis.fetch, asked };
}

const FORMATS = {
  agUi: {
    list: RUN,
    source: (fetch: typeof globalThis.fetch) => agUi({ url: 'http://x.test/', body: {}, fetch }),
  },
  openaiResponses: {
    list: RESPONSE,
    source: (fetch: typeof globalThis.fetch) =>
      openaiResponses({
        url: 'http://x.test/v1/responses',
        body: { stream: true, background: true },
        fetch,
      }),
  },
};

interface Seen {
  readonly text: string;
  /** Every call that was delivered, also before a reset. */
  readonly calls: readonly unknown[];
  readonly status: string;
  readonly asked: number;
  readonly events: readonly ReconnectEvent[];
}

/** @param saveAfter the place is saved after so many parts, and a new process goes on */
async function read(
  name: keyof typeof FORMATS,
  idOf: (n: number) => number,
  cuts: readonly number[],
  saveAfter = Infinity,
): Promise<Seen> {
  const { list, source } = FORMATS[name];
  const { fetch, asked } = peer(list, idOf, cuts);
  const clock = virtualClock();
  const parts: ModelPart[] = [];
  const calls: unknown[] = [];
  const events: ReconnectEvent[] = [];
  let saved: string | undefined;
  let status = '';
  const follow = async (count: number): Promise<void> => {
    const checkpoint = saved === undefined ? {} : { checkpoint: saved };
    const stream = reconnectStream(source(fetch), { clock, ...checkpoint });
    stream.actor.on('*', (event) => void events.push(event));
    stream.on('reset', ({ items }) => void parts.splice(Math.max(0, parts.length - items)));
    let left = count;
    for await (const part of stream) {
      parts.push(part);
      if (part.type === 'toolCall') calls.push(part.input);
      if (--left > 0) continue;
      saved = JSON.stringify(stream.checkpoint());
      break;
    }
    ({ status } = await stream.done);
  };
  const reading = follow(saveAfter).then(() =>
    saveAfter === Infinity ? undefined : follow(Infinity),
  );
  await clock.advance(600_000);
  await reading;
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
  return { text, calls, status, asked: asked.length, events };
}

const same = (): number => 0;
const counted = (n: number): number => n;
const WHOLE = { text: 'one two ', calls: [{ n: 1 }], status: 'complete' };

describe.each(['agUi', 'openaiResponses'] as const)('%s', (name) => {
  it.each([2, 3, 5, 7])(
    'starts over where all ids are the same, cut after %i events',
    async (cut) => {
      const seen = await read(name, same, [cut]);
      expect(seen).toMatchObject({ ...WHOLE, asked: 2 });
      expect(seen.events).toContainEqual(expect.objectContaining({ type: 'reset', scope: 'all' }));
      expect(seen.events).toContainEqual(
        expect.objectContaining({ type: 'diagnostic', code: 'ids-useless' }),
      );
    },
  );

  it.each([2, 3, 5, 6, 7])(
    'a new process knows what it has of a replay, saved after %i parts',
    async (saveAfter) => {
      const seen = await read(name, counted, [], saveAfter);
      expect(seen).toMatchObject({ ...WHOLE, asked: 2 });
      expect(seen.events.filter(({ type }) => type === 'reset' || type === 'gap')).toEqual([]);
    },
  );

  it('a new process does not take the replay for news when that is cut as well', async () => {
    expect(await read(name, counted, [8, 2, 6], 4)).toMatchObject({ ...WHOLE, asked: 4 });
  });

  it.each([2, 3, 5])(
    'a new process starts over where all ids are the same, saved after %i parts',
    async (saveAfter) => {
      const seen = await read(name, same, [], saveAfter);
      expect(seen).toMatchObject({ ...WHOLE, asked: 2 });
    },
  );
});
