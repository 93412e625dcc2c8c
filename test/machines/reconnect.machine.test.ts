import { describe, expect, it, vi } from 'vitest';
import type { ReconnectMachineEvent, ReconnectState } from '../../machines/index.js';
import { drive } from '../support/drive.js';
import type { Drive } from '../support/drive.js';
import { dropped, progress } from '../support/reports.js';

/** How the bare machine comes into each state. */
const WAY_TO: Readonly<Record<ReconnectState, readonly ReconnectMachineEvent[]>> = {
  idle: [],
  waiting: [{ type: 'attempt.start' }],
  connecting: [{ type: 'connect' }],
  connected: [{ type: 'connect' }, { type: 'attempt.connected' }],
  failed: [{ type: 'attempt.failed', error: 'gone' }],
  paused: [{ type: 'pause' }],
  closed: [{ type: 'close' }],
};

describe('the machine driven by hand', () => {
  it('goes through all seven states and emits each step', async () => {
    const run = drive();
    run.send({ type: 'connect' });
    await run.advance(20);
    run.send({ type: 'attempt.connected' });
    await run.advance(1000);
    run.send(dropped('network'));
    await run.advance(500);
    run.send({ type: 'attempt.connected' }, { type: 'pause' }, { type: 'resume' });
    run.send({ type: 'attempt.failed', error: 'the host gives up' }, { type: 'retryNow' });
    run.send({ type: 'reset' }, { type: 'close' });
    expect(run.log).toEqual([
      'attempt 0 of 5',
      '= connecting',
      'connected after 20 ms',
      '= connected',
      'dropped: network',
      'waits 500 ms until 1520 for attempt 1: network',
      '= waiting',
      'attempt 1 of 5',
      '= connecting',
      'connected after 520 ms',
      '= connected',
      'paused by user',
      '= paused',
      'attempt 1 of 5',
      '= connecting',
      'failed at attempt 1: reported, the host gives up',
      '= failed',
      'attempt 0 of 5',
      '= connecting',
      '= idle',
      'closed closed',
      '= closed',
    ]);
  });

  it('ends with the outcome as its output, and is final', () => {
    const run = inState('connected');
    run.send({
      type: 'stream.ended',
      outcome: 'complete',
      progress: progress({ chunksReceived: 2 }),
    });
    const { status, output, value } = run.actor.getSnapshot();
    expect({ status, value, output }).toMatchObject({
      status: 'done',
      value: 'closed',
      output: { status: 'complete', attempts: 0, drops: 0, streamState: { chunksReceived: 2 } },
    });
    expect(run.log.filter((line) => line.startsWith('closed'))).toEqual(['closed complete']);
  });

  it('has a context that stays as it is through JSON in every state', () => {
    for (const state of Object.keys(WAY_TO) as ReconnectState[]) {
      const { context } = inState(state).actor.getSnapshot();
      expect(JSON.parse(JSON.stringify(context))).toStrictEqual(context);
    }
  });
});

describe('every command and report in every state', () => {
  const EVENTS = {
    connect: { type: 'connect' },
    retryNow: { type: 'retryNow' },
    pause: { type: 'pause' },
    resume: { type: 'resume' },
    close: { type: 'close' },
    cancel: { type: 'cancel' },
    reset: { type: 'reset' },
    start: { type: 'attempt.start' },
    connecting: { type: 'attempt.connecting' },
    connected: { type: 'attempt.connected' },
    fail: { type: 'attempt.failed', error: 'gone' },
  } as const satisfies Record<string, ReconnectMachineEvent>;

  it('leads where this table says', () => {
    const quiet = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const reached = Object.fromEntries(
      (Object.keys(WAY_TO) as ReconnectState[]).map((state) => [
        state,
        Object.fromEntries(
          Object.entries(EVENTS).map(([name, event]) => {
            const run = inState(state);
            run.send(event);
            return [name, run.state];
          }),
        ),
      ]),
    );
    quiet.mockRestore();
    /** A host may report at any time, and these commands are always obeyed. */
    const always = {
      pause: 'paused',
      close: 'closed',
      cancel: 'closed',
      reset: 'idle',
      start: 'waiting',
      connecting: 'connecting',
      connected: 'connected',
      fail: 'failed',
    };
    expect(reached).toEqual({
      idle: { ...always, connect: 'connecting', retryNow: 'connecting', resume: 'idle' },
      waiting: { ...always, connect: 'waiting', retryNow: 'connecting', resume: 'waiting' },
      connecting: {
        ...always,
        connect: 'connecting',
        retryNow: 'connecting',
        resume: 'connecting',
      },
      connected: { ...always, connect: 'connected', retryNow: 'connecting', resume: 'connected' },
      failed: { ...always, connect: 'failed', retryNow: 'connecting', resume: 'failed' },
      paused: { ...always, connect: 'paused', retryNow: 'connecting', resume: 'connecting' },
      closed: Object.fromEntries(Object.keys(EVENTS).map((name) => [name, 'closed'])),
    });
  });

  it('leaves no timer behind outside waiting', () => {
    for (const event of Object.values(EVENTS)) {
      const run = inState('waiting');
      run.send(event);
      expect([event.type, run.clock.armed]).toEqual([event.type, run.state === 'waiting' ? 1 : 0]);
    }
  });

  it('emits one closed and nothing after it', async () => {
    const quiet = vi.spyOn(console, 'warn').mockImplementation(() => {});
    for (const state of Object.keys(WAY_TO) as ReconnectState[]) {
      const run = inState(state);
      run.send({ type: 'close' }, ...Object.values(EVENTS), { type: 'cancel' });
      await run.advance(600_000);
      expect(run.log.filter((line) => line.startsWith('closed'))).toHaveLength(1);
      expect(run.log.slice(-2)).toEqual(['closed closed', '= closed']);
    }
    quiet.mockRestore();
  });

  it('is accepted as a report of a host that skips steps', () => {
    const run = drive();
    run.send(
      { type: 'attempt.connected' },
      { type: 'attempt.start' },
      { type: 'attempt.start', reason: 'the host asks again', delayMs: 7 },
      { type: 'attempt.connected' },
      { type: 'attempt.connecting' },
    );
    expect(run.log).toEqual([
      'connected after 0 ms',
      '= connected',
      'waits 500 ms until 500 for attempt 1: Attempt 1 of 5',
      '= waiting',
      'waits 7 ms until 7 for attempt 2: the host asks again',
      'connected after 0 ms',
      '= connected',
      'attempt 2 of 5',
      '= connecting',
    ]);
  });
});

describe('pause', () => {
  it('lasts until every reason is gone, each counted once', () => {
    const run = inState('connecting');
    run.send(
      { type: 'pause', reason: 'hidden' },
      { type: 'pause', reason: 'offline' },
      { type: 'pause', reason: 'hidden' },
    );
    expect(run.actor.getSnapshot().context.pausedBy).toEqual(['hidden', 'offline']);
    const told: [ReconnectState, readonly string[]][] = [];
    for (const reason of ['hidden', 'unknown', 'hidden', 'offline']) {
      run.send({ type: 'resume', reason });
      told.push([run.state, run.actor.getSnapshot().context.pausedBy]);
    }
    expect(told).toEqual([
      ['paused', ['offline']],
      ['paused', ['offline']],
      ['paused', ['offline']],
      ['connecting', []],
    ]);
  });

  it('is ended by hand whatever the reasons', () => {
    const run = inState('waiting');
    run.send({ type: 'pause', reason: 'hidden' }, { type: 'pause' }, { type: 'retryNow' });
    expect([run.state, run.actor.getSnapshot().context.pausedBy]).toEqual(['connecting', []]);
  });

  it('keeps no timer, so that no attempt starts before it is over', async () => {
    const run = inState('waiting');
    run.send({ type: 'pause' });
    await run.advance(600_000);
    expect([run.state, run.clock.armed]).toEqual(['paused', 0]);
  });

  it('does not spend an attempt', () => {
    const run = inState('connected');
    for (let n = 0; n < 20; n++) {
      run.send({ type: 'pause' }, { type: 'resume' }, { type: 'attempt.connected' });
    }
    const { attempt, attempts } = run.actor.getSnapshot().context;
    expect([run.state, attempt, attempts]).toEqual(['connected', 0, 0]);
  });

  it.each([
    ['never sent again by itself', { reopen: 'restarts-work', resume: 'none' } as const],
    ['never started over by itself', { reopen: 'safe', resume: 'none' } as const],
  ])('ends in failed where the stream must be %s', (_, words) => {
    const run = drive({ input: { source: { name: 'x', allowRestart: false, ...words } } });
    run.send({ type: 'connect' }, { type: 'attempt.connected' });
    run.send({ type: 'stream.progress', progress: progress({ chunksReceived: 1 }) });
    run.send({ type: 'pause' }, { type: 'resume' });
    expect([run.state, run.actor.getSnapshot().context.error?.kind]).toEqual([
      'failed',
      'not-resumable',
    ]);
  });
});

describe('reset', () => {
  it('forgets everything but the policy and the numbering of connections', () => {
    const fresh = drive({ input: { config: { maxAttempts: 3 } } });
    const before = fresh.actor.getSnapshot().context;
    fresh.send({ type: 'connect' }, { type: 'attempt.connected' });
    fresh.send(dropped('network', { progress: progress({ chunksReceived: 5, cursor: '5' }) }));
    fresh.send({ type: 'pause', reason: 'hidden' }, { type: 'reset' });
    expect(fresh.actor.getSnapshot().context).toEqual({ ...before, connection: 2 });
  });

  it('makes a late report of the connection before it an old one', () => {
    const run = drive();
    run.send({ type: 'connect' }, { type: 'attempt.connected' }, { type: 'reset' });
    const late = { progress: progress({ chunksReceived: 5 }), connection: 1 };
    run.send({ type: 'stream.progress', ...late });
    expect(run.actor.getSnapshot().context.streamState.chunksReceived).toBe(0);
  });

  it('is no pause that was forgotten: the next connect connects', () => {
    const run = inState('paused');
    run.send({ type: 'reset' }, { type: 'connect' });
    expect(run.state).toBe('connecting');
  });
});

describe('commands from inside a listener', () => {
  const END: readonly (readonly [sent: string, end: string])[] = [
    ['pause resume', 'connecting'],
    ['pause close', 'closed closed'],
    ['pause cancel', 'closed cancelled'],
    ['close pause', 'closed closed'],
    ['cancel close', 'closed cancelled'],
    ['close cancel', 'closed closed'],
    ['pause reset', 'idle'],
    ['reset pause', 'paused'],
    ['reset close', 'closed closed'],
    ['retryNow pause', 'paused'],
    ['retryNow close', 'closed closed'],
    ['pause retryNow', 'connecting'],
    ['pause pause resume', 'connecting'],
    ['pause resume pause', 'paused'],
    ['pause resume close', 'closed closed'],
    ['pause attempt.start', 'waiting'],
    ['pause attempt.connecting', 'connecting'],
    ['pause attempt.connected', 'connected'],
    ['close reset connect', 'closed closed'],
  ];
  const HEARD = ['attemptStarted', 'connected', 'waiting'] as const;

  it.each(END.flatMap(([sent, end]) => HEARD.map((heard) => [sent, heard, end] as const)))(
    'end as if sent one after the other: %s at %s',
    (sent, heard, end) => {
      const quiet = vi.spyOn(console, 'warn').mockImplementation(() => {});
      const inside = drive();
      const stop = inside.actor.on(heard, () => {
        stop.unsubscribe();
        inside.send(...commands(sent));
      });
      inside.send(...WAY_TO_HEAR[heard]);
      const after = drive();
      after.send(...WAY_TO_HEAR[heard], ...commands(sent));
      quiet.mockRestore();
      expect([endOf(inside), endOf(after)]).toEqual([end, end]);
    },
  );

  it('are heard in order after the events of the step they came from', () => {
    const run = drive();
    run.actor.on('connected', () => run.send({ type: 'pause' }, { type: 'close' }));
    run.send({ type: 'connect' }, { type: 'attempt.connected' });
    expect(run.log).toEqual([
      'attempt 0 of 5',
      '= connecting',
      'connected after 0 ms',
      '= connected',
      'paused by user',
      '= paused',
      'closed closed',
      '= closed',
    ]);
  });

  const WAY_TO_HEAR = {
    attemptStarted: WAY_TO.connecting,
    connected: WAY_TO.connected,
    waiting: WAY_TO.waiting,
  };

  function commands(sent: string): ReconnectMachineEvent[] {
    return sent.split(' ').map((type) => ({ type }) as ReconnectMachineEvent);
  }

  function endOf({ state, actor }: Drive): string {
    return state === 'closed' ? `closed ${actor.getSnapshot().output!.status}` : state;
  }
});

function inState(state: ReconnectState): Drive {
  const run = drive();
  run.send(...WAY_TO[state]);
  expect(run.state).toBe(state);
  return run;
}
