/** A server that has nothing new is asked neither too often nor given up. Virtual time, scripted responses. */

import { describe, expect, it } from 'vitest';
import type { ReconnectOptions } from '../../../src/index.js';
import { durableStream } from '../../../src/sources/index.js';
import type { DurableStreamOptions } from '../../../src/sources/index.js';
import { virtualClock } from '../../../src/testing/index.js';
import type { VirtualClock } from '../../../src/testing/index.js';
import { eventsOf, onVirtualClock, read } from '../../support/facts.js';
import type { OnVirtualClock, Read } from '../../support/facts.js';

const MINUTE = 60_000;

interface Asked {
  readonly n: number;
  readonly url: URL;
  readonly signal: AbortSignal | null;
}

type Script = (asked: Asked, clock: VirtualClock) => Response | Promise<Response>;

interface Run extends OnVirtualClock<unknown>, Read<unknown> {
  /** When it was asked, in ms. */
  readonly asked: readonly number[];
}

function follow(
  script: Script,
  source: Partial<DurableStreamOptions> = {},
  options: Omit<ReconnectOptions, 'clock'> = {},
): Run {
  const clock = virtualClock();
  const asked: number[] = [];
  const respond: typeof fetch = async (input, init) => {
    asked.push(clock.now());
    return script(
      { n: asked.length, url: new URL(input as string), signal: init?.signal ?? null },
      clock,
    );
  };
  const durable = durableStream({ url: 'http://127.0.0.1/', fetch: respond, ...source });
  const run = onVirtualClock(durable, { clock, random: () => 0.5, ...options });
  return { ...run, ...read(run.stream), asked };
}

/** Passes so much time, second by second: what a response starts is due in it too. */
async function pass(clock: VirtualClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 250) await clock.advance(Math.min(250, left));
}

function poll(next: string, body: string | null = null, headers: Record<string, string> = {}) {
  const type = { 'content-type': 'application/json' };
  return new Response(body, {
    status: body === null ? 204 : 200,
    headers: { ...type, 'stream-next-offset': next, 'stream-up-to-date': 'true', ...headers },
  });
}

function events(...texts: string[]): Response {
  return new Response(texts.join(''), { headers: { 'content-type': 'text/event-stream' } });
}

const control = (offset: string, more: object = {}): string =>
  `event: control\ndata: ${JSON.stringify({ streamNextOffset: offset, ...more })}\n\n`;

/** Nothing comes before the time is up. */
async function after(ms: number, clock: VirtualClock, response: () => Response): Promise<Response> {
  await new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
  return response();
}

describe('an idle stream', () => {
  it.each([
    ['500 ms', 500],
    ['3 s', 3000],
    ['30 s', 30_000],
  ])('whose long polls last %s is followed for hours, without a drop', async (_, pollMs) => {
    const { stream, clock, asked, heard } = follow(
      ({ n }, time) => (n === 1 ? poll('0_0', '[]') : after(pollMs, time, () => poll('0_0'))),
      { live: 'long-poll' },
    );
    await pass(clock, MINUTE);
    expect(asked.length).toBeLessThanOrEqual(30);
    await pass(clock, 2 * 60 * MINUTE);
    expect(stream.state).toBe('connected');
    expect(eventsOf(heard, 'attemptStarted')).toHaveLength(1);
    expect(eventsOf(heard, 'dropped')).toEqual([]);
    // One after the other, no pause between long ones.
    expect(asked.length).toBeGreaterThan((120 * MINUTE) / (Math.max(pollMs, 2500) + 250));
    stream.close();
  });

  it('gives what is appended as soon as a poll brings it, and ends when it is closed', async () => {
    const { stream, clock, items, ended } = follow(
      ({ n }) => {
        if (n === 1) return poll('0_0', '[]');
        if (n < 40) return poll('0_0');
        return poll('0_9', '["late"]', { 'stream-closed': 'true' });
      },
      { live: 'long-poll' },
    );
    await pass(clock, 3 * MINUTE);
    expect([await ended, items, (await stream.done).status]).toEqual([null, ['late'], 'complete']);
  });

  it('is opened at its tail before a long poll is left open', async () => {
    const { stream, clock, asked, heard } = follow(
      ({ url }, time) =>
        url.searchParams.has('live') ? after(30_000, time, () => poll('0_7')) : poll('0_7', '[]'),
      { live: 'long-poll', offset: '0_7' },
    );
    await pass(clock, 10 * MINUTE);
    expect(eventsOf(heard, 'connected')).toHaveLength(1);
    expect(eventsOf(heard, 'dropped')).toEqual([]);
    expect(asked.length).toBeLessThan(25);
    stream.close();
  });

  it('ends the wait between two polls when it is closed', async () => {
    const { stream, clock, asked } = follow(() => poll('0_0', '[]'), { live: 'long-poll' });
    await pass(clock, MINUTE);
    const before = asked.length;
    stream.close();
    await clock.settle();
    expect(clock.armed).toBe(0);
    await pass(clock, MINUTE);
    expect(asked).toHaveLength(before);
  });

  it('whose events end after a minute, each time, is followed without a drop', async () => {
    const { stream, clock, asked, heard } = follow((_, time) => {
      const body = new ReadableStream<Uint8Array>({
        async start(controller) {
          const send = (text: string): void => controller.enqueue(new TextEncoder().encode(text));
          send(control('0_0', { upToDate: true }));
          await new Promise<void>((resolve) => time.setTimeout(resolve, 30_000));
          send(control('0_0', { upToDate: true }));
          await new Promise<void>((resolve) => time.setTimeout(resolve, 30_000));
          controller.close();
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    });
    await pass(clock, 60 * MINUTE);
    expect(stream.state).toBe('connected');
    expect(eventsOf(heard, 'dropped')).toEqual([]);
    expect(asked.length).toBe(61);
    stream.close();
  });
});

describe('no script of a server makes more than 30 requests in the first minute', () => {
  const scripts: Record<string, [Script, Partial<DurableStreamOptions>]> = {
    'events: a new offset each time, and no data': [({ n }) => events(control(`0_${n}`)), {}],
    'events: the same offset': [() => events(control('0_0')), {}],
    'events: nothing at all': [() => events(), {}],
    'events: only comments': [() => events(': a\n\n', ': b\n\n'), {}],
    'events: empty messages': [
      ({ n }) => events('event: data\ndata: []\n\n', control(`0_${n}`)),
      {},
    ],
    'events: data without an offset': [() => events('event: data\ndata: [1]\n\n'), {}],
    'events: unknown ones': [({ n }) => events(`event: up-to-date\ndata: ${n}\n\n`), {}],
    'events: no content': [() => new Response(null, { status: 204 }), {}],
    'events: retry of nothing': [({ n }) => events('retry: 0\n\n', control(`0_${n}`)), {}],
    'events: over after a second': [
      ({ n }, clock) => after(1001, clock, () => events(control(`0_${n}`))),
      {},
    ],
    'polls: the same offset': [() => poll('0_0'), { live: 'long-poll' }],
    'polls: no messages': [() => poll('0_0', '[]'), { live: 'long-poll' }],
    'polls: a new offset each time': [({ n }) => poll(`0_${n}`), { live: 'long-poll' }],
    'polls: a new offset and no messages': [({ n }) => poll(`0_${n}`, '[]'), { live: 'long-poll' }],
    'polls: a new offset, back and forth': [
      ({ n }) => poll(`0_${n % 2}`, '[]'),
      { live: 'long-poll' },
    ],
    'polls: a new offset and empty text': [
      ({ n }) => poll(`0_${n}`, '', { 'content-type': 'text/plain' }),
      { live: 'long-poll' },
    ],
    'polls: idle, then broken, and again': [
      ({ n }) => {
        if (n % 4 === 0) throw new TypeError('fetch failed');
        return poll('0_0', '[]');
      },
      { live: 'long-poll' },
    ],
  };

  it.each(Object.entries(scripts))('%s', async (_, [script, source]) => {
    for (const maxAttempts of [5, 1000]) {
      const { stream, clock, asked, ended } = follow(script, source, { maxAttempts });
      await pass(clock, MINUTE);
      expect(asked.length).toBeGreaterThan(1);
      expect(asked.length).toBeLessThanOrEqual(30);
      stream.close();
      await ended;
    }
  });

  it('the server asks for a minute, and gets it', async () => {
    const { stream, clock, asked } = follow(
      ({ n }) => events('retry: 60000\n\n', control(`0_${n}`)),
      {},
      { minBackoffMs: 30_000 },
    );
    await pass(clock, 3 * MINUTE + 1000);
    expect(asked.length).toBeLessThanOrEqual(4);
    stream.close();
  });

  it('it gets it also between two planned ends', async () => {
    const { stream, clock, asked, heard } = follow(({ n }) =>
      events('retry: 20000\n\n', `event: data\ndata: [${n}]\n\n`, control(`0_${n}`)),
    );
    await pass(clock, MINUTE);
    expect(asked).toEqual([0, 20_000, 40_000, 60_000]);
    expect(eventsOf(heard, 'dropped')).toEqual([]);
    stream.close();
  });

  it('the caller asks for half a minute, and gets it', async () => {
    const { stream, clock, asked } = follow(
      ({ n }) => events(control(`0_${n}`)),
      {},
      { minBackoffMs: 30_000 },
    );
    await pass(clock, 2 * MINUTE + 1000);
    expect(asked.length).toBeLessThanOrEqual(5);
    stream.close();
  });
});

it('a server that has more is asked for it at once', async () => {
  const { clock, asked, items, ended } = follow(
    ({ n }) => poll(`0_${n}`, `[${n}]`, n === 200 ? { 'stream-closed': 'true' } : {}),
    { live: 'long-poll' },
  );
  await clock.advance(0);
  expect([await ended, items.length, asked.length, clock.now()]).toEqual([null, 200, 200, 0]);
});
