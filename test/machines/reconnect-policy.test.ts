import { describe, expect, it } from 'vitest';
import { fromCallback, fromPromise, initialTransition, transition } from 'xstate';
import type { EventObject } from 'xstate';
import { parseCheckpoint, ReconnectError, reconnectMachine } from '../../machines/index.js';
import type {
  Checkpoint,
  ClockReading,
  ReconnectInput,
  ReconnectMachineEvent,
  RetryPolicy,
} from '../../machines/index.js';
import type { OpenInput, Opened, ReaderInput } from '../../machines/reconnect.types.js';
import { toCheckpoint } from '../../machines/checkpoint.js';
import { drive } from '../support/drive.js';
import type { Drive, DriveOptions } from '../support/drive.js';
import { dropped, progress, loss } from '../support/reports.js';
import { seededRandom, virtualClock } from '../../src/testing/index.js';

describe('the wait', () => {
  it('lasts as long as was emitted, to the ms, whatever the policy and the draw', async () => {
    const random = seededRandom(3);
    for (const jitter of ['spread', 'full', 'equal', 'decorrelated', 'additive', 'none'] as const) {
      const run = drive({ input: { config: { jitter, maxAttempts: 8 } }, random });
      run.send({ type: 'connect' });
      for (let n = 0; n < 8; n++) {
        run.send({ type: 'attempt.connected' }, dropped('network'));
        const told = run.events.findLast((event) => event.type === 'waiting')!;
        expect(told).toEqual({
          type: 'waiting',
          delayMs: run.actor.getSnapshot().context.delayMs,
          retryAt: run.clock.now() + told.delayMs,
          attempt: n + 1,
          reason: 'network',
        });
        await run.advance(told.delayMs - 1);
        expect([jitter, run.state]).toEqual([jitter, 'waiting']);
        await run.advance(1);
        expect([jitter, run.state]).toEqual([jitter, 'connecting']);
      }
    }
  });

  it('is cut short by retryNow, which leaves no timer behind', async () => {
    const run = connected();
    run.send(dropped('network'));
    await run.advance(100);
    run.send({ type: 'retryNow' });
    expect([run.state, run.clock.armed]).toEqual(['connecting', 0]);
    expect(run.actor.getSnapshot().context.attempt).toBe(1);
  });

  it('is drawn once: what happens meanwhile does not change it', async () => {
    const run = connected();
    run.send(dropped('network'));
    await run.advance(300);
    run.send({ type: 'resume' }, { type: 'connect' }, { type: 'stream.stalled', silentMs: 1 });
    await run.advance(199);
    expect(run.state).toBe('waiting');
    await run.advance(1);
    expect(run.state).toBe('connecting');
  });

  it('is never longer than a timer can hold, nor shorter than 0', () => {
    const delays = [Infinity, NaN, -5, 2 ** 40, 1.9].map((delayMs) => {
      const run = drive();
      run.send({ type: 'attempt.start', delayMs });
      return run.actor.getSnapshot().context.delayMs;
    });
    expect(delays).toEqual([2 ** 31 - 1, 2 ** 31 - 1, 0, 2 ** 31 - 1, 1]);
  });
});

describe('the server’s timing', () => {
  const asked = (retryAfterMs: number) => {
    const { failure } = loss('http');
    return dropped('http', { failure: { ...failure, retryAfterMs } });
  };

  it('is a floor for the next wait, to which jitter only adds', () => {
    const run = connected();
    run.send(asked(5000));
    expect(run.log.at(-2)).toBe('waits 5625 ms until 5625 for attempt 1: http');
  });

  it('is a floor for one wait where it came with one answer', async () => {
    const run = connected();
    run.send(asked(5000));
    await run.advance(5625);
    run.send({ type: 'attempt.connected' }, dropped('network'));
    expect(run.log.at(-2)).toBe('waits 2500 ms until 8125 for attempt 2: network');
  });

  it('is a floor for every wait where it is lasting advice, even while each wait is new', async () => {
    const run = connected();
    const advice = progress({ floorMs: 20_000 });
    const waits: (number | null)[] = [];
    for (let n = 0; n < 3; n++) {
      run.send(dropped('network', { progress: advice, healthy: true }));
      waits.push(run.actor.getSnapshot().context.delayMs);
      await run.advance(22_500);
      run.send({ type: 'attempt.connected' });
    }
    expect(waits).toEqual([22_500, 22_500, 22_500]);
  });

  it('ends the stream openly above maxServerDelayMs, and not at it', () => {
    const policy = { maxServerDelayMs: 60_000 };
    const [at, above] = [60_000, 60_001].map((ms) => {
      const run = connected({ input: { config: policy } });
      run.send(asked(ms));
      return run.log.slice(-3);
    });
    expect([at, above]).toEqual([
      ['dropped: http', 'waits 67500 ms until 67500 for attempt 1: http', '= waiting'],
      [
        'dropped: http',
        'failed at attempt 0: server-delay, the server asks to wait 60001 ms, more than maxServerDelayMs (60000); the last error was: a http error',
        '= failed',
      ],
    ]);
  });
});

describe('the budget', () => {
  it('ends in failed when the attempts are used up, with the last error', async () => {
    const run = connected({ input: { config: { maxAttempts: 2, jitter: 'none' } } });
    for (const ms of [1000, 2000, 0]) {
      run.send(dropped('network'));
      await run.advance(ms);
      if (run.state === 'connecting') run.send({ type: 'attempt.connected' });
    }
    expect(run.log.slice(4)).toEqual([
      'dropped: network',
      'waits 1000 ms until 1000 for attempt 1: network',
      '= waiting',
      'attempt 1 of 2',
      '= connecting',
      'connected after 1000 ms',
      '= connected',
      'dropped: network',
      'waits 2000 ms until 3000 for attempt 2: network',
      '= waiting',
      'attempt 2 of 2',
      '= connecting',
      'connected after 3000 ms',
      '= connected',
      'dropped: network',
      'failed at attempt 2: exhausted, all 2 attempts are used up; the last error was: a network error',
      '= failed',
    ]);
  });

  it('is given back by proven progress only, never by a connection that stands', async () => {
    const run = connected({ input: { config: { jitter: 'none' } } });
    const attempts: number[] = [];
    for (const healthy of [false, false, true, false]) {
      run.send(dropped('network', { healthy }));
      attempts.push(run.actor.getSnapshot().context.attempt);
      await run.advance(60_000);
      run.send({ type: 'attempt.connected' });
      run.send({ type: 'stream.progress', progress: progress({ chunksReceived: 1 }) });
    }
    expect(attempts).toEqual([1, 2, 1, 2]);
    run.send({ type: 'stream.progress', progress: progress({ chunksReceived: 9 }), healthy: true });
    expect(run.actor.getSnapshot().context).toMatchObject({ attempt: 0, attempts: 4, drops: 4 });
  });

  it('is whole again after a retry by hand', async () => {
    const run = connected({ input: { config: { maxAttempts: 1, jitter: 'none' } } });
    run.send(dropped('network'));
    await run.advance(1000);
    run.send({ type: 'attempt.connected' }, dropped('network'));
    expect(run.state).toBe('failed');
    run.send({ type: 'retryNow' }, { type: 'attempt.connected' }, dropped('network'));
    expect(run.log.at(-2)).toBe('waits 1000 ms until 2000 for attempt 1: network');
  });

  it('has an end in time as well: maxElapsedMs after the loss no attempt starts', async () => {
    const policy = { maxElapsedMs: 10_000, jitter: 'none', maxAttempts: 100 } as const;
    const run = connected({ input: { config: policy } });
    await dropUntilFailed(run);
    expect(run.log.filter((line) => /^(waits|failed)/u.test(line))).toEqual([
      'waits 1000 ms until 1000 for attempt 1: network',
      'waits 2000 ms until 3000 for attempt 2: network',
      'waits 4000 ms until 7000 for attempt 3: network',
      'waits 3000 ms until 10000 for attempt 4: network',
      'failed at attempt 4: exhausted, maxElapsedMs (10000) is used up; the last error was: a network error',
    ]);
  });

  it('cuts no wait to less than minBackoffMs: with less time than that left, the stream fails', async () => {
    const policy = { maxElapsedMs: 8_000, minBackoffMs: 3_001, jitter: 'none' } as const;
    const run = connected({ input: { config: policy } });
    await dropUntilFailed(run);
    expect(run.log.filter((line) => /^(waits|failed)/u.test(line))).toEqual([
      'waits 3001 ms until 3001 for attempt 1: network',
      'waits 3001 ms until 6002 for attempt 2: network',
      'failed at attempt 2: exhausted, maxElapsedMs (8000) is used up; the last error was: a network error',
    ]);
  });

  it('runs on only while a connection is wanted and missing, however long the others stood', async () => {
    const policy = { maxElapsedMs: 10_000, jitter: 'none', maxAttempts: 100 } as const;
    const run = connected({ input: { config: policy } });
    await dropUntilFailed(run, 3_600_000);
    expect(run.log.filter((line) => /^(waits|connected|failed)/u.test(line))).toEqual([
      'connected after 0 ms',
      'waits 1000 ms until 3601000 for attempt 1: network',
      'connected after 1000 ms',
      'waits 2000 ms until 7203000 for attempt 2: network',
      'connected after 3000 ms',
      'waits 4000 ms until 10807000 for attempt 3: network',
      'connected after 7000 ms',
      'waits 3000 ms until 14410000 for attempt 4: network',
      'connected after 10000 ms',
      'failed at attempt 4: exhausted, maxElapsedMs (10000) is used up; the last error was: a network error',
    ]);
  });

  it.each([
    ['paused', { type: 'pause' }, { type: 'resume' }],
    ['failed', { type: 'attempt.failed', error: 'gone' }, { type: 'attempt.connecting' }],
  ] as const)('is not spent in %s', async (state, there, back) => {
    const policy = { maxElapsedMs: 10_000, jitter: 'none' } as const;
    const run = connected({ input: { config: policy } });
    run.send(dropped('network'));
    await run.advance(400);
    run.send(there);
    expect(run.state).toBe(state);
    await run.advance(3_600_000);
    run.send(back);
    await run.advance(50);
    run.send({ type: 'attempt.connected' });
    expect(run.log.at(-2)).toBe('connected after 450 ms');
    run.send(dropped('network'));
    expect(run.log.at(-1)).toBe('= waiting');
  });

  it('begins with the wish for a first connection, and is whole after new data and after reset', async () => {
    const run = drive({ input: { config: { maxElapsedMs: 10_000, jitter: 'none' } } });
    await run.advance(60_000);
    run.send({ type: 'connect' });
    await run.advance(9000);
    run.send({ type: 'attempt.connected' }, dropped('network', { healthy: true }));
    await run.advance(1000);
    run.send({ type: 'attempt.connected' }, { type: 'reset' });
    await run.advance(60_000);
    run.send({ type: 'connect' }, { type: 'attempt.connected' });
    expect(run.log.filter((line) => /^(waits|connected|failed)/u.test(line))).toEqual([
      'connected after 9000 ms',
      'waits 1000 ms until 70000 for attempt 1: network',
      'connected after 1000 ms',
      'connected after 0 ms',
    ]);
  });

  it('has the same end in time for a host whose reports carry no time, by the clock of its actor', async () => {
    const policy = { maxElapsedMs: 10_000, jitter: 'none', maxAttempts: 20 } as const;
    const open = fromPromise<Opened, OpenInput>(() => Promise.reject(new Error('refused')));
    const machine = reconnectMachine.provide({ actors: { open } });
    const run = drive({ input: { config: policy }, machine });
    run.send({ type: 'connect' });
    await run.advance(60_000);
    expect(run.log.filter((line) => /^(waits|failed)/u.test(line))).toEqual([
      'waits 1000 ms until 1000 for attempt 1: source',
      'waits 2000 ms until 3000 for attempt 2: source',
      'waits 4000 ms until 7000 for attempt 3: source',
      'waits 3000 ms until 10000 for attempt 4: source',
      'failed at attempt 4: exhausted, maxElapsedMs (10000) is used up; the last error was: refused',
    ]);
  });

  it('is not needed for what no attempt can mend', () => {
    const run = connected();
    const { failure } = loss('protocol');
    run.send(dropped('protocol', { failure: { ...failure, fatal: true } }));
    expect(run.log.slice(-3)).toEqual([
      'dropped: protocol',
      'failed at attempt 0: protocol, a protocol error',
      '= failed',
    ]);
  });

  it.each([
    ['maxAttempts', { maxAttempts: -1 }],
    ['initialBackoffMs', { initialBackoffMs: NaN }],
    ['maxElapsedMs', { maxElapsedMs: Infinity }],
  ])('is checked before the machine runs: %s', (name, policy: Partial<RetryPolicy>) => {
    const run = drive({ input: { config: policy } });
    const { status, error } = run.actor.getSnapshot();
    expect([status, (error as ReconnectError).kind]).toEqual(['error', 'config']);
    expect(run.log).toEqual([expect.stringContaining(`ReconnectError: ${name}: expected `)]);
  });
});

describe('actors of a host', () => {
  it('may reject with a plain Error: the machine waits and lives, and reports nothing of its text', async () => {
    let refusals = 2;
    const open = fromPromise<Opened, OpenInput>(({ input }) =>
      refusals-- > 0
        ? Promise.reject(new Error('https://user:secret@example.test refused'))
        : Promise.resolve({ connection: input.connection }),
    );
    const run = drive({ machine: reconnectMachine.provide({ actors: { open } }) });
    run.send({ type: 'connect' });
    await run.advance(10_000);
    expect(run.log).toEqual([
      'attempt 0 of 5',
      '= connecting',
      'waits 500 ms until 500 for attempt 1: source',
      '= waiting',
      'attempt 1 of 5',
      '= connecting',
      'waits 2500 ms until 3000 for attempt 2: source',
      '= waiting',
      'attempt 2 of 5',
      '= connecting',
      'connected after 3000 ms',
      '= connected',
    ]);
    expect(JSON.stringify(run.events)).not.toContain('secret');
  });

  it.each([
    ['nothing', () => Promise.reject(undefined), 'source'],
    ['a text', () => Promise.reject('no'), 'source'],
    ['an Error at once', () => thrown(new Error('at once')), 'source'],
    ['an error of ours', () => Promise.reject(new ReconnectError('stall', 'silent')), 'stall'],
    ['a half-made loss', () => Promise.reject({ failure: {} }), 'source'],
    ['a loss of null', () => Promise.reject({ failure: null }), 'source'],
  ])('may reject with %s', async (_, fail: () => Promise<never>, reason) => {
    const open = fromPromise<Opened, OpenInput>(() => fail());
    const run = drive({ machine: reconnectMachine.provide({ actors: { open } }) });
    run.send({ type: 'connect' });
    await run.clock.settle();
    expect(run.log.slice(2)).toEqual([
      `waits 500 ms until 500 for attempt 1: ${reason}`,
      '= waiting',
    ]);
  });

  it('are heard no more after their attempt was left', async () => {
    let resolve: (opened: Opened) => void = () => {};
    const signals: AbortSignal[] = [];
    const open = fromPromise<Opened, OpenInput>(({ signal }) => {
      signals.push(signal);
      return new Promise((done) => (resolve = done));
    });
    const run = drive({ machine: reconnectMachine.provide({ actors: { open } }) });
    run.send({ type: 'connect' });
    const late = resolve;
    run.send({ type: 'pause' });
    late({ connection: 1 });
    await run.clock.settle();
    expect([run.state, signals[0]!.aborted]).toEqual(['paused', true]);
  });

  it.each([
    ['pause', 'paused'],
    ['close', 'closed'],
    ['cancel', 'closed'],
    ['retryNow', 'connecting'],
  ] as const)('are left by %s, which carries what was received', (type, state) => {
    const received = progress({ chunksReceived: 7, bytesReceived: 70, cursor: '7' });
    const run = connected();
    run.send({ type, progress: received });
    const { value, context } = run.actor.getSnapshot();
    expect([value, context.streamState, context.progress.cursor]).toEqual([
      state,
      received.streamState,
      '7',
    ]);
  });

  it('may report a drop when a command has left the connection: it is not heard', () => {
    const run = connected();
    run.actor.on('stalled', () => run.send({ type: 'close' }, dropped('stall')));
    run.send({ type: 'stream.stalled', silentMs: 5 });
    expect(run.log.slice(4)).toEqual(['stalled', 'closed closed', '= closed']);
    expect(run.actor.getSnapshot().output).toMatchObject({ status: 'closed', drops: 0 });
  });

  it('may throw when they begin to read: the machine waits and lives', async () => {
    const reader = fromCallback<EventObject, ReaderInput>(() => thrown(new Error('no reader')));
    const run = drive({ machine: reconnectMachine.provide({ actors: { reader } }) });
    run.send({ type: 'connect' }, { type: 'attempt.connected' });
    await run.clock.settle();
    expect(run.log.slice(2)).toEqual([
      'connected after 0 ms',
      '= connected',
      'dropped: source',
      'waits 500 ms until 500 for attempt 1: source',
      '= waiting',
    ]);
  });

  it('of an earlier connection are not heard', async () => {
    const run = connected();
    run.send(dropped('network', { connection: 1 }));
    await run.advance(500);
    run.send({ type: 'attempt.connected' });
    const before = run.actor.getSnapshot();
    const late = { progress: progress({ chunksReceived: 99 }), connection: 1 };
    run.send(
      { type: 'stream.progress', healthy: true, ...late },
      { type: 'stream.dropped', ...loss('eof', late) },
      { type: 'stream.ended', outcome: 'complete', ...late },
      { type: 'stream.stalled', silentMs: 5, connection: 1 },
    );
    expect(run.actor.getSnapshot()).toBe(before);
  });
});

describe('a recorded run', () => {
  it('played again through the pure transition function gives the same states', async () => {
    const random = seededRandom(11);
    const clock = virtualClock(1_700_000_000_000);
    const input = { config: { jitter: 'full', maxAttempts: 3, maxElapsedMs: 60_000 } } as const;
    const run = drive({ input, clock, random });
    const events: ReconnectMachineEvent[] = [];
    const states: [string, object][] = [];
    const seen = run.actor.system.inspect((inspected) => {
      if (inspected.type !== '@xstate.event' || inspected.actorRef !== run.actor) return;
      events.push(inspected.event as ReconnectMachineEvent);
    });
    run.actor.subscribe(({ value, context }) => states.push([value, context]));
    const reading = (): ClockReading => ({
      monotonicMs: clock.now(),
      epochMs: clock.now(),
      random: random(),
    });
    run.send({ type: 'connect', reading: reading() });
    for (let n = 0; n < 4; n++) {
      await run.advance(30);
      run.send({ type: 'attempt.connected', reading: reading() });
      run.send({
        type: 'stream.progress',
        progress: progress({ chunksReceived: n }),
        healthy: n === 1,
      });
      run.send({ type: 'pause' }, { type: 'resume', reading: reading() });
      run.send({ type: 'attempt.connected', reading: reading() });
      run.send(
        dropped('network', { reading: reading(), progress: progress({ chunksReceived: n }) }),
      );
      await run.advance(20);
      if (n === 2) {
        run.send({ type: 'pause', reading: reading() });
        await run.advance(5000);
        run.send({ type: 'resume', reading: reading() });
        run.send({ type: 'attempt.connected', reading: reading() });
        await run.advance(40);
        run.send({ type: 'retryNow', reading: reading() });
      }
      await run.advance(run.actor.getSnapshot().context.delayMs ?? 0);
    }
    run.send({ type: 'cancel' });
    seen.unsubscribe();
    expect(states.length).toBeGreaterThan(20);
    expect(replay(input, events)).toEqual(states);
  });

  function replay(input: ReconnectInput, events: readonly ReconnectMachineEvent[]) {
    let [snapshot] = initialTransition(reconnectMachine, input);
    return events.map((event): [string, object] => {
      [snapshot] = transition(reconnectMachine, snapshot, event);
      return [snapshot.value, snapshot.context];
    });
  }
});

describe('a restored checkpoint', () => {
  it('waits for the rest of the wait', async () => {
    const { run, saved } = await savedWhileWaiting(200);
    const restored = restore(saved, run.clock.now());
    restored.send({ type: 'connect' });
    expect(restored.log).toEqual(['waits 300 ms until 500 for attempt 1: restored', '= waiting']);
    await restored.advance(299);
    expect(restored.state).toBe('waiting');
    await restored.advance(1);
    expect(restored.state).toBe('connecting');
  });

  it('connects at once where the time is over', async () => {
    const { saved } = await savedWhileWaiting(200);
    const restored = restore(saved, 86_400_000);
    restored.send({ type: 'connect' });
    await restored.advance(0);
    expect(restored.log).toEqual([
      'waits 0 ms until 86400000 for attempt 1: restored',
      '= waiting',
      'attempt 1 of 5',
      '= connecting',
    ]);
  });

  it('never waits longer than that wait was, whatever became of the wall clock', async () => {
    const { saved } = await savedWhileWaiting(200);
    expect(saved.delayMs).toBe(500);
    const clocks = [0, 200, 499, 500, 86_400_000].map((now) => {
      const restored = restore(saved, now);
      restored.send({ type: 'connect' });
      return restored.actor.getSnapshot().context.delayMs;
    });
    expect(clocks).toEqual([500, 300, 1, 0, 0]);
    const restored = restore({ ...saved, retryAt: 2 ** 52 }, 0);
    restored.send({ type: 'connect' });
    await restored.advance(400);
    const again = restore({ ...save(restored), retryAt: 2 ** 52 }, 0);
    again.send({ type: 'connect' });
    expect(again.actor.getSnapshot().context.delayMs).toBe(500);
    await again.advance(500);
    expect(again.state).toBe('connecting');
  });

  it('is bounded where it was saved before checkpoints had the wait', async () => {
    const { saved } = await savedWhileWaiting(200);
    const { delayMs: _, ...old } = saved;
    const waits = [{}, { minBackoffMs: 600_000 }, { maxServerDelayMs: null }].map((config) => {
      const restored = restore({ ...old, retryAt: 2 ** 52 }, 0, config);
      restored.send({ type: 'connect' });
      return restored.actor.getSnapshot().context.delayMs;
    });
    expect(waits).toEqual([450_000, 900_000, 45_000]);
  });

  it('does not wait when asked to retry now', async () => {
    const { saved } = await savedWhileWaiting(200);
    const restored = restore(saved, 0);
    restored.send({ type: 'retryNow' });
    expect(restored.state).toBe('connecting');
  });

  it('of a stream that its user closed resumes', () => {
    const run = connected();
    run.send({ type: 'close' });
    const restored = restore(save(run), 0);
    restored.send({ type: 'connect' });
    expect(restored.log).toEqual(['attempt 0 of 5', '= connecting']);
  });

  it.each(['complete', 'incomplete', 'failed', 'cancelled'] as const)(
    'of a stream that ended as %s is closed, and opens nothing',
    (status) => {
      const run = connected();
      const { closing } = {
        closing: { type: 'stream.ended', progress: progress({ chunksReceived: 3 }) } as const,
      };
      if (status === 'cancelled') run.send({ type: 'cancel' });
      else run.send({ ...closing, outcome: status });
      for (const command of ['connect', 'retryNow'] as const) {
        const restored = restore(save(run), 0);
        restored.send({ type: command });
        expect(restored.log).toEqual([`closed ${status}`, '= closed']);
        expect(restored.actor.getSnapshot().output).toMatchObject({ status });
      }
    },
  );

  it('of a failed stream has a new budget', async () => {
    const run = connected({ input: { config: { maxAttempts: 1, jitter: 'none' } } });
    run.send(dropped('network'));
    await run.advance(1000);
    run.send({ type: 'attempt.connected' }, dropped('network'));
    expect(run.state).toBe('failed');
    const restored = restore(save(run), 0);
    restored.send({ type: 'connect' }, { type: 'attempt.connected' }, dropped('network'));
    expect(restored.log.at(-1)).toBe('= waiting');
    expect(restored.actor.getSnapshot().context).toMatchObject({
      attempt: 1,
      attempts: 2,
      drops: 3,
    });
  });

  it.each(['connecting', 'connected', 'paused', 'idle'] as const)(
    'taken in %s connects, and is never connected without a connection',
    (state) => {
      const run = state === 'idle' ? drive() : connected();
      if (state !== 'idle')
        run.send({
          type: 'stream.progress',
          progress: progress({ chunksReceived: 2, cursor: 'b' }),
        });
      if (state === 'connecting') run.send({ type: 'attempt.connecting' });
      if (state === 'paused') run.send({ type: 'pause', reason: 'hidden' });
      expect(run.state).toBe(state);
      const restored = restore(save(run), 0);
      expect(restored.state).toBe('idle');
      restored.send({ type: 'connect' });
      const { context } = restored.actor.getSnapshot();
      expect([restored.state, context.progress, context.streamState]).toEqual([
        'connecting',
        run.actor.getSnapshot().context.progress,
        run.actor.getSnapshot().context.streamState,
      ]);
    },
  );

  async function savedWhileWaiting(ms: number): Promise<{ run: Drive; saved: Checkpoint }> {
    const run = connected();
    run.send(dropped('network'));
    await run.advance(ms);
    return { run, saved: save(run) };
  }

  function save(run: Drive): Checkpoint {
    const { value, context } = run.actor.getSnapshot();
    return parseCheckpoint(JSON.stringify(toCheckpoint(value, context)));
  }

  function restore(checkpoint: Checkpoint, now: number, config: Partial<RetryPolicy> = {}): Drive {
    return drive({ input: { checkpoint, config }, clock: virtualClock(now) });
  }
});

function connected(options: DriveOptions = {}): Drive {
  const run = drive(options);
  run.send({ type: 'connect' }, { type: 'attempt.connected' });
  expect(run.state).toBe('connected');
  return run;
}

/** Each connection breaks after it has stood for so long. */
async function dropUntilFailed(run: Drive, stoodMs = 0): Promise<void> {
  while (run.state !== 'failed') {
    await run.advance(stoodMs);
    run.send(dropped('network', { reading: readingAt(run.clock.now()) }));
    await run.advance(run.actor.getSnapshot().context.delayMs ?? 0);
    if (run.state === 'connecting') run.send({ type: 'attempt.connected' });
  }
}

function readingAt(now: number): ClockReading {
  return { monotonicMs: now, epochMs: now, random: 0.5 };
}

function thrown(error: Error): never {
  throw error;
}
