/** A peer that is silent nearly always, over SSE and over a WebSocket, and what between it and the client goes wrong. */

import type { VirtualClock } from '../../src/testing/index.js';

/** What happens to connections: ms, or null for never. */
export interface Faults {
  /** A proxy cuts each of them at this age. */
  readonly cutAtMs: number | null;
  /** The server restarts so often, and all are lost. */
  readonly restartEveryMs: number | null;
  /** It takes so long to be back. */
  readonly awayMs: number;
  /** A token is good for so long. */
  readonly tokenMs: number | null;
  readonly pingEveryMs: number | null;
}

/** What the server has to say: its nth item is due after n times this. */
export interface Channel {
  readonly itemEveryMs: number;
  /** Each item has an id, after which the server continues. */
  readonly hasIds: boolean;
}

export class QuietPeer {
  /** Connections and refusals that it saw. */
  requests = 0;
  /** Connections that it lost, or could not accept. */
  cuts = 0;
  refreshes = 0;
  readonly #clock: VirtualClock;
  readonly #faults: Faults;
  readonly #channel: Channel | null;
  /** Until when the token is good. */
  #goodUntil: number;

  constructor(clock: VirtualClock, faults: Faults, channel: Channel | null = null) {
    this.#clock = clock;
    this.#faults = faults;
    this.#channel = channel;
    this.#goodUntil = faults.tokenMs ?? Infinity;
  }

  /** Nobody looks at the age of a token: a new one is fetched when the old one is refused. */
  refresh(): void {
    this.refreshes += 1;
    this.#goodUntil = this.#clock.now() + (this.#faults.tokenMs ?? Infinity);
  }

  /** A server of events, whose pings are comments. */
  readonly fetch: typeof fetch = (_url, init) => {
    this.requests += 1;
    if (this.#isAway) {
      this.cuts += 1;
      return Promise.reject(new TypeError('fetch failed'));
    }
    if (!this.#isKnown) return Promise.resolve(new Response(null, { status: 401 }));
    const timers = new Timers(this.#clock);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const send = (text: string): void => controller.enqueue(new TextEncoder().encode(text));
        this.#serve(timers, {
          cut: () => controller.error(new TypeError('terminated')),
          ping: () => send(': ping\n\n'),
        });
        this.#sendItems(new Headers(init?.headers).get('last-event-id'), timers, send);
      },
      cancel: () => timers.stop(),
    });
    init?.signal?.addEventListener('abort', () => timers.stop(), { once: true });
    return Promise.resolve(
      new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
    );
  };

  /** A class with no more than a browser's; a token that is too old is closed with 4401. */
  get socketClass(): typeof WebSocket {
    // oxlint-disable-next-line no-this-alias, unicorn/no-this-assignment -- the class has a `this` of its own
    const peer = this;
    return class extends EventTarget {
      binaryType = 'arraybuffer';
      bufferedAmount = 0;
      readyState = 0;
      readonly #timers = new Timers(peer.#clock);

      constructor() {
        super();
        peer.requests += 1;
        peer.#clock.setTimeout(() => {
          this.readyState = 1;
          this.dispatchEvent(new Event('open'));
          if (!peer.#isKnown) this.#end(4401);
        }, 1);
        peer.#serve(this.#timers, {
          cut: () => this.#end(1006),
          ping: () => this.dispatchEvent(new MessageEvent('message', { data: 'ping' })),
        });
      }

      send(): void {}

      close(): void {
        this.#timers.stop();
        this.readyState = 3;
      }

      #end(code: number): void {
        this.close();
        this.dispatchEvent(Object.assign(new Event('close'), { code, reason: '' }));
      }
    } as unknown as typeof WebSocket;
  }

  get #isAway(): boolean {
    const { restartEveryMs, awayMs } = this.#faults;
    const now = this.#clock.now();
    return restartEveryMs !== null && now > awayMs && now % restartEveryMs < awayMs;
  }

  get #isKnown(): boolean {
    return this.#clock.now() < this.#goodUntil;
  }

  /** What happens to one connection, until it is cut. */
  #serve(timers: Timers, on: { cut(): void; ping(): void }): void {
    const { cutAtMs, restartEveryMs, pingEveryMs } = this.#faults;
    const cut = (): void => {
      timers.stop();
      this.cuts += 1;
      on.cut();
    };
    if (cutAtMs !== null) timers.once(cutAtMs, cut);
    if (restartEveryMs !== null) timers.once(untilNext(this.#clock, restartEveryMs), cut);
    if (pingEveryMs !== null) timers.every(() => pingEveryMs, on.ping);
  }

  #sendItems(cursor: string | null, timers: Timers, send: (text: string) => void): void {
    const channel = this.#channel;
    if (channel === null) return;
    const { itemEveryMs, hasIds } = channel;
    const due = (): number => Math.floor(this.#clock.now() / itemEveryMs);
    let sent = hasIds ? Number(cursor ?? -1) : due();
    const sendDue = (): void => {
      while (sent < due()) {
        sent += 1;
        send(`${hasIds ? `id: ${sent}\n` : ''}data: ${sent}\n\n`);
      }
    };
    sendDue();
    timers.every(() => untilNext(this.#clock, itemEveryMs), sendDue);
  }
}

function untilNext(clock: VirtualClock, everyMs: number): number {
  return everyMs - (clock.now() % everyMs);
}

/** All that one connection waits for. */
class Timers {
  readonly #clock: VirtualClock;
  readonly #pending = new Set<unknown>();
  #isStopped = false;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  once(ms: number, run: () => void): void {
    if (this.#isStopped) return;
    const timer = this.#clock.setTimeout(() => {
      this.#pending.delete(timer);
      run();
    }, ms);
    this.#pending.add(timer);
  }

  every(ms: () => number, run: () => void): void {
    this.once(ms(), () => {
      run();
      this.every(ms, run);
    });
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#pending) this.#clock.clearTimeout(timer);
    this.#pending.clear();
  }
}
