/** A call that was delivered is delivered once, also where the drop comes before the place behind it. */

import { describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import { agUi } from '../../src/sources/index.js';
import { onVirtualClock } from '../support/facts.js';

/** Events of which only some have an id: the calls have none. */
const WIRE: readonly string[] = [
  'id: 1\ndata: {"type":"RUN_STARTED","threadId":"t","runId":"r"}\n\n',
  'id: 2\ndata: {"type":"TEXT_MESSAGE_CONTENT","delta":"a"}\n\n',
  'data: {"type":"TOOL_CALL_START","toolCallId":"c1","toolCallName":"pay"}\n\n',
  'data: {"type":"TOOL_CALL_ARGS","toolCallId":"c1","delta":"{\\"eur\\":5}"}\n\n',
  'data: {"type":"TOOL_CALL_END","toolCallId":"c1"}\n\n',
  'data: {"type":"TEXT_MESSAGE_CONTENT","delta":"b"}\n\n',
  'id: 3\ndata: {"type":"RUN_FINISHED","threadId":"t","runId":"r"}\n\n',
];

const source = (cuts: readonly number[]): ReturnType<typeof agUi> => {
  let asked = 0;
  const fetch = (_: string | URL, init: RequestInit = {}): Promise<Response> => {
    const cursor = new Headers(init.headers).get('last-event-id');
    const from = cursor === null ? 0 : Number(cursor);
    const body = WIRE.slice(from, cuts[asked++]).join('');
    return Promise.resolve(
      new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
    );
  };
  return agUi({ url: 'http://peer.test/run', body: {}, fetch });
};

describe.each(['eager', 'commit'] as const)('%s', (delivery) => {
  it.each([[[5]], [[6]], [[4, 5, 6]], [[5, 5, 5, 4, 6]]])('cut after %j events', async (cuts) => {
    const { stream, clock } = onVirtualClock(source(cuts), { delivery });
    let text = '';
    let committed = '';
    const calls: unknown[] = [];
    const complete: string[] = [];
    stream.actor.on('toolCall', ({ id, status }) => {
      if (status === 'complete') complete.push(id);
    });
    stream.on('reset', () => void (text = committed));
    const reading = (async () => {
      for await (const part of stream) {
        if (part.type === 'text') text += part.text;
        if (part.type === 'text' && part.text === 'a') committed = text;
        if (part.type === 'toolCall') calls.push(part.input);
      }
    })();
    await clock.advance(3_600_000);
    await reading;
    expect([calls, complete, text]).toEqual([[{ eur: 5 }], ['c1'], 'ab']);
    const { status, streamState } = await stream.done;
    expect(status).toBe('complete');
    expect(streamState.toolCalls['c1']).toMatchObject({ status: 'complete', args: '{"eur":5}' });
  });
});

it('a call that was delivered before the place was saved is not delivered by another process', async () => {
  const first = reconnectStream(source([6]), { delivery: 'eager', maxAttempts: 1 });
  let saved = '';
  first.on('dropped', () => void (saved = JSON.stringify(first.checkpoint())));
  for await (const part of first) if (part.type === 'text' && saved !== '') break;
  const second = reconnectStream(source([]), { checkpoint: saved });
  const parts: string[] = [];
  for await (const part of second) parts.push(part.type === 'event' ? part.name : `${part.type}`);
  expect(parts).not.toContain('toolCall');
  expect(parts).toContain('repeatedToolCall');
});

/** A call that leaves with the end of its run, and is not the last part of that event. */
const SHORT: readonly string[] = [
  'id: log\ndata: {"type":"RUN_STARTED","threadId":"t","runId":"r"}\n\n',
  'id: log\ndata: {"type":"TOOL_CALL_CHUNK","toolCallId":"c1","toolCallName":"pay","delta":"{}"}\n\n',
  'id: log\ndata: {"type":"RUN_FINISHED","threadId":"t","runId":"r"}\n\n',
];

it.each([
  ['an event that ends behind the call, by ids that are all the same', SHORT],
  ['events without ids', WIRE],
])('a place that is saved with the call knows it: %s', async (_, wire) => {
  const fetch = (): Promise<Response> =>
    Promise.resolve(
      new Response(wire.join(''), { headers: { 'content-type': 'text/event-stream' } }),
    );
  const create = (): ReturnType<typeof agUi> =>
    agUi({ url: 'http://peer.test/run', body: {}, fetch });
  const first = reconnectStream(create(), { delivery: 'eager' });
  let saved = '';
  for await (const part of first) {
    if (part.type !== 'toolCall') continue;
    saved = JSON.stringify(first.checkpoint());
    break;
  }
  const second = reconnectStream(create(), { checkpoint: saved });
  const types: string[] = [];
  for await (const part of second) types.push(part.type);
  expect(types).not.toContain('toolCall');
  expect((await second.done).status).toBe('complete');
});
