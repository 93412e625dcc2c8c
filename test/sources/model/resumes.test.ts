/** What a model's answer keeps, and says, where a reconnect brings nothing of it. */

import { describe, expect, it } from 'vitest';
import { reconnectStream } from '../../../src/index.js';
import type { ReconnectError, StreamSource } from '../../../src/index.js';
import { aiSdkUi, geminiInteractions, openaiResponses } from '../../../src/sources/index.js';
import type { ModelPart } from '../../../src/tool-calls/index.js';
import { onVirtualClock } from '../../support/facts.js';

type Reply = { readonly status?: number; readonly body?: string | null };

function peer(replies: readonly Reply[]): { fetch: typeof globalThis.fetch; asked: string[] } {
  const asked: string[] = [];
  const fetch = (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const { pathname, search } = new URL(url);
    const reply = replies[asked.push(`${init.method ?? 'GET'} ${pathname}${search}`) - 1];
    const { status = 200, body = '' } = reply ?? { status: 404 };
    const type = status === 200 ? 'text/event-stream' : 'text/plain';
    return Promise.resolve(
      new Response(status === 204 ? null : body, { status, headers: { 'content-type': type } }),
    );
  };
  return { fetch: fetch as typeof globalThis.fetch, asked };
}

interface Result {
  readonly text: string;
  readonly events: readonly string[];
  readonly status: string;
  readonly error: ReconnectError | null;
}

async function read(source: StreamSource<ModelPart>): Promise<Result> {
  const { stream, clock } = onVirtualClock(source);
  const parts: ModelPart[] = [];
  const events: string[] = [];
  stream.actor.on('*', ({ type }) => void events.push(type));
  stream.on('restarted', () => void parts.splice(0));
  let error: ReconnectError | null = null;
  const reading = (async () => {
    try {
      for await (const part of stream) parts.push(part);
    } catch (thrown) {
      error = thrown as ReconnectError;
    }
  })();
  await clock.advance(3_600_000);
  await reading;
  const { status } = await stream.done;
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
  return { text, events, status, error };
}

const events = (...list: readonly object[]): string =>
  list.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('');

describe('a replay that brings nothing', () => {
  const shown = events({ type: 'start', messageId: 'm' }, { type: 'text-delta', delta: 'shown' });
  const failing =
    shown + events({ type: 'error', error: { type: 'server_error', message: 'why' } });
  const source = (fetch: typeof globalThis.fetch): StreamSource<ModelPart> =>
    aiSdkUi({ url: 'http://peer.test/chat', chatId: 'c', body: {}, fetch });

  it.each<[string, readonly Reply[], string, string]>([
    ['204', [{ status: 204 }], 'incomplete', ''],
    ['404', [{ status: 404 }], 'failed', 'no response to it is running any more'],
    ['no bytes, then 404', [{ body: '' }, { status: 404 }], 'failed', 'is running any more'],
    ['comments, then 204', [{ body: ': ping\n\n' }, { status: 204 }], 'incomplete', ''],
    ['no bytes for ever', Array.from({ length: 9 }, () => ({})), 'failed', 'sent nothing'],
  ])('takes nothing back: %s', async (_, replies, status, message) => {
    const { fetch } = peer([{ body: shown }, ...replies]);
    const result = await read(source(fetch));
    expect([result.text, result.status]).toEqual(['shown', status]);
    expect(result.error?.message ?? '').toContain(message);
    expect(result.events).not.toContain('restarted');
  });

  it('is followed by one that starts over', async () => {
    const whole = shown + events({ type: 'finish', finishReason: 'stop' });
    const { fetch } = peer([{ body: shown }, { body: '' }, { body: whole }]);
    const result = await read(source(fetch));
    expect([result.text, result.status]).toEqual(['shown', 'complete']);
    expect(result.events.filter((type) => type === 'restarted')).toHaveLength(1);
  });

  it.each([204, 404])('does not hide what the peer reported: %i', async (status) => {
    const { fetch } = peer([{ body: failing }, { status }]);
    const result = await read(source(fetch));
    expect([result.text, result.status]).toEqual(['shown', 'failed']);
    expect(result.error?.message).toContain('why');
  });

  it('is the end of a chat that nothing runs in', async () => {
    const { fetch } = peer([{ status: 204 }]);
    const following = aiSdkUi({ resumeUrl: 'http://peer.test/chat/c/stream', fetch });
    expect(await read(following)).toMatchObject({ text: '', status: 'complete' });
  });
});

describe('an error that passes, reported inside an answer', () => {
  const error = { error: { type: 'server_error', message: 'why it broke' } };
  const begun = (id: string): string =>
    events(
      { event_type: 'interaction.created', interaction: { id }, event_id: 'e1' },
      { event_type: 'step.delta', index: 0, delta: { type: 'text', text: 'a' }, event_id: 'e2' },
      error,
    );
  const source = (fetch: typeof globalThis.fetch): StreamSource<ModelPart> =>
    geminiInteractions({ url: 'http://peer.test/i', body: { stream: true }, fetch });

  it.each<[string, string, Reply]>([
    ['the run is unknown', 'i1', { status: 404 }],
    ['nothing is left', 'i1', { status: 204 }],
    ['the run has no name', '', {}],
  ])('is named where nobody can go on: %s', async (_, id, reply) => {
    const { fetch, asked } = peer([{ body: begun(id) }, reply]);
    const result = await read(source(fetch));
    expect([result.text, result.status]).toEqual(['a', 'failed']);
    expect(result.error?.message).toContain('why it broke');
    expect(asked.filter((one) => one.startsWith('POST'))).toHaveLength(1);
  });

  it('is forgotten once the answer went on', async () => {
    const more = { event_type: 'step.delta', index: 0, delta: { text: 'b' }, event_id: 'e3' };
    const { fetch } = peer([{ body: begun('i1') }, { body: events(more) }, { status: 404 }]);
    const result = await read(source(fetch));
    expect(result.text).toBe('ab');
    expect(result.error?.message).not.toContain('why it broke');
  });
});

describe('ids that are all the same', () => {
  const event = (type: string, fields: object): object => ({
    event_type: type,
    event_id: 'e',
    ...fields,
  });
  const created = event('interaction.created', { interaction: { id: 'i1' } });
  const text = (value: string): object => event('step.delta', { delta: { text: value } });
  const done = event('interaction.completed', { interaction: { id: 'i1', status: 'completed' } });
  const source = (fetch: typeof globalThis.fetch): StreamSource<ModelPart> =>
    geminiInteractions({ url: 'http://peer.test/i', body: { stream: true }, fetch });

  it('are not asked by for ever where every connection brings the same', async () => {
    const error = { error: { type: 'server_error', message: 'why it broke' } };
    const same = { body: events(created, text('a'), error) };
    const busy = { status: 429 };
    const replies = Array.from({ length: 99 }, (_, n) => (n % 3 === 1 ? busy : same));
    const { fetch, asked } = peer(replies);
    const result = await read(source(fetch));
    expect(result.status).toBe('failed');
    expect(result.error?.message).toContain('why it broke');
    expect(asked.length).toBeLessThan(12);
  });

  it('are asked by as long as more comes', async () => {
    const texts = Array.from({ length: 12 }, (_, n) => text(`${n} `));
    const { fetch } = peer([
      ...texts.map((_, n) => ({ body: events(created, ...texts.slice(0, n + 1)) })),
      { body: events(created, ...texts, done) },
    ]);
    const result = await read(source(fetch));
    expect(result.status).toBe('complete');
    expect(result.text.endsWith('0 1 2 3 4 5 6 7 8 9 10 11 ')).toBe(true);
  });

  it('are asked by where the peer goes on all the same', async () => {
    const texts = Array.from({ length: 12 }, (_, n) => text(`${n} `));
    const { fetch } = peer([
      { body: events(created, text('a ')) },
      ...texts.map((one) => ({ body: events(one) })),
      { body: events(done) },
    ]);
    const result = await read(source(fetch));
    expect([result.status, result.text]).toEqual(['complete', 'a 0 1 2 3 4 5 6 7 8 9 10 11 ']);
  });
});

describe('a text that comes only when its part is done', () => {
  const part = { item_id: 'm', output_index: 0, content_index: 0 };
  const wire = [
    { type: 'response.created', response: { id: 'r1' }, sequence_number: 0 },
    { type: 'response.content_part.added', ...part, sequence_number: 1 },
    { type: 'response.output_text.delta', ...part, delta: 'ab', sequence_number: 2 },
    { type: 'response.output_text.done', ...part, text: 'abcd', sequence_number: 3 },
    { type: 'response.completed', response: { id: 'r1' }, sequence_number: 4 },
  ];
  const source = (fetch: typeof globalThis.fetch): StreamSource<ModelPart> =>
    openaiResponses({ url: 'http://peer.test/r', body: { stream: true }, fetch });

  /** Reads the first events, saves the place, and goes on in a new process with the rest. */
  async function resumed(before: readonly object[], after: readonly object[]): Promise<unknown> {
    const first = reconnectStream(source(peer([{ body: events(...before) }]).fetch));
    let left = before.length;
    for await (const _ of first) if (--left === 0) break;
    const checkpoint = JSON.stringify(first.checkpoint());
    const second = reconnectStream(source(peer([{ body: events(...after) }]).fetch), {
      checkpoint,
    });
    let text = '';
    for await (const one of second) if (one.type === 'text') text += one.text;
    return [text, (await second.done).status];
  }

  it('is delivered in a new process that had none of it', async () => {
    const [created, added, , done, end] = wire as [object, object, object, object, object];
    expect(await resumed([created, added], [done, end])).toEqual(['abcd', 'complete']);
  });

  it('is not repeated where it came, and nothing is complete without it', async () => {
    const [created, added, piece, done, end] = wire as [object, object, object, object, object];
    const same = { ...done, text: 'ab' };
    expect(await resumed([created, added, piece], [same, end])).toEqual(['', 'complete']);
    expect(await resumed([created, added, piece], [done, end])).toEqual(['', 'incomplete']);
  });
});
