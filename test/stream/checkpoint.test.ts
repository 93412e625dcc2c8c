/** A stream goes on in another process where its consumer was: nothing lost, nothing twice. */

import { describe, expect, it } from 'vitest';
import { parseCheckpoint } from '../../machines/index.js';
import { reconnectStream } from '../../src/index.js';
import { agUi } from '../../src/sources/index.js';
import type { Checkpoint, ReconnectState, SourceItem, StreamState } from '../../src/index.js';
import { eventsOf, inState, onVirtualClock, read, record } from '../support/facts.js';
import { scriptedSource, virtualClock } from '../../src/testing/index.js';
import type { ScriptedSource } from '../../src/testing/index.js';
import { END, after, item, items, range } from '../support/numbered-log.js';

const LENGTH = 12;

/** Each batch is three items of the log; the server honours the cursor. */
function honest(): ScriptedSource<number> {
  return scriptedSource({
    script: (at) => {
      const rest = items(after(at) + 1, LENGTH);
      const batches = range(0, 3).map((n) => rest.slice(n * 3, n * 3 + 3));
      return [...batches, [END]];
    },
  });
}

/** Reads the rest from a checkpoint that went through JSON. */
async function readOn(
  checkpoint: Checkpoint,
): Promise<{ items: number[]; streamState: StreamState }> {
  const stream = reconnectStream(honest(), { checkpoint: JSON.stringify(checkpoint) });
  const { items: rest, ended } = read(stream);
  stream.retryNow();
  expect(await ended).toBe(null);
  const { streamState } = await stream.done;
  return { items: rest, streamState };
}

describe('a checkpoint', () => {
  it.each([1, 3, 64])(
    'inside the loop covers exactly what was delivered, with a queue of %i',
    async (highWaterMark) => {
      const stream = reconnectStream(honest(), { highWaterMark });
      const got: number[] = [];
      for await (const one of stream) {
        got.push(one);
        const checkpoint = stream.checkpoint();
        expect(checkpoint.cursor).toBe(String(one));
        expect(checkpoint.streamState).toMatchObject({
          chunksReceived: one,
          bytesReceived: one,
        });
        const rest = await readOn(checkpoint);
        expect([...got, ...rest.items]).toEqual(range(1, LENGTH));
        expect(rest.streamState.chunksReceived).toBe(LENGTH);
      }
      expect(got).toEqual(range(1, LENGTH));
    },
  );

  it('between batches covers the whole batches that were delivered', async () => {
    const stream = reconnectStream(honest());
    for await (const batch of stream.batches()) {
      expect(stream.checkpoint().streamState.chunksReceived).toBe(batch.at(-1));
      expect(stream.checkpoint().cursor).toBe(String(batch.at(-1)));
    }
  });

  it('covers nothing of a tool call whose pieces were not delivered yet', async () => {
    const piece = (n: number, args: string, done = false) => ({
      ...item(n),
      type: 'data' as const,
      data: n,
      bytes: 1,
      toolCall: [{ id: 'call', args, done }],
    });
    const source = scriptedSource({ script: [[[piece(1, '{"a"'), piece(2, ':1}', true)], [END]]] });
    const stream = reconnectStream(source);
    const iterator = stream[Symbol.asyncIterator]();
    const calls: unknown[] = [];
    for (const _ of [1, 2]) {
      await iterator.next();
      calls.push(stream.checkpoint().streamState.toolCalls['call']);
    }
    expect(calls).toEqual([
      { name: null, args: '{"a"', status: 'streaming' },
      { name: null, args: '{"a":1}', status: 'complete' },
    ]);
    stream.close();
  });
});

describe('a tool call', () => {
  it('is complete once, whatever a peer adds to it afterwards', async () => {
    const piece = (n: number, delta: object): SourceItem<number> => ({
      type: 'data',
      data: n,
      bytes: 1,
      id: String(n),
      toolCall: [{ id: 'call', ...delta }],
    });
    const source = scriptedSource({
      script: [
        [
          [
            piece(1, { name: 'f', args: '{}', done: true }),
            piece(2, { args: '{}', done: true }),
            piece(3, { name: 'f' }),
            piece(4, { done: true }),
            END,
          ],
        ],
      ],
    });
    const stream = reconnectStream(source);
    const heard = record(stream);
    const { items: got, ended } = read(stream);
    expect(await ended).toBe(null);
    expect(got).toEqual([1, 2, 3, 4]);
    expect(eventsOf(heard, 'toolCall').map(({ status }) => status)).toEqual(['complete']);
    expect((await stream.done).streamState.toolCalls['call']?.args).toBe('{}');
  });
});

describe('a checkpoint between two ids', () => {
  const ARGS = '[1,2,3,4,5,6]';
  const pieces = range(1, 6).map((n) => (n === 1 ? '[1' : `,${n}${n === 6 ? ']' : ''}`));

  /** Six pieces of one tool call; those in the set have ids, and the server goes on after the cursor. */
  function partly(ids: ReadonlySet<number>, perBatch: number): ScriptedSource<number> {
    return scriptedSource({
      script: (at) => {
        const rest = range(after(at) + 1, 6).map((n) => ({
          type: 'data' as const,
          data: n,
          bytes: n,
          toolCall: [{ id: 'call', args: pieces[n - 1] ?? '', done: n === 6 }],
          ...(ids.has(n) ? { id: String(n) } : {}),
        }));
        const batches = range(0, 5).map((n) => rest.slice(n * perBatch, (n + 1) * perBatch));
        return [...batches, [END]];
      },
    });
  }

  const sets = range(0, 63).map(
    (bits) => new Set(range(1, 6).filter((n) => bits & ((1 << n) >> 1))),
  );

  it.each([
    ['commit', 1],
    ['commit', 4],
    ['eager', 1],
    ['eager', 4],
  ] as const)('leaves out what comes again: %s, %i a batch', async (delivery, perBatch) => {
    for (const ids of sets) {
      const stream = reconnectStream(partly(ids, perBatch), { delivery });
      for await (const one of stream) {
        const checkpoint = stream.checkpoint();
        const covered = Math.max(0, ...[...ids].filter((id) => id <= one));
        const label = `ids ${[...ids].join()}, after ${one}`;
        if (checkpoint.state === 'closed') {
          // The end covers everything before it.
          expect(one, label).toBe(6);
          expect(checkpoint.streamState.chunksReceived, label).toBe(6);
          continue;
        }
        if (covered > 0) {
          expect(checkpoint.cursor, label).toBe(String(covered));
          expect(checkpoint.streamState, label).toMatchObject({
            chunksReceived: covered,
            bytesReceived: (covered * (covered + 1)) / 2,
          });
        }
        const again = reconnectStream(partly(ids, perBatch), { delivery, checkpoint });
        const { items: rest, ended } = read(again);
        expect(await ended, label).toBe(null);
        expect(rest, label).toEqual(range(covered + 1, 6));
        const { streamState } = await again.done;
        expect(streamState.chunksReceived, label).toBe(6);
        expect(streamState.toolCalls['call'], label).toMatchObject({
          args: ARGS,
          status: 'complete',
        });
      }
    }
  });
});

describe('a checkpoint that is saved', () => {
  const states: Record<ReconnectState, string> = {
    idle: 'before the start',
    connecting: 'while it connects',
    connected: 'in mid-stream',
    waiting: 'while it waits',
    paused: 'while it is paused',
    failed: 'after it has failed',
    closed: 'after it was closed',
  };

  it.each(Object.keys(states) as ReconnectState[])('when %s is gone on with', async (state) => {
    const first = scriptedSource({
      script: (_, nth) => {
        if (nth > 0) return 'no answer';
        return state === 'connecting' || state === 'waiting' || state === 'failed'
          ? [items(1, 3), items(4, 5), 'drop']
          : [items(1, 3), items(4, 5)];
      },
    });
    const { stream, clock } = onVirtualClock(first, { maxAttempts: state === 'failed' ? 0 : 5 });
    const { items: got } = state === 'idle' ? { items: [] as number[] } : read(stream);
    await clock.settle();
    if (state === 'connecting') await clock.advance(1000);
    if (state === 'paused') stream.pause();
    if (state === 'closed') stream.close();
    await clock.settle();
    const checkpoint = stream.checkpoint();
    expect(checkpoint.state).toBe(state);
    expect(got).toEqual(state === 'idle' ? [] : range(1, 5));
    const rest = await readOn(checkpoint);
    expect([...got, ...rest.items]).toEqual(range(1, LENGTH));
    expect(rest.streamState).toMatchObject({ chunksReceived: LENGTH, bytesReceived: LENGTH });
  });

  it('while the stream waits waits only the rest', async () => {
    const { stream, clock } = onVirtualClock(scriptedSource({ script: [[items(1, 3), 'drop']] }), {
      initialBackoffMs: 10_000,
    });
    read(stream);
    await clock.advance(4000);
    const checkpoint = stream.checkpoint();
    expect(checkpoint).toMatchObject({ state: 'waiting', retryAt: 10_000, cursor: '3' });
    const source = honest();
    const restored = onVirtualClock(source, { checkpoint, clock: virtualClock(7000) });
    const { items: rest, ended } = read(restored.stream);
    await restored.clock.advance(2999);
    expect(source.openings).toEqual([]);
    await restored.clock.advance(1);
    expect(await ended).toBe(null);
    expect(rest).toEqual(range(4, LENGTH));
    expect(eventsOf(restored.heard, 'waiting').map(({ delayMs }) => delayMs)).toEqual([3000]);
  });

  it('of a loop that was left in the middle of a batch goes on with the next item', async () => {
    const source = scriptedSource({ script: (at) => [[...items(after(at) + 1, 10), END]] });
    const first = reconnectStream(source);
    const got: number[] = [];
    for await (const one of first) {
      got.push(one);
      if (one === 3) break;
    }
    const checkpoint = first.checkpoint();
    expect(checkpoint).toMatchObject({ cursor: '3', streamState: { chunksReceived: 3 } });
    const second = reconnectStream(source, { checkpoint });
    for await (const one of second) got.push(one);
    expect(got).toEqual(range(1, 10));
    expect((await second.done).streamState.chunksReceived).toBe(10);
  });

  it('of a stream that was restored and never started is the same one', () => {
    const checkpoint = waitingCheckpoint();
    const restored = reconnectStream(honest(), { checkpoint });
    expect(restored.checkpoint()).toEqual({ ...checkpoint, state: 'idle' });
  });

  it.each([
    ['long ago', 10 ** 9, 0],
    ['by a clock that was ahead by a year', -365 * 86_400_000, 450_000],
  ])('%s is gone on with after a bounded wait', async (_, shift, longest) => {
    const saved: Checkpoint = {
      ...waitingCheckpoint(),
      retryAt: Math.max(0, 10 ** 12 - shift),
    };
    const { stream, clock, heard } = onVirtualClock(honest(), {
      checkpoint: saved,
      clock: virtualClock(10 ** 12),
    });
    stream.start();
    await clock.advance(longest);
    await inState(stream, 'closed');
    expect(eventsOf(heard, 'waiting').every(({ delayMs }) => delayMs <= longest)).toBe(true);
  });

  it('never says "connected" without a connection', () => {
    const checkpoint: Checkpoint = { ...waitingCheckpoint(), state: 'connected', retryAt: null };
    expect(reconnectStream(honest(), { checkpoint }).state).toBe('idle');
  });
});

function waitingCheckpoint(): Checkpoint {
  const stream = reconnectStream(honest());
  const checkpoint = stream.checkpoint();
  stream.close();
  return { ...checkpoint, state: 'waiting', attempt: 1, retryAt: 0 };
}

describe('a checkpoint after the end was read, while the connection goes on', () => {
  const text = (delta: string): object => ({ type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta });
  const WIRE = [
    { type: 'RUN_STARTED', threadId: 't', runId: 'r' },
    text('one '),
    text('two'),
    { type: 'RUN_FINISHED', threadId: 't', runId: 'r', finishReason: 'stop' },
  ].map((event, n) => `id: ${n}\ndata: ${JSON.stringify(event)}\n\n`);

  /** An answer whose bytes do not end. */
  function open(pieces: readonly string[]) {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      },
    });
    const headers = { 'content-type': 'text/event-stream' };
    return agUi({
      url: 'http://x.test/',
      body: {},
      fetch: () => Promise.resolve(new Response(body, { headers })),
    });
  }

  async function savedAfter(count: number, pieces: readonly string[]): Promise<Checkpoint> {
    const stream = reconnectStream(open(pieces));
    let left = count;
    for await (const _ of stream) if (--left === 0) break;
    return parseCheckpoint(JSON.stringify(stream.checkpoint()));
  }

  it('is one of a stream that has ended: no request follows', async () => {
    const saved = await savedAfter(4, [WIRE.join('')]);
    expect(saved).toMatchObject({ state: 'closed', outcome: 'complete' });
    const source = { ...open([]), open: () => Promise.reject(new Error('it was asked')) };
    const again = reconnectStream(source, { checkpoint: saved });
    const { items: rest, ended } = read(again);
    expect([await ended, rest, (await again.done).status]).toEqual([null, [], 'complete']);
  });

  it.each([1, 2, 3])('is one to go on with where only %i items were delivered', async (count) => {
    const saved = await savedAfter(count, [WIRE.join('')]);
    expect(saved).toMatchObject({ outcome: 'closed', cursor: String(count - 1) });
  });

  it('is one to go on with where the answer went on', async () => {
    const more = [WIRE.join(''), `id: 9\ndata: ${JSON.stringify(text('more'))}\n\n`];
    expect(await savedAfter(5, more)).toMatchObject({ outcome: 'closed', cursor: '9' });
  });
});
