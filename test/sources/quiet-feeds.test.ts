/** Hours (a day with `LONG_TESTS=1`) of a notification channel, with all defaults: it is silent nearly always, and everything between cuts it. */

import { describe, expect, it } from 'vitest';
import { sse } from '../../src/sources/index.js';
import { virtualClock } from '../../src/testing/index.js';
import type { VirtualClock } from '../../src/testing/index.js';
import { runs } from '../support/effort.js';
import { eventsOf, onVirtualClock } from '../support/facts.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const HOURS = runs(3, 24);
/** How often the server looks what there is to send. */
const TICK_MS = 20_000;
/** How often the server is replaced, and how long it is away then. */
const RESTART_MS = 10 * MINUTE;
const AWAY_MS = 2_000;

interface Channel {
  /** Each notification has an id, after which the server continues. */
  readonly hasIds: boolean;
  readonly hasPings: boolean;
}

interface Served {
  readonly fetch: typeof fetch;
  /** Connections that the peer or its proxy ended. */
  readonly cuts: () => number;
  readonly requests: () => number;
  readonly refusals: () => number;
}

/** One notification an hour; a proxy that ends what is a minute old; a token that is valid for an hour. */
function serve(clock: VirtualClock, { hasIds, hasPings }: Channel): Served {
  const encoder = new TextEncoder();
  let [cuts, requests, refusals] = [0, 0, 0];
  const isAway = (): boolean => clock.now() % RESTART_MS < AWAY_MS && clock.now() > AWAY_MS;
  const respond: typeof fetch = (_, init) => {
    requests += 1;
    if (isAway()) {
      cuts += 1;
      return Promise.reject(new TypeError('fetch failed'));
    }
    const headers = new Headers(init?.headers);
    if (headers.get('authorization') !== `hour ${Math.floor(clock.now() / HOUR)}`) {
      refusals += 1;
      return Promise.resolve(new Response(null, { status: 401 }));
    }
    const signal = init?.signal;
    const openedAt = clock.now();
    let sent = hasIds ? Number(headers.get('last-event-id') ?? -1) : Math.floor(openedAt / HOUR);
    let timer: unknown;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(encoder.encode('retry: 1000\n\n'));
        const tick = (): void => {
          if (signal?.aborted === true) return;
          while (sent < Math.floor(clock.now() / HOUR)) {
            sent += 1;
            const id = hasIds ? `id: ${sent}\n` : '';
            controller.enqueue(encoder.encode(`${id}data: ${sent}\n\n`));
          }
          if (hasPings) controller.enqueue(encoder.encode(': ping\n\n'));
          if (clock.now() - openedAt < MINUTE && !isAway()) timer = clock.setTimeout(tick, TICK_MS);
          else {
            cuts += 1;
            controller.error(new TypeError('terminated'));
          }
        };
        tick();
      },
      cancel: () => clock.clearTimeout(timer),
    });
    return Promise.resolve(
      new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
    );
  };
  return {
    fetch: respond,
    cuts: () => cuts,
    requests: () => requests,
    refusals: () => refusals,
  };
}

const EVERY = Array.from({ length: HOURS + 1 }, (_, n) => String(n));

describe('a quiet channel', () => {
  it.each([
    { hasIds: true, hasPings: true },
    { hasIds: true, hasPings: false },
    { hasIds: false, hasPings: true },
    { hasIds: false, hasPings: false },
  ])('is followed to its end: %o', async (channel) => {
    const clock = virtualClock();
    const server = serve(clock, channel);
    let hour = 0;
    const source = sse({
      url: 'http://127.0.0.1/notifications',
      fetch: server.fetch,
      headers: ({ refresh }) => {
        // Nobody looks at the clock of a token: it is fetched anew when it is refused.
        if (refresh) hour = Math.floor(clock.now() / HOUR);
        return { authorization: `hour ${hour}` };
      },
    });
    const { stream, heard } = onVirtualClock(source, { clock });
    const items: string[] = [];
    const connections = (): number => eventsOf(heard, 'connected').length;
    let before = 0;
    void (async () => {
      for await (const { data } of stream) if (items.push(data) === 1) before = connections();
    })();
    while (clock.now() < HOURS * HOUR + 5 * MINUTE) await clock.advance(TICK_MS);
    expect(eventsOf(heard, 'failed')).toEqual([]);
    expect(stream.state === 'connected' || stream.state === 'waiting').toBe(true);
    // Without ids the server has no history: what it said while nobody listened is reported as a gap.
    if (channel.hasIds) expect(items).toEqual(EVERY);
    else expect(eventsOf(heard, 'gap')).toHaveLength(connections() - before);
    expect(eventsOf(heard, 'restarted')).toEqual([]);
    const left = eventsOf(heard, 'stalled').length;
    expect(server.requests()).toBeLessThanOrEqual(1 + server.cuts() + left + server.refusals());
    expect(server.refusals()).toBeLessThanOrEqual(HOURS + 1);
    stream.close();
  });
});
