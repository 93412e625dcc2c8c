import { describe, expect, it } from 'vitest';
import { defaultRetryPolicy } from '../../machines/config.js';
import { createReconnectManager, ReconnectError, reconnectStream } from '../../src/index.js';
import type { ReconnectOptions } from '../../src/index.js';
import { resolveOptions } from '../../src/config/options.js';
import { eventsOf, onVirtualClock } from '../support/facts.js';
import { scriptedSource, virtualClock } from '../../src/testing/index.js';

describe('options', () => {
  it('that set nothing are one frozen object for all streams', () => {
    const shared = resolveOptions();
    expect(resolveOptions({})).toBe(shared);
    expect(resolveOptions({ maxAttempts: undefined, signal: undefined })).toBe(shared);
    expect(Object.isFrozen(shared)).toBe(true);
    expect(shared.policy).toBe(defaultRetryPolicy);
  });

  it('that set something have an object of their own, and the rest is as in the shared one', () => {
    const shared = resolveOptions();
    const own = resolveOptions({ stallTimeoutMs: null });
    expect(own).toEqual({ ...shared, stallTimeoutMs: null });
    expect(resolveOptions({ stallTimeoutMs: null })).not.toBe(own);
    expect(resolveOptions({ maxElapsedMs: 5 }).policy).toEqual({
      ...defaultRetryPolicy,
      maxElapsedMs: 5,
    });
    expect(resolveOptions()).toBe(shared);
  });

  it('are each known by their name, and the error for an unknown one lists them all', () => {
    const names = Object.keys(EACH_OPTION);
    const told = messageOf(() => resolveOptions({ maxRetries: 1 } as ReconnectOptions));
    expect(told).toBe(
      `maxRetries: expected a known option, got 1. The options are ${names.join(', ')}.`,
    );
    for (const [name, value] of Object.entries(EACH_OPTION)) {
      expect(
        messageOf(() => resolveOptions({ [name]: value })),
        name,
      ).toBe('');
    }
  });

  it('have no room for what is inside: what they resolve to is no option', () => {
    const inside = { policy: defaultRetryPolicy } as ReconnectOptions;
    expect(messageOf(() => reconnectStream(scriptedSource(), inside))).toMatch(
      /^policy: expected a known option/u,
    );
  });

  it('give an outage its maxElapsedMs, and count neither uptime nor pauses', async () => {
    const clock = virtualClock();
    const source = scriptedSource();
    const options = { clock, maxElapsedMs: 10_000, stallTimeoutMs: null, jitter: 'none' } as const;
    const stream = reconnectStream(source, options);
    const times: number[] = [];
    stream.on('connected', ({ totalTimeMs }) => times.push(totalTimeMs));
    stream.start();
    await clock.advance(3_600_000);
    source.push('drop');
    await clock.advance(1000);
    source.push('drop');
    await clock.advance(500);
    stream.pause();
    await clock.advance(3_600_000);
    stream.resume();
    await clock.settle();
    source.push('drop');
    await clock.advance(4000);
    expect([stream.state, times]).toEqual(['connected', [0, 1000, 1500, 5500]]);
    stream.close();
  });

  it('without a limit of attempts go on for ever, and events and texts say so', async () => {
    const refuses = new ReconnectError('network', 'down');
    const source = scriptedSource({ script: () => ({ refuses }) });
    const { stream, clock, heard } = onVirtualClock(source, { maxAttempts: Infinity });
    stream.start();
    await clock.advance(10 * 60_000);
    expect(stream.snapshot).toMatchObject({ state: 'waiting', maxAttempts: Infinity });
    expect(source.openings.length).toBeGreaterThan(20);
    const limits = eventsOf(heard, 'attemptStarted').map(({ maxAttempts }) => maxAttempts);
    expect(new Set(limits)).toEqual(new Set([Infinity]));
    const saved = JSON.stringify(stream.checkpoint());
    const restored = onVirtualClock(source, { maxAttempts: Infinity, checkpoint: saved });
    restored.stream.start();
    await restored.clock.advance(60_000);
    expect(restored.stream.state).toBe('waiting');

    const reasons: string[] = [];
    const manager = createReconnectManager({ maxAttempts: Infinity }, (event) => {
      if (event.type === 'waiting') reasons.push(event.reason);
    });
    for (let n = 0; n < 20; n++) manager.startAttempt();
    expect([manager.canRetry(), reasons.at(-1)]).toEqual([true, 'Attempt 20']);
  });

  it('let null mean never, also for a connection that is not made', async () => {
    const source = scriptedSource<number>({ script: ['no answer'] });
    const { stream, clock } = onVirtualClock(source, { connectTimeoutMs: null });
    stream.start();
    await clock.advance(86_400_000);
    expect([stream.state, clock.armed]).toEqual(['connecting', 0]);
    stream.close();
  });

  it('obey any wait that a server asks for without maxServerDelayMs', async () => {
    const refuses = Object.assign(new ReconnectError('http', 'later', { status: 503 }), {
      retryAfterMs: 86_400_000,
    });
    const source = scriptedSource<number>({ script: [{ refuses }] });
    const { stream, clock } = onVirtualClock(source, { maxServerDelayMs: null });
    stream.start();
    await clock.advance(86_399_999);
    expect(stream.state).toBe('waiting');
    await clock.advance(1);
    expect(stream.state).toBe('connected');
    stream.close();
  });

  it('of the manager are those of its config', () => {
    expect(messageOf(() => createReconnectManager({ maxElapsedMs: 1 } as object))).toBe(
      'maxElapsedMs: expected a known option, got 1. The options are maxAttempts, initialBackoffMs, maxBackoffMs, backoffMultiplier, jitter.',
    );
  });
});

/** Each option with a value that works; the type makes the compiler ask for a new one here. */
const EACH_OPTION: Required<ReconnectOptions> = {
  maxAttempts: 1,
  initialBackoffMs: 1,
  maxBackoffMs: 1,
  backoffMultiplier: 1,
  jitter: 'full',
  minBackoffMs: 1,
  maxElapsedMs: 1,
  maxServerDelayMs: 1,
  resetAfterMs: 1,
  aliveAfterMs: 1,
  connectTimeoutMs: 1,
  stallTimeoutMs: 1,
  progressTimeoutMs: 1,
  rotateAfterMs: 1,
  delivery: 'eager',
  highWaterMark: 1,
  maxBufferedBytes: 1,
  allowRestart: true,
  classify: () => undefined,
  environment: { isOnline: true, watch: () => () => {} },
  signal: new AbortController().signal,
  clock: { setTimeout: () => 0, clearTimeout: () => {}, now: () => 0 },
  random: () => 0,
  inspect: () => {},
  checkpoint: reconnectStream(scriptedSource()).checkpoint(),
};

function messageOf(run: () => unknown): string {
  try {
    run();
    return '';
  } catch (error) {
    if (error instanceof ReconnectError) return error.message;
    throw error;
  }
}
