/** A day of a quiet feed with default options, on a virtual clock: it is connected at the end, and asks for little. */

import { describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import type { ReconnectingStream } from '../../src/index.js';
import { sse, webSocket } from '../../src/sources/index.js';
import { scriptedSource, virtualClock } from '../../src/testing/index.js';
import type { VirtualClock } from '../../src/testing/index.js';
import { runs } from '../support/effort.js';
import { eventsOf, record } from '../support/facts.js';
import { QuietPeer } from '../support/quiet-peer.js';
import { range } from '../support/numbered-log.js';
import type { Faults } from '../support/quiet-peer.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

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

const QUIET: Faults = {
  cutAtMs: null,
  restartEveryMs: null,
  tokenMs: null,
  pingEveryMs: null,
  awayMs: 0,
};
const PINGS = 20 * SECOND;

const ALL: Faults = {
  ...QUIET,
  cutAtMs: MINUTE,
  restartEveryMs: 10 * MINUTE,
  tokenMs: HOUR,
  pingEveryMs: PINGS,
};

const FAULTS: readonly (readonly [string, Faults])[] = [
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

function expectLittle(peer: QuietPeer, stalls: number): void {
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
  it.each(FAULTS)('with %s', { timeout: 240_000 }, async (_, faults) => {
    const clock = virtualClock();
    const peer = new QuietPeer(clock, faults);
    // All of it together for the whole day, the parts for some hours.
    const hours = faults === ALL ? DAY : runs(2 * HOUR, DAY);
    const headers = ({ refresh }: { refresh: boolean }): Record<string, string> => {
      if (refresh) peer.refresh();
      return { authorization: 'Bearer x' };
    };
    const source = sse('https://example.com/feed', {
      fetch: peer.fetch,
      headers,
    });
    const stream = reconnectStream(source, { clock, random: draws() });
    const { stalls, failed } = await live(stream, clock, hours);
    expect(failed).toEqual([]);
    await untilConnected(stream, clock);
    expectLittle(peer, stalls);
    if (faults.tokenMs !== null) expect(peer.refreshes).toBeGreaterThanOrEqual(hours / HOUR - 1);
    stream.close();
  });
});

/** Not with a restart: what a server without a history says then is lost. */
const ITEMS = 61 * MINUTE;

describe('a channel with an item an hour, and all of it', () => {
  it.each([
    { hasIds: true, pingEveryMs: PINGS },
    { hasIds: true, pingEveryMs: null },
    { hasIds: false, pingEveryMs: PINGS },
    { hasIds: false, pingEveryMs: null },
  ])('is followed: %o', { timeout: 240_000 }, async ({ hasIds, pingEveryMs }) => {
    const clock = virtualClock();
    const faults = { ...ALL, awayMs: 2 * SECOND, pingEveryMs };
    const peer = new QuietPeer(clock, faults, { itemEveryMs: ITEMS, hasIds });
    const source = sse('https://example.com/feed', {
      fetch: peer.fetch,
      headers: ({ refresh }) => {
        if (refresh) peer.refresh();
        return { authorization: 'Bearer x' };
      },
    });
    const stream = reconnectStream(source, { clock, random: draws() });
    const heard = record(stream);
    const hours = runs(5, 24);
    const items: string[] = [];
    const connections = (): number => eventsOf(heard, 'connected').length;
    let before = 0;
    void (async () => {
      for await (const { data } of stream) if (items.push(data) === 1) before = connections();
    })();
    await clock.advance(hours * HOUR + 5 * MINUTE);
    await untilConnected(stream, clock);
    for (const type of ['failed', 'restarted'] as const) expect(eventsOf(heard, type)).toEqual([]);
    // Without ids the server has no history: what it said while nobody listened is reported as a gap.
    if (hasIds) expect(items.join()).toBe(range(0, Math.floor(clock.now() / ITEMS)).join());
    else expect(eventsOf(heard, 'gap')).toHaveLength(connections() - before);
    expectLittle(peer, eventsOf(heard, 'stalled').length);
    expect(peer.refreshes).toBeLessThanOrEqual(hours + 1);
    stream.close();
  });
});

describe('hours of a WebSocket', () => {
  it.each(FAULTS)('with %s', { timeout: 240_000 }, async (_, faults) => {
    const clock = virtualClock();
    const peer = new QuietPeer(clock, faults);
    const url = ({ refresh }: { refresh: boolean }): string => {
      if (refresh) peer.refresh();
      return 'wss://example.com/feed';
    };
    const source = webSocket({ url, WebSocket: peer.socketClass });
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
