/** A day of a quiet feed with default options, on a virtual clock: it is connected at the end, and asks for little. */

import { describe, expect, it } from 'vitest';
import { reconnectStream } from '../src/index.js';
import type { ReconnectingStream } from '../src/index.js';
import { sse, webSocket } from '../src/sources/index.js';
import { scriptedSource, virtualClock } from '../src/testing/index.js';
import type { VirtualClock } from '../src/testing/index.js';
import { runs } from './support/effort.js';
import { eventsOf, record } from './support/facts.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What happens to connections: ms, or null for never. */
interface Fate {
  /** A proxy cuts each of them at this age. */
  readonly cutAtMs: number | null;
  /** The server restarts so often, and all are lost. */
  readonly restartEveryMs: number | null;
  /** A token is good for so long. */
  readonly tokenMs: number | null;
  readonly pingEveryMs: number | null;
}

interface Peer {
  /** Connections and refusals that it saw. */
  requests: number;
  /** Connections that it lost. */
  cuts: number;
  refreshes: number;
  /** Until when the token is good. */
  goodUntil: number;
}

function newPeer({ tokenMs }: Fate): Peer {
  return { requests: 0, cuts: 0, refreshes: 0, goodUntil: tokenMs ?? Infinity };
}

/** Runs what happens to one connection of the peer; the result ends it. */
function befall(
  clock: VirtualClock,
  peer: Peer,
  fate: Fate,
  on: { cut(): void; ping(): void },
): () => void {
  const timers = new Set<unknown>();
  const stop = (): void => timers.forEach((timer) => clock.clearTimeout(timer));
  const cut = (): void => {
    stop();
    peer.cuts += 1;
    on.cut();
  };
  const { cutAtMs, restartEveryMs, pingEveryMs } = fate;
  if (cutAtMs !== null) timers.add(clock.setTimeout(cut, cutAtMs));
  if (restartEveryMs !== null)
    timers.add(clock.setTimeout(cut, restartEveryMs - (clock.now() % restartEveryMs)));
  const ping = (): void => {
    on.ping();
    timers.add(clock.setTimeout(ping, pingEveryMs as number));
  };
  if (pingEveryMs !== null) timers.add(clock.setTimeout(ping, pingEveryMs));
  return stop;
}

/** A server of events that says nothing but pings. */
function fetchFrom(clock: VirtualClock, peer: Peer, fate: Fate): typeof fetch {
  return (_url, init) => {
    peer.requests += 1;
    if (clock.now() >= peer.goodUntil) return Promise.resolve(new Response(null, { status: 401 }));
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        const stop = befall(clock, peer, fate, {
          cut: () => controller.error(new Error('reset')),
          ping: () => controller.enqueue(new TextEncoder().encode(': ping\n\n')),
        });
        init?.signal?.addEventListener('abort', stop, { once: true });
      },
    });
    return Promise.resolve(
      new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
    );
  };
}

/** A class with no more than a browser's, and a peer that says nothing; a token that is too old is closed with 4401. */
function socketClassFor(clock: VirtualClock, peer: Peer, fate: Fate): typeof WebSocket {
  return class extends EventTarget {
    binaryType = 'arraybuffer';
    bufferedAmount = 0;
    readyState = 0;
    readonly #stop: () => void;

    constructor() {
      super();
      peer.requests += 1;
      clock.setTimeout(() => {
        this.readyState = 1;
        this.dispatchEvent(new Event('open'));
        if (clock.now() >= peer.goodUntil) this.#end(4401);
      }, 1);
      this.#stop = befall(clock, peer, fate, {
        cut: () => this.#end(1006),
        ping: () => this.dispatchEvent(new MessageEvent('message', { data: 'ping' })),
      });
    }

    send(): void {}

    close(): void {
      this.#stop();
      this.readyState = 3;
    }

    #end(code: number): void {
      this.#stop();
      this.readyState = 3;
      this.dispatchEvent(Object.assign(new Event('close'), { code, reason: '' }));
    }
  } as unknown as typeof WebSocket;
}

async function live(
  stream: ReconnectingStream<unknown>,
  clock: VirtualClock,
  ms: number,
): Promise<{ readonly stalls: number; readonly failed: unknown[] }> {
  const heard = record(stream);
  stream.start();
  await clock.advance(ms);
  const stalls = eventsOf(heard, 'stalled').length;
  return { stalls, failed: eventsOf(heard, 'failed') };
}

const QUIET: Fate = { cutAtMs: null, restartEveryMs: null, tokenMs: null, pingEveryMs: null };
const PINGS = 20 * SECOND;

const ALL: Fate = {
  cutAtMs: MINUTE,
  restartEveryMs: 10 * MINUTE,
  tokenMs: HOUR,
  pingEveryMs: PINGS,
};

const FATES: readonly (readonly [string, Fate])[] = [
  ['nothing but silence', QUIET],
  ['a proxy that cuts at 60 s', { ...QUIET, cutAtMs: MINUTE }],
  ['pings, and a proxy that cuts at 60 s', { ...QUIET, cutAtMs: MINUTE, pingEveryMs: PINGS }],
  ['pings, and tokens for an hour', { ...QUIET, tokenMs: HOUR, cutAtMs: HOUR, pingEveryMs: PINGS }],
  ['a restart each 10 minutes', { ...QUIET, restartEveryMs: 10 * MINUTE }],
  ['pings, and all of it', ALL],
];

/** The random draws of the day. */
function draws(): () => number {
  let seed = 7;
  return () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
}

function expectLittle(peer: Peer, stalls: number): void {
  // A refresh is a request that is refused, and one more.
  expect(peer.requests).toBeLessThanOrEqual(1 + peer.cuts + stalls + peer.refreshes * 2);
}

/** The last hour may end in a wait. */
async function untilConnected(
  stream: ReconnectingStream<unknown>,
  clock: VirtualClock,
): Promise<void> {
  for (let n = 0; n < 20 && stream.state !== 'connected'; n++) await clock.advance(SECOND);
  expect(stream.state).toBe('connected');
}

describe('a day of events', () => {
  it.each(FATES)('with %s', { timeout: 240_000 }, async (_, fate) => {
    const clock = virtualClock();
    const peer = newPeer(fate);
    // All of it together for the whole day, the parts for some hours.
    const hours = fate === ALL ? DAY : runs(2 * HOUR, DAY);
    const headers = ({ refresh }: { refresh: boolean }): Record<string, string> => {
      if (refresh) {
        peer.refreshes += 1;
        peer.goodUntil = clock.now() + (fate.tokenMs ?? Infinity);
      }
      return { authorization: 'Bearer x' };
    };
    const source = sse('https://example.com/feed', {
      fetch: fetchFrom(clock, peer, fate),
      headers,
    });
    const stream = reconnectStream(source, { clock, random: draws() });
    const { stalls, failed } = await live(stream, clock, hours);
    expect(failed).toEqual([]);
    await untilConnected(stream, clock);
    expectLittle(peer, stalls);
    if (fate.tokenMs !== null) expect(peer.refreshes).toBeGreaterThanOrEqual(hours / HOUR - 1);
    stream.close();
  });
});

describe('hours of a WebSocket', () => {
  it.each(FATES)('with %s', { timeout: 240_000 }, async (_, fate) => {
    const clock = virtualClock();
    const peer = newPeer(fate);
    const url = ({ refresh }: { refresh: boolean }): string => {
      if (refresh) {
        peer.refreshes += 1;
        peer.goodUntil = clock.now() + (fate.tokenMs ?? Infinity);
      }
      return 'wss://example.com/feed';
    };
    const source = webSocket({ url, WebSocket: socketClassFor(clock, peer, fate) });
    const stream = reconnectStream(source, { clock, random: draws() });
    const { stalls, failed } = await live(stream, clock, runs(2 * HOUR, DAY));
    expect(failed).toEqual([]);
    await untilConnected(stream, clock);
    expectLittle(peer, stalls);
    stream.close();
  });
});

it('a day of accepting and hanging up keeps the longest waits, and at most 6 requests in 3 s', async () => {
  const clock = virtualClock();
  const source = scriptedSource({ resume: 'live', script: () => [[{ type: 'alive' }], 'eof'] });
  const stream = reconnectStream(source, { clock, random: draws(), maxAttempts: Infinity });
  stream.start();
  await clock.advance(3 * SECOND);
  expect(source.openings.length).toBeLessThanOrEqual(6);
  const ms = runs(3 * HOUR, DAY);
  await clock.advance(ms);
  expect(source.openings.length).toBeLessThanOrEqual(6 + ms / (30 * SECOND));
  stream.close();
});
