/** Random logs in random pieces, cut anywhere: each message, character and byte arrives once. `LONG_TESTS=1` makes it more. */

import { expect, it } from 'vitest';
import { reconnectStream } from '../../../src/index.js';
import { durableStream } from '../../../src/sources/index.js';
import { seededRandom, virtualClock } from '../../../src/testing/index.js';
import { durableLog } from '../../support/durable-log.js';
import type { VirtualClock } from '../../../src/testing/index.js';
import type { LogKind } from '../../support/durable-log.js';
import { QUICK } from '../../support/read-all.js';
import { record } from '../../support/facts.js';
import { runs } from '../../support/effort.js';

const RUNS = runs(60, 1000);

const CHARACTERS: readonly string[] = Array.from('a😀ü�日 ,]"\\[}{\u0000é\n');

interface Run {
  readonly seed: number;
  readonly kind: LogKind;
  readonly live: 'sse' | 'long-poll';
  readonly delivery: 'commit' | 'eager';
}

function randomAppends(kind: LogKind, random: () => number): (unknown[] | Uint8Array)[] {
  const below = (limit: number): number => Math.floor(random() * limit);
  const word = (): string =>
    Array.from({ length: below(6) }, () => CHARACTERS[below(CHARACTERS.length)]).join('');
  const value = (depth: number): unknown => {
    if (depth > 2) return below(100);
    const kinds: (() => unknown)[] = [
      word,
      () => below(1e6) / 7,
      () => null,
      () => ({ [word()]: value(depth + 1) }),
      () => [value(depth + 1), word()],
      () => ({}),
    ];
    return kinds[below(kinds.length)]?.();
  };
  const count = below(12);
  if (kind === 'json')
    return Array.from({ length: count }, () =>
      Array.from({ length: 1 + below(5) }, () => value(0)),
    );
  const whole = Buffer.from(
    kind === 'text' ? Array.from({ length: count * 4 }, word).join('') : randomBytes(),
  );
  return cutUp(whole);

  function randomBytes(): number[] {
    return Array.from({ length: count * 5 }, () => below(256));
  }
  /** Anywhere, in the middle of a character as well. */
  function cutUp(bytes: Uint8Array): Uint8Array[] {
    const parts: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const size = 1 + below(7);
      parts.push(bytes.subarray(at, at + size));
      at += size;
    }
    return parts;
  }
}

/** What the items of a log are, however it was cut. */
function joined(kind: LogKind, items: readonly unknown[]): unknown {
  if (kind === 'json') return items;
  if (kind === 'text') return items.join('');
  return Buffer.concat(items as readonly Uint8Array[]).toString('hex');
}

/** A server that ends at once is asked seldom: time passes by itself. */
async function run(one: Run): Promise<void> {
  const clock = virtualClock();
  let isOver = false;
  const reading = readLog(one, clock).finally(() => (isOver = true));
  while (!isOver) await clock.advance(Math.max(0, (clock.nextAt ?? 0) - clock.now()));
  await reading;
}

async function readLog({ seed, kind, live, delivery }: Run, clock: VirtualClock): Promise<void> {
  const random = seededRandom(seed);
  const appends = randomAppends(kind, random);
  const whole =
    kind === 'json'
      ? appends.flat()
      : kind === 'text'
        ? Buffer.concat(appends as Uint8Array[]).toString()
        : Buffer.concat(appends as Uint8Array[]).toString('hex');
  const log = durableLog({ kind, appends, random, cuts: 0.4 });
  const source = (): ReturnType<typeof durableStream> =>
    durableStream({
      url: 'http://127.0.0.1/',
      live,
      fetch: log.fetch,
      ...(random() < 0.5 || kind === 'text' ? { format: kind } : {}),
    });
  const options = { ...QUICK, clock, delivery, maxAttempts: 1000, initialBackoffMs: 1 };
  const items: unknown[] = [];
  const heard: string[] = [];
  let checkpoint: string | undefined;
  // Left and taken up again a few times, as a new process would.
  for (let left = Math.floor(random() * 3); ; left--) {
    const stream = reconnectStream(source(), { ...options, checkpoint });
    const events = record(stream);
    const until = left > 0 ? 1 + Math.floor(random() * 8) : Infinity;
    let count = 0;
    for await (const item of stream) {
      items.push(item);
      checkpoint = JSON.stringify(stream.checkpoint());
      if (++count >= until) break;
    }
    heard.push(...events.map(({ type }) => type));
    if (count < until) {
      expect((await stream.done).status).toBe('complete');
      break;
    }
  }
  const label = JSON.stringify({ seed, kind, live, delivery });
  expect([label, joined(kind, items)]).toEqual([label, whole]);
  expect([label, heard.filter((type) => /gap|restarted|reset|failed/.test(type))]).toEqual([
    label,
    [],
  ]);
}

it.each(['json', 'text', 'bytes'] as const)(
  `${RUNS} random logs of %s`,
  { timeout: 300_000 + RUNS * 50 },
  async (kind) => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const live = seed % 2 === 0 ? 'sse' : 'long-poll';
      const delivery = seed % 3 === 0 ? 'eager' : 'commit';
      // oxlint-disable-next-line no-await-in-loop -- one after the other, so that a seed repeats its run
      await run({ seed, kind, live, delivery });
    }
  },
);
