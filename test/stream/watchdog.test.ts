/** Silence is judged by our own clock, to the ms; slow is not dead, and sleep is not silence. */

import { spawn } from 'node:child_process';
import { once as emitted } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import { sse } from '../../src/sources/index.js';
import { ensureBuilt } from '../support/built.js';
import { eventsOf, inState, once, onVirtualClock } from '../support/facts.js';
import { scriptedSource } from '../../src/testing/index.js';
import { item, range } from '../support/numbered-log.js';
import { startServer } from '../support/server.js';
import type { TestServer } from '../support/server.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  ensureBuilt();
}, 300_000);
afterAll(() => server.close());

describe('the watchdog on a virtual clock', () => {
  it('takes silence for a stall after exactly stallTimeoutMs', async () => {
    const source = scriptedSource({ script: [[[item(1)]]] });
    const { stream, clock, heard } = onVirtualClock(source, { stallTimeoutMs: 5000 });
    stream.start();
    await clock.advance(4000);
    source.push([item(2)]);
    await clock.advance(4999);
    expect(eventsOf(heard, 'stalled')).toEqual([]);
    await clock.advance(1);
    expect(eventsOf(heard, 'stalled')).toEqual([{ type: 'stalled', silentMs: 5000 }]);
    expect(eventsOf(heard, 'dropped').map(({ reason }) => reason)).toEqual(['stall']);
    expect({ state: stream.state, live: source.live }).toEqual({ state: 'waiting', live: 0 });
    stream.close();
  });

  it('takes any batch for a sign of life, an empty one too', async () => {
    const source = scriptedSource({ script: [[]] });
    const { stream, clock, heard } = onVirtualClock(source, { stallTimeoutMs: 1000 });
    stream.start();
    for (const n of range(1, 50)) {
      await clock.advance(999);
      source.push(n % 2 === 0 ? [] : [{ type: 'alive' }]);
    }
    expect(eventsOf(heard, 'stalled')).toEqual([]);
    stream.close();
  });

  it('takes pings without data for no progress after progressTimeoutMs', async () => {
    const source = scriptedSource({ script: [[[item(1)]]] });
    const options = { stallTimeoutMs: 1000, progressTimeoutMs: 3000 };
    const { stream, clock, heard } = onVirtualClock(source, options);
    stream.start();
    await clock.settle();
    for (const _ of range(1, 5)) {
      await clock.advance(500);
      source.push([{ type: 'alive' }]);
    }
    await clock.advance(499);
    expect(eventsOf(heard, 'dropped')).toEqual([]);
    await clock.advance(1);
    expect(eventsOf(heard, 'dropped').map(({ reason }) => reason)).toEqual(['no-progress']);
    stream.close();
  });

  it('lets data that was waiting speak first when its timer was late', async () => {
    const source = scriptedSource({ script: [[[item(1)]]] });
    const { stream, clock, heard } = onVirtualClock(source, { stallTimeoutMs: 1000 });
    stream.start();
    await clock.settle();
    // Due at the same time as the watchdog, and run after it, as input is after timers.
    clock.setTimeout(() => source.push([item(2)]), 1000);
    await clock.advance(1000);
    expect(eventsOf(heard, 'stalled')).toEqual([]);
    stream.close();
  });

  it('gives up on an attempt after exactly connectTimeoutMs', async () => {
    const source = scriptedSource({ script: () => 'no answer' });
    const { stream, clock, heard } = onVirtualClock(source, { connectTimeoutMs: 2000 });
    stream.start();
    await clock.advance(1999);
    expect(stream.state).toBe('connecting');
    await clock.advance(1);
    expect({ state: stream.state, live: source.live }).toEqual({ state: 'waiting', live: 0 });
    expect(eventsOf(heard, 'waiting').map(({ reason }) => reason)).toEqual(['connect-timeout']);
    stream.close();
  });

  it('is silent where both timeouts are null', async () => {
    const { stream, clock } = onVirtualClock(scriptedSource(), { stallTimeoutMs: null });
    stream.start();
    await clock.advance(86_400_000);
    expect({ state: stream.state, timers: clock.armed }).toEqual({ state: 'connected', timers: 0 });
    stream.close();
  });
});

describe('the watchdog on a real socket', () => {
  it.each([
    { path: '/stalled?n=1', reason: 'stall', options: { stallTimeoutMs: 600 } },
    { path: '/pings?ms=50', reason: 'no-progress', options: { progressTimeoutMs: 600 } },
  ])('fires within 250 ms for $path', async ({ path, reason, options }) => {
    const stream = reconnectStream(sse({ url: server.url + path }), options);
    const connected = inState(stream, 'connected');
    const dropped = once(stream, 'dropped');
    stream.start();
    await connected;
    const startedAt = performance.now();
    expect((await dropped).reason).toBe(reason);
    expect(Math.abs(performance.now() - startedAt - 600)).toBeLessThan(250);
    stream.close();
    await server.idle();
  });

  it('gives up on headers that do not come within 250 ms', async () => {
    const stream = reconnectStream(sse({ url: `${server.url}/no-answer` }), {
      connectTimeoutMs: 600,
    });
    const waiting = once(stream, 'waiting');
    const startedAt = performance.now();
    stream.start();
    expect((await waiting).reason).toBe('connect-timeout');
    expect(Math.abs(performance.now() - startedAt - 600)).toBeLessThan(250);
    stream.close();
    await server.idle();
  });
});

describe('a process', () => {
  it('that is stopped for 2 s raises no false stall when it goes on', async () => {
    const child = client(`${server.url}/pings?ms=20`, `{ stallTimeoutMs: 1000 }`);
    await child.said('connected');
    process.kill(child.pid, 'SIGSTOP');
    await new Promise((resolve) => void setTimeout(resolve, 2000));
    process.kill(child.pid, 'SIGCONT');
    // Two answers are two turns of its event loop: all timers that were due have been run.
    for (const count of [1, 2]) {
      child.write('tell\n');
      await child.said('told', count);
    }
    child.write('close\n');
    expect(await child.exit).toBe(0);
    expect(child.lines).toEqual(['connected', 'told', 'told', 'closed']);
  }, 300_000);

  it.each(['/no-answer', '/stalled?n=1', '/pings?ms=20', '/status?code=503'])(
    'exits by itself within a second of close() with %s',
    async (path) => {
      const child = client(server.url + path, '{ initialBackoffMs: 60000, jitter: "none" }');
      await child.said(path === '/no-answer' ? 'attemptStarted' : 'connected|waiting');
      child.write('close\n');
      expect(await child.exit).toBe(0);
      expect(child.leftAfterMs()).toBeLessThan(1000);
    },
    10_000,
  );
});

const LEFT = 'left after ';

/** A process of its own with one stream; it obeys `tell` and `close` on its standard input. */
function client(url: string, options: string) {
  const script = `
    import { reconnectStream } from 'stream-reconnect';
    import { sse } from 'stream-reconnect/sources';
    const stream = reconnectStream(sse({ url: ${JSON.stringify(url)} }), ${options});
    for (const type of ['attemptStarted', 'connected', 'waiting', 'stalled', 'dropped', 'failed', 'closed'])
      stream.on(type, () => console.log(type));
    process.stdin.on('data', (text) => {
      if (String(text).includes('tell')) console.log('told');
      if (String(text).includes('close')) leave();
    });
    const leave = () => {
      const closedAt = performance.now();
      process.on('exit', () => console.log('left after ' + (performance.now() - closedAt)));
      stream.close();
      process.stdin.destroy();
    };
    stream.start();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const heard: string[] = [];
  let wake = (): void => {};
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    heard.push(...text.split('\n').filter((line) => line !== ''));
    wake();
  });
  return {
    pid: child.pid ?? 0,
    /** What it said, without the start of its attempts. */
    get lines() {
      return heard.filter((line) => line !== 'attemptStarted' && !line.startsWith(LEFT));
    },
    /** From its `close()` to its exit, by its own clock: starting and ending a process takes what the machine wants. */
    leftAfterMs: (): number =>
      Number(heard.find((line) => line.startsWith(LEFT))?.slice(LEFT.length)),
    exit: emitted(child, 'close').then(([code]) => code as number),
    write: (text: string) => child.stdin.write(text),
    async said(pattern: string, count = 1): Promise<void> {
      const isIt = new RegExp(`^(${pattern})$`);
      while (heard.filter((line) => isIt.test(line)).length < count)
        await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}
