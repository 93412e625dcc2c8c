/** What a page hints of itself, and what is left where there is no page. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { pageEnvironment } from '../../src/host/environment.js';
import type { PageEvent, PageLike } from '../../src/host/environment.js';
import type { Clock, Hint } from '../../src/index.js';
import { virtualClock } from '../../src/testing/index.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Counts who listens to it. */
class Target {
  readonly #listeners = new Map<string, Set<(event: PageEvent) => void>>();

  get listeners(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }

  addEventListener(type: string, listener: (event: PageEvent) => void): void {
    this.#listeners.set(type, (this.#listeners.get(type) ?? new Set()).add(listener));
  }

  removeEventListener(type: string, listener: (event: PageEvent) => void): void {
    this.#listeners.get(type)?.delete(listener);
  }

  emit(type: string, more: Omit<PageEvent, 'type'> = {}): void {
    for (const listener of this.#listeners.get(type) ?? []) listener({ type, ...more });
  }
}

class FakeDocument extends Target {
  visibilityState = 'visible';

  show(visibilityState: 'visible' | 'hidden'): void {
    this.visibilityState = visibilityState;
    this.emit('visibilitychange');
  }
}

class FakePage extends Target {
  readonly document = new FakeDocument();
  readonly navigator = { onLine: true };

  /** Of both targets. */
  get total(): number {
    return this.listeners + this.document.listeners;
  }
}

/** A clock whose two times can be moved apart. */
function createClock() {
  const virtual = virtualClock(50_000);
  let stopped = 0;
  let suspended = 0;
  const clock: Clock = {
    setTimeout: (fn, ms) => virtual.setTimeout(fn, ms),
    clearTimeout: (id) => virtual.clearTimeout(id),
    now: () => virtual.now() + stopped,
    wallNow: () => 1.7e12 + virtual.now() + stopped + suspended,
  };
  return {
    clock,
    advance: (ms: number) => virtual.advance(ms),
    get armed() {
      return virtual.armed;
    },
    /** Both times go on, and no timer runs: a stopped process, a frozen page. */
    stop: (ms: number) => void (stopped += ms),
    /** The monotonic time stands still: the machine sleeps. */
    suspend: (ms: number) => void (suspended += ms),
  };
}

/** Somebody who watches a page with a clock of its own. */
function watched(page: PageLike = new FakePage()) {
  const time = createClock();
  const environment = pageEnvironment(page, time.clock);
  const hints: Hint[] = [];
  const stop = environment.watch((hint) => hints.push(hint));
  return { environment, time, hints, stop };
}

describe('a page', () => {
  it('hints what happens to it', () => {
    const page = new FakePage();
    const { hints, stop } = watched(page);
    page.emit('offline');
    page.emit('online');
    page.document.show('hidden');
    page.document.show('visible');
    page.emit('pagehide', { persisted: true });
    page.emit('pageshow', { persisted: true });
    page.document.emit('resume');
    const told = ['offline', 'online', 'hidden', 'visible', 'leave', 'return', 'wake'];
    expect(hints).toEqual(told);
    stop();
    page.emit('online');
    expect(hints).toEqual(told);
  });

  it('hints nothing when it is loaded or gone for good', () => {
    const page = new FakePage();
    const { hints, stop } = watched(page);
    page.emit('pageshow', { persisted: false });
    page.emit('pagehide', { persisted: false });
    page.emit('pagehide');
    expect(hints).toEqual([]);
    stop();
  });

  it('is offline only where it says so', () => {
    const page = new FakePage();
    const environment = pageEnvironment(page);
    expect(environment.isOnline).toBe(true);
    page.navigator.onLine = false;
    expect(environment.isOnline).toBe(false);
    expect(pageEnvironment({}).isOnline).toBe(true);
    expect(pageEnvironment({ navigator: {} }).isOnline).toBe(true);
  });
});

describe('all who watch one page', () => {
  it('share its listeners, which are gone with the last of them', () => {
    const page = new FakePage();
    expect(page.total).toBe(0);
    const heard: number[] = [];
    const stops = Array.from({ length: 1000 }, (_, n) =>
      pageEnvironment(page).watch(() => heard.push(n)),
    );
    expect(page.total).toBe(6);
    page.emit('online');
    expect(heard).toEqual(stops.map((_, n) => n));
    for (const stop of stops.slice(1)) stop();
    expect(page.total).toBe(6);
    stops[0]?.();
    expect(page.total).toBe(0);
  });

  it('share one timer, which is gone with the last of them', async () => {
    const { environment, time, stop } = watched();
    const stops = Array.from({ length: 100 }, () => environment.watch(() => {}));
    await time.advance(60_000);
    expect(time.armed).toBe(1);
    for (const one of [...stops, stop]) one();
    expect(time.armed).toBe(0);
    await time.advance(60_000);
    expect(time.armed).toBe(0);
  });

  it('can stop twice, and begin again', () => {
    const page = new FakePage();
    const { environment, hints, stop } = watched(page);
    const stopOther = environment.watch(() => {});
    stop();
    stop();
    expect(page.total).toBe(6);
    stopOther();
    environment.watch((hint) => hints.push(hint));
    page.emit('online');
    expect(hints).toEqual(['online']);
  });

  it('receive nothing once they have stopped, even while a hint is delivered', () => {
    const page = new FakePage();
    const environment = pageEnvironment(page, createClock().clock);
    const heard: string[] = [];
    environment.watch(() => {
      heard.push('first');
      stopSecond();
      environment.watch(() => heard.push('late'));
    });
    const stopSecond = environment.watch(() => heard.push('second'));
    page.emit('online');
    expect(heard).toEqual(['first']);
  });

  it('are heard though one of them throws', () => {
    const page = new FakePage();
    const environment = pageEnvironment(page, createClock().clock);
    const heard: Hint[] = [];
    environment.watch(() => {
      throw new Error('boom');
    });
    environment.watch((hint) => heard.push(hint));
    page.emit('online');
    expect(heard).toEqual(['online']);
  });
});

describe('a sleep', () => {
  it('is reported once, soon after a stopped process goes on', async () => {
    const { time, hints } = watched();
    await time.advance(9000);
    time.stop(3600);
    await time.advance(2000);
    expect(hints).toEqual(['wake']);
    await time.advance(60_000);
    expect(hints).toEqual(['wake']);
  });

  it('is reported where the monotonic clock stood still in it', async () => {
    const { time, hints } = watched();
    await time.advance(9000);
    time.suspend(3_600_000);
    await time.advance(2000);
    expect(hints).toEqual(['wake']);
    await time.advance(60_000);
    expect(hints).toEqual(['wake']);
  });

  it('is not what a busy process does, nor a clock that is set back', async () => {
    const { time, hints } = watched();
    for (let n = 0; n < 100; n++) {
      time.stop(1900);
      await time.advance(2000);
    }
    time.suspend(-3_600_000);
    await time.advance(60_000);
    expect(hints).toEqual([]);
  });

  it('is found without a wall clock', async () => {
    const time = createClock();
    const { wallNow: _, ...clock } = time.clock;
    const hints: Hint[] = [];
    pageEnvironment({}, clock).watch((hint) => hints.push(hint));
    time.stop(3000);
    await time.advance(2000);
    expect(hints).toEqual(['wake']);
  });

  it('is reported once where the page reports it too', async () => {
    const page = new FakePage();
    const { time, hints } = watched(page);
    time.stop(10_000);
    page.document.emit('resume');
    time.stop(10_000);
    page.emit('pageshow', { persisted: true });
    await time.advance(60_000);
    expect(hints).toEqual(['wake', 'return']);
  });

  it('is no timer that the browser holds back in a hidden page', async () => {
    const page = new FakePage();
    const { time, hints } = watched(page);
    page.document.show('hidden');
    for (let n = 0; n < 10; n++) {
      time.stop(58_000);
      await time.advance(2000);
    }
    time.stop(50_000);
    page.document.show('visible');
    await time.advance(10_000);
    expect(hints).toEqual(['hidden', 'visible']);
  });

  it.each(['stop', 'suspend'] as const)('is found in a hidden page: %s', async (how) => {
    const page = new FakePage();
    const { time, hints } = watched(page);
    page.document.show('hidden');
    time[how](3_600_000);
    await time.advance(2000);
    expect(hints).toEqual(['hidden', 'wake']);
  });

  it('is reported before the page is shown again', () => {
    const page = new FakePage();
    const { time, hints } = watched(page);
    page.document.show('hidden');
    time.suspend(3_600_000);
    page.document.show('visible');
    expect(hints).toEqual(['hidden', 'wake', 'visible']);
  });
});

describe('a host without a page', () => {
  const odd: Record<string, PageLike> = {
    'an empty object': {},
    'a worker: events, but no document': new Target(),
    'React Native: a navigator, but no events': { navigator: {} },
    'a document without events': { document: {} },
    'everything throws': new Proxy<PageLike>(
      {},
      {
        get: () => {
          throw new Error('boom');
        },
      },
    ),
    'events that cannot be listened to': {
      addEventListener: () => {
        throw new Error('boom');
      },
      removeEventListener: () => {
        throw new Error('boom');
      },
    },
  };

  it.each(Object.entries(odd))('still reports a sleep: %s', async (_, page) => {
    const { environment, time, hints, stop } = watched(page);
    expect(environment.isOnline).toBe(true);
    time.stop(5000);
    await time.advance(2000);
    expect(hints).toEqual(['wake']);
    stop();
    expect(time.armed).toBe(0);
  });

  it('says what is no page', () => {
    expect(() => pageEnvironment(null as unknown as PageLike)).toThrow(/page: expected/);
  });

  it('is not kept alive by somebody who watches', async () => {
    const script = `
      import { pageEnvironment } from './dist/src/host/environment.js';
      const environment = pageEnvironment();
      environment.watch(() => {});
      console.log(environment.isOnline);`;
    const run = promisify(execFile);
    const args = ['--input-type=module', '-e', script];
    const { stdout } = await run(process.execPath, args, { cwd: root, timeout: 300_000 });
    expect(stdout).toBe('true\n');
  }, 300_000);
});
