/** The actor of a stream is public: stopping it, as one stops any actor of XState, ends the stream. */

import { describe, expect, it } from 'vitest';
import type { ReconnectState } from '../../src/index.js';
import { scriptedSource } from '../../src/testing/index.js';
import type { ScriptedSource } from '../../src/testing/index.js';
import { onVirtualClock, read } from '../support/facts.js';
import { bare } from '../support/numbered-log.js';

/** How a stream comes to this state, once it was asked for its first item. */
const STATES: Record<Exclude<ReconnectState, 'closed'>, () => ScriptedSource<number>> = {
  idle: () => scriptedSource(),
  connecting: () => scriptedSource({ script: ['no answer'] }),
  connected: () => scriptedSource({ script: [[[bare(1)]]] }),
  waiting: () => scriptedSource({ script: ['no answer'].map(() => ({ refuses: new Error('x') })) }),
  paused: () => scriptedSource({ script: [[[bare(1)]]] }),
  failed: () => scriptedSource({ script: [[[bare(1)], 'drop']], resume: 'none' }),
};

describe('stream.actor.stop()', () => {
  it.each(Object.keys(STATES) as (keyof typeof STATES)[])(
    'ends the loop, settles done and releases the connection: %s',
    async (state) => {
      const source = STATES[state]();
      const controller = new AbortController();
      const { stream, clock } = onVirtualClock(source, { signal: controller.signal });
      const states: ReconnectState[] = [];
      stream.subscribe((snapshot) => states.push(snapshot.state));
      const before = state === 'idle' ? null : read(stream);
      await clock.settle();
      if (state === 'paused') stream.pause();
      expect(stream.state).toBe(state);

      stream.actor.stop();
      const isFailed = state === 'failed';
      expect((await stream.done).status).toBe(isFailed ? 'failed' : 'closed');
      expect((await (before ?? read(stream)).ended)?.kind).toBe(
        isFailed ? 'not-resumable' : undefined,
      );
      expect([stream.state, stream.snapshot.state, states.at(-1)]).toEqual([
        'closed',
        'closed',
        'closed',
      ]);
      expect([source.live, clock.armed]).toEqual([0, 0]);

      const opened = source.openings.length;
      stream.start();
      stream.retryNow();
      stream.resume();
      stream.close();
      controller.abort();
      await stream.cancel();
      await clock.advance(100_000);
      expect(source.openings).toHaveLength(opened);
    },
  );

  it('in the middle of a stream says exactly what was received, and no call stays open', async () => {
    const call = { ...bare(1), toolCall: [{ id: 'a', name: 'look', args: '{' }] };
    const source = scriptedSource({ script: [[[call], [bare(2), bare(3)]]] });
    const { stream, clock } = onVirtualClock(source);
    const { items } = read(stream);
    await clock.settle();
    stream.actor.stop();
    const { streamState } = await stream.done;
    expect([items, streamState.chunksReceived]).toEqual([[1, 2, 3], 3]);
    expect(streamState.toolCalls['a']?.status).toBe('interrupted');
    const restored = onVirtualClock(source, { checkpoint: stream.checkpoint() });
    restored.stream.start();
    expect(restored.stream.state).toBe('connecting');
    restored.stream.close();
  });
});

describe('a command that is sent to the actor itself', () => {
  it('leaves the connection, which reports what came over it', async () => {
    const source = scriptedSource<number>({ script: [[[bare(1)], [bare(2), bare(3)]]] });
    const { stream, clock } = onVirtualClock(source);
    read(stream);
    await clock.settle();
    stream.actor.send({ type: 'pause' });
    expect([stream.state, stream.snapshot.streamState.chunksReceived]).toEqual(['paused', 3]);
    expect(source.live).toBe(0);
    stream.close();
  });

  it('forgets what came, where it is reset', async () => {
    const { stream, clock } = onVirtualClock(scriptedSource({ script: [[[bare(1), bare(2)]]] }));
    read(stream);
    await clock.settle();
    stream.actor.send({ type: 'reset' });
    expect([stream.state, stream.snapshot.streamState.chunksReceived]).toEqual(['idle', 0]);
    stream.close();
  });
});

describe('a machine that stops by an error', () => {
  it.each(['connecting', 'connected'] as const)('leaves no connection open: %s', async (state) => {
    const source = scriptedSource<number>({ script: [[[bare(1)]]] });
    let isBroken = false;
    const { stream, clock } = onVirtualClock(source);
    const now = clock.now.bind(clock);
    Object.assign(stream.actor.clock, {
      now: () => {
        if (isBroken) throw new Error('the clock broke');
        return now();
      },
    });
    stream.start();
    if (state === 'connected') await clock.settle();
    expect(stream.state).toBe(state);
    isBroken = true;
    stream.actor.send({ type: 'pause' });
    isBroken = false;
    await clock.settle();
    expect((await stream.done).error?.kind).toBe('usage');
    expect(source.live).toBe(0);
  });
});
