/** Methods may be taken off a stream, as hooks and event handlers do. */

import { describe, expect, it } from 'vitest';
import { createReconnectManager, reconnectStream } from '../../src/index.js';
import type { ReconnectState } from '../../src/index.js';
import { scriptedSource } from '../../src/testing/index.js';
import { onVirtualClock } from '../support/facts.js';
import { END, bare } from '../support/numbered-log.js';

const NAMES = [
  'start',
  'on',
  'subscribe',
  'retryNow',
  'pause',
  'resume',
  'close',
  'cancel',
  'batches',
  'checkpoint',
] as const;

describe('methods of a stream', () => {
  it('work without it', async () => {
    const source = scriptedSource({ script: () => [[bare(1)]] });
    const { stream, clock } = onVirtualClock(source);
    const { start, on, subscribe, retryNow, pause, resume, cancel, checkpoint } = stream;
    const states: ReconnectState[] = [];
    const events: string[] = [];
    subscribe(({ state }) => states.push(state));
    on('paused', ({ type }) => events.push(type));
    start();
    await clock.settle();
    pause('mine');
    expect(checkpoint().state).toBe('paused');
    resume('mine');
    await clock.settle();
    retryNow();
    await clock.settle();
    await cancel();
    expect((await stream.done).status).toBe('cancelled');
    expect([states.at(0), states.at(-1), events]).toEqual(['connecting', 'closed', ['paused']]);
  });

  it('read and close without it', async () => {
    const { batches } = reconnectStream(scriptedSource({ script: [[[bare(1), bare(2)], [END]]] }));
    const got: (readonly number[])[] = [];
    for await (const batch of batches()) got.push(batch);
    expect(got).toEqual([[1, 2]]);
    const stream = reconnectStream(scriptedSource());
    const { close } = stream;
    [() => {}, close].forEach((listener) => listener());
    expect((await stream.done).status).toBe('closed');
  });

  it('are the same function each time, so that a hook subscribes once', () => {
    const stream = reconnectStream(scriptedSource());
    const other = reconnectStream(scriptedSource());
    for (const name of NAMES) {
      expect(stream[name], name).toBe(stream[name]);
      expect(stream[name], name).not.toBe(other[name]);
    }
    // What useSyncExternalStore(stream.subscribe, () => stream.snapshot) does.
    let renders = 0;
    const { subscribe } = stream;
    const stop = subscribe(() => (renders += 1));
    const before = stream.snapshot;
    expect(stream.snapshot).toBe(before);
    stream.start();
    expect(stream.snapshot).not.toBe(before);
    stop();
    stream.pause();
    expect(renders).toBe(1);
    stream.close();
    other.close();
  });

  it('cost nothing where nobody takes them', async () => {
    const stream = reconnectStream(scriptedSource({ script: [[[bare(1), END]]] }));
    for await (const one of stream) expect(one).toBe(1);
    expect(NAMES.filter((name) => Object.hasOwn(stream, name))).toEqual([]);
  });
});

describe('methods of a manager', () => {
  it('work without it', () => {
    const manager = createReconnectManager({ jitter: 'none' });
    const { startAttempt, markConnecting, markConnected, markFailed, reset } = manager;
    const { canRetry, canResume, recordChunk, startToolCall, appendToolArgs, endToolCall } =
      manager;
    expect([startAttempt(), canRetry(), canResume()]).toEqual([1000, true, true]);
    markConnecting();
    markConnected();
    recordChunk(3, 4);
    startToolCall('a');
    appendToolArgs('{}');
    endToolCall();
    expect(manager.streamState).toMatchObject({ chunksReceived: 1, inToolCall: false });
    markFailed('x');
    expect(manager.state).toBe('failed');
    reset();
    expect(manager.state).toBe('idle');
  });
});
