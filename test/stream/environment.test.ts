/** What a stream does with the hints of its host. */

import { describe, expect, it } from 'vitest';
import { ReconnectError } from '../../src/index.js';
import type { Environment, Hint, ReconnectOptions } from '../../src/index.js';
import { eventsOf, onVirtualClock, read } from '../support/facts.js';
import type { OnVirtualClock } from '../support/facts.js';
import { scriptedSource } from '../../src/testing/index.js';
import type { ScriptedSource, ScriptedSourceOptions } from '../../src/testing/index.js';
import { END, bare, item } from '../support/numbered-log.js';

interface Host extends Environment {
  isOnline: boolean;
  /** How many streams listen. */
  readonly listeners: number;
  hint(...hints: Hint[]): void;
}

function createHost(): Host {
  const heard = new Set<(hint: Hint) => void>();
  return {
    isOnline: true,
    get listeners() {
      return heard.size;
    },
    watch(hear) {
      heard.add(hear);
      return () => heard.delete(hear);
    },
    hint: (...hints) => {
      for (const hint of hints) for (const hear of heard) hear(hint);
    },
  };
}

interface Run extends OnVirtualClock<number> {
  readonly host: Host;
  readonly source: ScriptedSource<number>;
}

/** A stream that has got item 1 over a connection that stays open, unless the script says otherwise. */
async function run(
  memory: ScriptedSourceOptions<number> = {},
  options: Omit<ReconnectOptions, 'clock'> = {},
): Promise<Run> {
  const host = createHost();
  const source = scriptedSource<number>({ script: [[[item(1)]]], ...memory });
  const started = onVirtualClock(source, { environment: host, ...options });
  read(started.stream);
  await started.clock.advance(0);
  return { ...started, host, source };
}

describe('a stream whose host goes offline', () => {
  it('is kept while data flows, and sends no request', async () => {
    const { stream, clock, host, source, heard } = await run();
    host.isOnline = false;
    host.hint('offline');
    for (let n = 2; n < 10; n++) {
      source.push([item(n)]);
      await clock.advance(1000);
    }
    host.isOnline = true;
    host.hint('online');
    await clock.advance(4000);
    source.push([item(10)]);
    await clock.advance(4000);
    expect([stream.state, source.openings.length]).toEqual(['connected', 1]);
    expect(eventsOf(heard, 'dropped')).toEqual([]);
    expect(stream.snapshot.streamState.chunksReceived).toBe(10);
    stream.close();
  });

  it('tries on without spending its budget, and at once when the host is online', async () => {
    const refuses = new ReconnectError('network', 'no route', { code: 'ENETUNREACH' });
    const { stream, clock, host, source } = await run({
      script: (_, nth) => {
        if (nth === 0) return [[item(1)], 'drop'];
        return host.isOnline ? [[item(2), END]] : { refuses };
      },
    });
    host.isOnline = false;
    await clock.advance(3_600_000);
    expect([stream.state, stream.snapshot.attempt]).toEqual(['waiting', 1]);
    const tried = source.openings.length;
    expect(tried).toBeGreaterThan(50);
    host.isOnline = true;
    host.hint('online');
    await clock.advance(0);
    expect([stream.state, source.openings.length]).toEqual(['closed', tried + 1]);
  });

  it('is dropped soon when it is online again and the connection is dead', async () => {
    const { stream, clock, host, source, heard } = await run();
    host.hint('offline', 'online');
    await clock.advance(4999);
    expect(source.openings).toHaveLength(1);
    await clock.advance(1);
    expect(eventsOf(heard, 'dropped').map(({ reason }) => reason)).toEqual(['stall']);
    await clock.advance(1000);
    expect(source.openings).toHaveLength(2);
    stream.close();
  });
});

describe('a host that wakes', () => {
  it.each<Hint>(['wake', 'online', 'return'])(
    '%s: keeps a connection that gives a sign of life, however long it is silent then',
    async (hint) => {
      const { stream, clock, host, source } = await run({}, { stallTimeoutMs: 60_000 });
      host.hint(hint);
      await clock.advance(4000);
      source.push([{ type: 'alive' }]);
      await clock.advance(50_000);
      expect([stream.state, source.openings.length]).toEqual(['connected', 1]);
      stream.close();
    },
  );

  it('does not judge a stream that could not go on', async () => {
    const { stream, clock, host } = await run({ resume: 'none', script: [[[bare(1)]]] });
    host.hint('wake');
    await clock.advance(30_000);
    expect(stream.state).toBe('connected');
    stream.close();
  });

  it('does not judge where silence is allowed', async () => {
    const { stream, clock, host } = await run({}, { stallTimeoutMs: null });
    host.hint('wake');
    await clock.advance(600_000);
    expect(stream.state).toBe('connected');
    stream.close();
  });

  it('waits no longer than the silence that is allowed anyway', async () => {
    const { stream, clock, host, source } = await run({}, { stallTimeoutMs: 1000 });
    host.hint('wake');
    await clock.advance(2500);
    expect(source.openings).toHaveLength(2);
    stream.close();
  });

  it.each<Hint>(['wake', 'visible', 'online'])('%s: ends a wait', async (hint) => {
    const { stream, clock, host, source } = await run({ script: [[[item(1)], 'drop']] });
    expect(stream.state).toBe('waiting');
    host.hint(hint);
    await clock.advance(0);
    expect([stream.state, source.openings.length]).toEqual(['connected', 2]);
    stream.close();
  });
});

describe('a page that is hidden', () => {
  it('keeps its stream, and sends nothing when it is shown again', async () => {
    const { stream, clock, host, source } = await run();
    for (let n = 0; n < 20; n++) {
      host.hint(n % 2 === 0 ? 'hidden' : 'visible');
      await clock.advance(1000);
    }
    expect([stream.state, source.openings.length]).toEqual(['connected', 1]);
    stream.close();
  });
});

describe('a page that is put away for later', () => {
  it('closes its connection, and resumes from the cursor when it comes back', async () => {
    const { stream, clock, host, source, heard } = await run({
      script: [[[item(1)]], [[item(2), END]]],
    });
    host.hint('leave');
    await clock.advance(100_000);
    expect([stream.state, source.live]).toEqual(['paused', 0]);
    expect(eventsOf(heard, 'paused')).toEqual([{ type: 'paused', reasons: ['page'] }]);
    host.hint('return');
    await clock.advance(0);
    expect([stream.state, source.openings.at(-1)?.cursor]).toEqual(['closed', '1']);
  });

  it('keeps a stream that could not go on', async () => {
    const { stream, host } = await run({ resume: 'none', script: [[[bare(1)]]] });
    host.hint('leave');
    expect(stream.state).toBe('connected');
    stream.close();
  });

  it('does not take back the pause of somebody else', async () => {
    const { stream, host } = await run();
    stream.pause('user');
    host.hint('leave', 'return');
    expect(stream.state).toBe('paused');
    stream.resume('user');
    expect(stream.state).toBe('connecting');
    stream.close();
  });

  it('starts no stream that nobody started', async () => {
    const host = createHost();
    const { stream } = onVirtualClock(scriptedSource(), { environment: host });
    host.hint('leave', 'return', 'online');
    expect([stream.state, host.listeners]).toEqual(['idle', 0]);
    stream.close();
  });
});

describe('listening', () => {
  it('begins with the stream and ends with it', async () => {
    const { stream, host } = await run();
    expect(host.listeners).toBe(1);
    stream.close();
    expect(host.listeners).toBe(0);
  });

  it('ends with failure and begins again with a retry', async () => {
    const { stream, clock, host } = await run({
      script: [[[item(1)], 'drop'], { refuses: new ReconnectError('tls', 'no') }],
    });
    await clock.advance(1000);
    expect([stream.state, host.listeners]).toEqual(['failed', 0]);
    stream.retryNow();
    expect(host.listeners).toBe(1);
    stream.close();
    expect(host.listeners).toBe(0);
  });

  it('survives a host that throws, and says so', async () => {
    const environment = {
      get isOnline(): boolean {
        throw new Error('boom');
      },
      watch(): () => void {
        throw new Error('boom');
      },
    };
    const { stream, clock, heard } = await run({ script: [[[item(1)], 'drop']] }, { environment });
    await clock.advance(1000);
    expect(stream.state).toBe('connected');
    expect(eventsOf(heard, 'diagnostic').map(({ code }) => code)).toEqual(['environment']);
    stream.close();
  });

  it('ignores hints of a host after it was stopped', async () => {
    let late: (hint: Hint) => void = () => {};
    const environment: Environment = {
      isOnline: true,
      watch: (hear) => {
        late = hear;
        return () => {};
      },
    };
    const { stream } = await run({}, { environment });
    stream.close();
    late('leave');
    late('online');
    expect(stream.state).toBe('closed');
  });

  it('refuses what is no environment', () => {
    const environment = { isOnline: true } as Environment;
    expect(() => onVirtualClock(scriptedSource(), { environment })).toThrow(
      /environment: expected/,
    );
  });
});
