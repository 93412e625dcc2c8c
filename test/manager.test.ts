import { describe, expect, it } from 'vitest';
import { createReconnectManager, defaultReconnectConfig } from '../src/index.js';
import type { ReconnectEvent, ReconnectManager } from '../src/index.js';
import {
  fromWireConfig,
  toWireConfig,
  toWireEvent,
  toWireState,
  toWireStreamState,
} from '../src/wire/index.js';
import type { WireEvent } from '../src/wire/index.js';
import { vectors } from './support/vectors.js';
import type { Trace, TraceStep } from './support/vectors.js';

describe('the hand-driven manager', () => {
  it.each(vectors.traces)('answers the recorded call sequence %# as the seed does', (trace) => {
    expect(replay(trace)).toEqual(trace.steps);
  });

  it.each(vectors.traces.slice(0, 20))(
    'goes on as before when the listener throws at every event of sequence %#',
    (trace) => {
      const withoutEvents = (step: TraceStep) => ({ ...step, events: [] });
      const heard = replay(trace, () => {
        throw new Error('the listener is broken');
      });
      expect(heard.map(withoutEvents)).toEqual(trace.steps.map(withoutEvents));
    },
  );

  it('reports one outage as the seed does', () => {
    const log: ReconnectEvent[] = [];
    const manager = createReconnectManager({ jitter: 'none', maxAttempts: 1 }, (e) => log.push(e));
    const first = manager.startAttempt();
    manager.markConnecting();
    manager.markConnected();
    const second = manager.startAttempt();
    expect([first, second, manager.state, manager.attemptCount]).toEqual([1000, null, 'failed', 1]);
    expect(log).toEqual([
      {
        type: 'waiting',
        delayMs: 1000,
        retryAt: expect.any(Number) as number,
        attempt: 1,
        reason: 'Attempt 1 of 1',
      },
      { type: 'attemptStarted', attempt: 1, maxAttempts: 1 },
      {
        type: 'connected',
        attempts: 1,
        totalTimeMs: expect.any(Number) as number,
        resumed: false,
      },
      {
        type: 'failed',
        attempts: 1,
        error: 'Maximum reconnection attempts exceeded',
        kind: 'exhausted',
      },
    ]);
  });

  it('measures the time to connect by the clock of the process, in whole ms', () => {
    const times: number[] = [];
    const manager = createReconnectManager({}, (event) => {
      if (event.type === 'connected') times.push(event.totalTimeMs);
    });
    manager.startAttempt();
    manager.markConnecting();
    manager.markConnected();
    expect(times).toHaveLength(1);
    expect(Number.isInteger(times[0])).toBe(true);
    expect(times[0]).toBeLessThan(1000);
  });

  it('never goes ahead of its host: the wait is over when the host says so', () => {
    const manager = createReconnectManager({ initialBackoffMs: 0, jitter: 'none' });
    expect(manager.startAttempt()).toBe(0);
    expect(manager.state).toBe('waiting');
  });

  it('obeys commands that its own listener gives', () => {
    const log: string[] = [];
    const manager: ReconnectManager = createReconnectManager({ jitter: 'none' }, (event) => {
      log.push(event.type);
      if (event.type === 'waiting') manager.markConnecting();
      if (event.type === 'attemptStarted') manager.markConnected();
    });
    manager.startAttempt();
    expect([manager.state, ...log]).toEqual([
      'connected',
      'waiting',
      'attemptStarted',
      'connected',
    ]);
  });

  it('shows its listener what each step led to', () => {
    const seen: unknown[] = [];
    const manager: ReconnectManager = createReconnectManager({ maxAttempts: 1 }, ({ type }) =>
      seen.push([type, manager.state, manager.attemptCount, manager.canRetry()]),
    );
    manager.startAttempt();
    manager.markConnecting();
    manager.markConnected();
    manager.markFailed('gone');
    manager.startAttempt();
    expect(seen).toEqual([
      ['waiting', 'waiting', 1, false],
      ['attemptStarted', 'connecting', 1, false],
      ['connected', 'connected', 1, false],
      ['failed', 'failed', 1, false],
      ['failed', 'failed', 1, false],
    ]);
  });

  it('answers calls of its listener at once, and reports their result after the current event', () => {
    const log: string[] = [];
    const manager: ReconnectManager = createReconnectManager({ jitter: 'none' }, (event) => {
      log.push(`receives ${event.type} in ${manager.state}`);
      if (event.type === 'attemptStarted') {
        const delayMs = manager.startAttempt();
        log.push(`asked in it: ${delayMs} ms, ${manager.state}, attempt ${manager.attemptCount}`);
        manager.markConnected();
        log.push(`said in it: ${manager.state}`);
      }
      if (event.type === 'connected') {
        manager.reset();
        log.push(`reset in it: ${manager.state}, attempt ${manager.attemptCount}`);
      }
    });
    manager.markConnecting();
    expect(log).toEqual([
      'receives attemptStarted in connecting',
      'asked in it: 1000 ms, waiting, attempt 1',
      'said in it: connected',
      'receives waiting in connected',
      'receives connected in connected',
      'reset in it: idle, attempt 0',
    ]);
  });

  it('gives the wait of an attempt also where its listener goes on at once', () => {
    const manager: ReconnectManager = createReconnectManager({ jitter: 'none' }, ({ type }) => {
      if (type === 'waiting') manager.markConnecting();
    });
    expect([manager.startAttempt(), manager.state]).toEqual([1000, 'connecting']);
  });

  it('loses nothing that its listener records', () => {
    const manager: ReconnectManager = createReconnectManager({}, () => {
      manager.recordChunk(10, 5);
      manager.startToolCall('a');
      manager.appendToolArgs('{}');
    });
    manager.recordChunk(1, 1);
    manager.startAttempt();
    manager.markConnecting();
    expect(manager.streamState).toMatchObject({
      chunksReceived: 3,
      bytesReceived: 21,
      currentToolId: 'a',
      toolArgsBuffer: '{}',
    });
    expect(manager.canResume()).toBe(false);
  });

  it('goes on reporting after its listener threw between two events', () => {
    const log: string[] = [];
    const manager: ReconnectManager = createReconnectManager({}, ({ type }) => {
      log.push(type);
      if (type === 'waiting') {
        manager.markConnecting();
        throw new Error('the listener is broken');
      }
    });
    manager.startAttempt();
    manager.markConnected();
    expect(log).toEqual(['waiting', 'attemptStarted', 'connected']);
  });

  it('owns the promise of a listener that is async: its rejection is nobody’s crash', async () => {
    const rejected: unknown[] = [];
    const note = (error: unknown): number => rejected.push(error);
    process.on('unhandledRejection', note);
    const listener: () => unknown = () => Promise.reject(new Error('the listener is broken'));
    const manager = createReconnectManager({}, listener);
    manager.startAttempt();
    // Node reports an unhandled rejection once the microtasks are done.
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    process.off('unhandledRejection', note);
    expect([manager.state, rejected]).toEqual(['waiting', []]);
  });

  it('shows a complete, frozen config', () => {
    const { config } = createReconnectManager({ maxAttempts: 3 });
    expect(config).toEqual({ ...defaultReconnectConfig, maxAttempts: 3 });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('shows a frozen stream state that a later call does not change', () => {
    const manager = createReconnectManager();
    const before = manager.streamState;
    manager.recordChunk(10, 5);
    expect([before.chunksReceived, manager.streamState.chunksReceived]).toEqual([0, 1]);
    expect(Object.isFrozen(manager.streamState)).toBe(true);
  });
});

/** Makes the calls of a trace and returns what could be seen after each, in the words of the trace. */
function replay(trace: Trace, onEvent?: (event: ReconnectEvent) => void): TraceStep[] {
  const config = fromWireConfig(trace.config);
  expect(toWireConfig(config)).toEqual(trace.config);
  let events: WireEvent[] = [];
  const manager = createReconnectManager(config, (event) => {
    events.push(withoutTime(toWireEvent(event)));
    onEvent?.(event);
  });
  const steps = trace.steps.map(({ command }): TraceStep => {
    events = [];
    const returns = call(manager, command);
    return {
      command,
      returns,
      events,
      state: toWireState(manager.state),
      attempt_count: manager.attemptCount,
      can_retry: manager.canRetry(),
      can_resume: manager.canResume(),
      stream_state: toWireStreamState(manager.streamState),
    };
  });
  return JSON.parse(JSON.stringify(steps)) as TraceStep[];
}

function call(manager: ReconnectManager, [name, ...args]: TraceStep['command']): number | null {
  const [first, second] = args;
  const calls: Record<string, () => number | null | void> = {
    start_attempt: () => manager.startAttempt(),
    mark_connecting: () => manager.markConnecting(),
    mark_connected: () => manager.markConnected(),
    mark_failed: () => manager.markFailed(String(first)),
    reset: () => manager.reset(),
    record_chunk: () => manager.recordChunk(Number(first), Number(second)),
    start_tool_call: () => manager.startToolCall(String(first)),
    append_tool_args: () => manager.appendToolArgs(String(first)),
    end_tool_call: () => manager.endToolCall(),
  };
  const known = calls[name];
  if (known === undefined) throw new Error(`the trace has an unknown call: ${name}`);
  return known() ?? null;
}

/** The recording leaves out how long it took. */
function withoutTime(event: WireEvent): WireEvent {
  if (!('Connected' in event)) return event;
  const timeless = { ...event.Connected, total_time_ms: null };
  return { Connected: timeless } as unknown as WireEvent;
}
