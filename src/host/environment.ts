/** Signals of the page or process that runs this code: online and offline, shown and hidden, wake-up, bfcache. */

import { configError } from '../../machines/config.js';
import { systemClock } from './clock.js';
import type { Clock } from './clock.js';
import { detectSleep } from './sleep-detector.js';
import type { SleepDetector } from './sleep-detector.js';

/**
 * `leave` and `return`: the page goes into the back/forward cache, and comes out of it. `wake`: the page was
 * frozen, or the machine slept.
 */
export type Hint = 'online' | 'offline' | 'visible' | 'hidden' | 'leave' | 'return' | 'wake';

/** Signals from the host: online and offline, shown and hidden, wake-up, the back/forward cache. */
export interface Environment {
  /** False only if the host reports that it is offline. */
  readonly isOnline: boolean;
  /** Calls `listener` with each hint. Returns a function that stops that. */
  watch(listener: (hint: Hint) => void): () => void;
}

/** The parts of a page's global object that are read. Any of them may be missing. */
export interface PageLike extends EventTargetLike {
  readonly document?: (EventTargetLike & { readonly visibilityState?: string }) | undefined;
  readonly navigator?: { readonly onLine?: boolean | undefined } | undefined;
}

export interface EventTargetLike {
  addEventListener?(type: string, listener: (event: PageEvent) => void): void;
  removeEventListener?(type: string, listener: (event: PageEvent) => void): void;
}

export interface PageEvent {
  readonly type: string;
  /** Of `pagehide` and `pageshow`: into, or out of, the back/forward cache. */
  readonly persisted?: boolean;
}

/**
 * Returns the environment of a page. Without a page, as in Node or in a worker, it only reports that the
 * process or the machine was asleep. All watchers share one set of listeners and one timer, which are
 * removed with the last watcher. The environment never throws, and keeps no process alive.
 *
 * @param page a global object; the same one gives the same environment @default globalThis
 * @param clock detects a sleep; any clock but the default gets an environment of its own
 * @default the clock of this process
 * @throws ReconnectError kind `config` if `page` is no object.
 */
export function pageEnvironment(
  page: PageLike = globalThis,
  clock: Clock = systemClock,
): Environment {
  if (typeof page !== 'object' || page === null)
    throw configError('page', 'the global object of a page', page, 'Write globalThis.');
  if (clock !== systemClock) return new PageEnvironment(page, clock);
  const known = environments.get(page) ?? new PageEnvironment(page, clock);
  environments.set(page, known);
  return known;
}

/** One environment per page: many streams must not add many listeners. */
const environments = new WeakMap<PageLike, PageEnvironment>();

const OF_PAGE = ['online', 'offline', 'pagehide', 'pageshow'];
const OF_DOCUMENT = ['visibilitychange', 'resume'];

interface Watcher {
  readonly listener: (hint: Hint) => void;
}

class PageEnvironment implements Environment {
  readonly #page: PageLike;
  readonly #clock: Clock;
  readonly #watchers = new Set<Watcher>();
  #sleep: SleepDetector | null = null;

  constructor(page: PageLike, clock: Clock) {
    this.#page = page;
    this.#clock = clock;
  }

  get isOnline(): boolean {
    return attempt(() => this.#page.navigator?.onLine) !== false;
  }

  watch(listener: (hint: Hint) => void): () => void {
    const watcher = { listener };
    this.#watchers.add(watcher);
    if (this.#watchers.size === 1) this.#begin();
    return () => {
      if (this.#watchers.delete(watcher) && this.#watchers.size === 0) this.#end();
    };
  }

  #begin(): void {
    this.#sleep = detectSleep(
      this.#clock,
      () => this.#isHidden(),
      () => this.#notify('wake'),
    );
    this.#eachEvent((target, type) => target.addEventListener?.(type, this.#onPageEvent));
  }

  #end(): void {
    this.#eachEvent((target, type) => target.removeEventListener?.(type, this.#onPageEvent));
    this.#sleep?.stop();
    this.#sleep = null;
  }

  #eachEvent(act: (target: EventTargetLike, type: string) => void): void {
    const page = this.#page;
    const document = attempt(() => page.document);
    for (const type of OF_PAGE) attempt(() => act(page, type));
    if (document != null) for (const type of OF_DOCUMENT) attempt(() => act(document, type));
  }

  readonly #onPageEvent = ({ type, persisted }: PageEvent): void => {
    switch (type) {
      case 'online':
      case 'offline':
        this.#notify(type);
        return;
      case 'visibilitychange':
        // Before the notification: how late a timer may be depends on whether the page was hidden until now.
        this.#sleep?.look();
        this.#notify(this.#isHidden() ? 'hidden' : 'visible');
        return;
      case 'resume':
        this.#sleep?.forget();
        this.#notify('wake');
        return;
      case 'pagehide':
        if (persisted === true) this.#notify('leave');
        return;
      case 'pageshow':
        if (persisted !== true) return;
        this.#sleep?.forget();
        this.#notify('return');
        return;
    }
  };

  #notify(hint: Hint): void {
    // A copy: a watcher that is added during the call came after the hint.
    const present = Array.from(this.#watchers);
    for (const watcher of present)
      if (this.#watchers.has(watcher)) attempt(() => watcher.listener(hint));
  }

  #isHidden(): boolean {
    return attempt(() => this.#page.document?.visibilityState) === 'hidden';
  }
}

/** Returns undefined if `act` throws: an unusual host, or one listener, must not stop the others. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
