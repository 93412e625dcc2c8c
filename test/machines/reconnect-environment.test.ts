/** Hints of the host: they end a wait and spare the budget, and prove nothing. */

import { describe, expect, it } from 'vitest';
import type { ClockReading, ReconnectInput } from '../../machines/index.js';
import { drive } from '../support/drive.js';
import type { Drive } from '../support/drive.js';
import { dropped, progress } from '../support/reports.js';

function waiting(input: ReconnectInput = {}, loss = dropped('network')): Drive {
  const run = drive({ input: { ...input, config: { jitter: 'none', ...input.config } } });
  run.send({ type: 'connect' }, { type: 'attempt.connected' }, loss);
  return run;
}

function now({ clock }: Drive): ClockReading {
  return { monotonicMs: clock.now(), epochMs: clock.now(), random: 0.5 };
}

describe.each(['environment.online', 'environment.awake'] as const)('%s', (type) => {
  it('ends a wait at once, without another attempt being counted', () => {
    const run = waiting();
    run.send({ type, reading: now(run) });
    expect([run.state, run.actor.getSnapshot().context.attempt]).toEqual(['connecting', 1]);
    expect(run.clock.armed).toBe(0);
  });

  it('ends no wait that the server asked for, until what it asked for is over', async () => {
    const failure = {
      error: { kind: 'http', message: 'busy', status: 503 },
      fatal: false,
      retryAfterMs: 5000,
    } as const;
    const run = waiting(
      { config: { initialBackoffMs: 8000 } },
      { type: 'stream.dropped', failure },
    );
    run.send({ type, reading: now(run) });
    expect(run.state).toBe('waiting');
    await run.advance(4999);
    run.send({ type, reading: now(run) });
    expect(run.state).toBe('waiting');
    await run.advance(1);
    run.send({ type, reading: now(run) });
    expect(run.state).toBe('connecting');
  });

  it('nor one that minBackoffMs or retry: asked for', () => {
    for (const run of [
      waiting({ config: { minBackoffMs: 500 } }),
      waiting({}, dropped('network', { progress: progress({ floorMs: 500 }) })),
    ]) {
      run.send({ type, reading: now(run) });
      expect(run.state).toBe('waiting');
    }
  });

  it('nor any where it does not say when it is', () => {
    const run = waiting({ config: { minBackoffMs: 500 } });
    run.send({ type });
    expect(run.state).toBe('waiting');
  });

  it.each(['idle', 'connecting', 'connected', 'paused', 'failed', 'closed'] as const)(
    'changes nothing in %s',
    (state) => {
      const run = drive();
      if (state !== 'idle') run.send({ type: 'connect' });
      if (state === 'connected') run.send({ type: 'attempt.connected' });
      if (state === 'paused') run.send({ type: 'pause' });
      if (state === 'failed') run.send({ type: 'attempt.failed', error: 'no' });
      if (state === 'closed') run.send({ type: 'close' });
      const before = run.log.length;
      if (state !== 'closed') run.send({ type, reading: now(run) });
      expect([run.state, run.log.length]).toEqual([state, before]);
    },
  );
});

describe('an attempt that fails while the host says it is offline', () => {
  const failed = dropped('network', { uncounted: true });

  it('spends no budget, but waits longer each time', async () => {
    const run = waiting({ config: { maxAttempts: 2 } });
    const delays: (number | null)[] = [];
    for (let n = 0; n < 8; n++) {
      await run.advance(run.actor.getSnapshot().context.delayMs ?? 0);
      run.send(failed);
      delays.push(run.actor.getSnapshot().context.delayMs);
    }
    expect(delays).toEqual([2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000]);
    expect([run.state, run.actor.getSnapshot().context.attempt]).toEqual(['waiting', 1]);
  });

  it('has the rest of its budget when the host is online again', async () => {
    const run = waiting({ config: { maxAttempts: 2 } });
    await run.advance(1000);
    run.send(failed, { type: 'environment.online', reading: now(run) });
    expect(run.state).toBe('connecting');
    run.send(dropped('network'));
    expect([run.state, run.actor.getSnapshot().context.attempt]).toEqual(['waiting', 2]);
    await run.advance(60_000);
    run.send(dropped('network'));
    expect(run.state).toBe('failed');
  });

  it('is counted where no attempt is allowed', () => {
    const run = drive({ input: { config: { maxAttempts: 0 } } });
    run.send({ type: 'connect' }, failed);
    expect(run.state).toBe('failed');
  });

  it('is ended by maxElapsedMs all the same', async () => {
    const run = waiting({ config: { maxElapsedMs: 5000 } });
    for (let n = 0; n < 4 && run.state === 'waiting'; n++) {
      await run.advance(run.actor.getSnapshot().context.delayMs ?? 0);
      run.send(failed);
    }
    expect(run.state).toBe('failed');
  });

  it('waits from the start again after new data', async () => {
    const run = waiting();
    await run.advance(1000);
    run.send(failed, { type: 'attempt.connected' });
    run.send(dropped('network', { healthy: true, progress: progress({ chunksReceived: 1 }) }));
    expect(run.actor.getSnapshot().context).toMatchObject({
      attempt: 1,
      uncounted: 0,
      delayMs: 1000,
    });
  });
});
