/**
 * Ids that mean little: constant ones, repeated ones, some that start again, none. Nothing that is new is left out, by
 * any source that has ids.
 */

import { describe, expect, it } from 'vitest';
import { reconnectStream } from '../../src/index.js';
import type { ReconnectOptions } from '../../src/index.js';
import { seededRandom, virtualClock } from '../../src/testing/index.js';
import { runs } from '../support/effort.js';
import { FORMATS } from '../support/id-schedules.js';
import type { Format, Message, Peer, Turn } from '../support/id-schedules.js';
import { range } from '../support/numbered-log.js';

const RUNS = runs(10, 10_000);

interface Dice {
  chance(share: number): boolean;
  between(low: number, high: number): number;
}

function diceOf(random: () => number): Dice {
  return {
    chance: (share) => random() < share,
    between: (low, high) => low + Math.floor(random() * (high - low + 1)),
  };
}

/** Messages in random chunks. */
function chunked(messages: readonly Message[], dice: Dice): Message[][] {
  const chunks: Message[][] = [];
  for (let at = 0; at < messages.length;) {
    const size = dice.between(1, 4);
    chunks.push(messages.slice(at, at + size));
    at += size;
  }
  return chunks;
}

/** The one word that every connection of a peer says, or says now and then. */
function filler(id: string): Message {
  return { text: 'hello', id, isFiller: true };
}

interface Schedule {
  readonly peer: Peer;
  /** What is to be delivered, in order, without fillers. */
  readonly expected: readonly string[];
}

/** A log whose ids are places in it: the peer goes on from the cursor, or sends again what came before. */
function honestLog(format: Format, dice: Dice, extra: 'none' | 'greeting' | 'heartbeat'): Schedule {
  const length = dice.between(1, 40);
  const base = dice.between(1, 3);
  const faulty = dice.between(0, 5);
  const isInclusive = dice.chance(0.3);
  let opened = 0;
  const log = range(1, length).map((n) => ({
    text: `n${n}`,
    id: String(base + n),
    isFiller: false,
  }));
  const fillerId = format.isNumeric ? '0' : extra;
  const peer: Peer = (cursor): Turn => {
    const isFaulty = opened++ < faulty;
    const after = log.findIndex(({ id }) => id === cursor) + 1;
    const overlap = isInclusive ? 1 : dice.chance(0.5) ? dice.between(0, after) : 0;
    const from = after - (format.isOffset ? 0 : overlap);
    let messages: Message[] = log.slice(Math.max(0, from));
    const least = format.runsWork && opened === 1 ? 1 : 0;
    if (isFaulty) messages = messages.slice(0, dice.between(least, messages.length));
    if (extra === 'greeting') messages = [filler(fillerId), ...messages];
    if (extra === 'heartbeat')
      messages = messages.flatMap((one, n) =>
        // The first item has one before it: an id that was never seen says that there is no replay.
        dice.chance(0.2) || (n === 0 && after === 0) ? [filler(fillerId), one] : [one],
      );
    return { chunks: chunked(messages, dice), fate: isFaulty ? fateOf(dice) : 'end' };
  };
  return { peer, expected: log.map(({ text }) => text) };
}

/** A feed that never says anything twice, whatever its ids say. */
function liveFeed(
  format: Format,
  dice: Dice,
  idOf: (n: number, inConnection: number) => string | null,
): Schedule {
  const faulty = dice.between(0, 5);
  const expected: string[] = [];
  let opened = 0;
  const peer: Peer = () => {
    const isFaulty = opened++ < faulty;
    const messages = range(1, dice.between(format.runsWork && opened === 1 ? 1 : 0, 12)).map(
      (inConnection) => {
        const n = expected.length + 1;
        expected.push(`n${n}`);
        return { text: `n${n}`, id: idOf(n, inConnection), isFiller: false };
      },
    );
    return { chunks: chunked(messages, dice), fate: isFaulty ? fateOf(dice) : 'end' };
  };
  return { peer, expected };
}

function fateOf(dice: Dice): Turn['fate'] {
  return (['eof', 'error', 'silence'] as const)[dice.between(0, 2)] ?? 'eof';
}

const POLICIES: Readonly<Record<string, (format: Format, dice: Dice) => Schedule>> = {
  'places in a log': (format, dice) => honestLog(format, dice, 'none'),
  'places in a log, and a greeting with a constant id': (format, dice) =>
    honestLog(format, dice, 'greeting'),
  'places in a log, and heartbeats with a constant id': (format, dice) =>
    honestLog(format, dice, 'heartbeat'),
  constant: (format, dice) => liveFeed(format, dice, () => '7'),
  'counted per connection': (format, dice) => liveFeed(format, dice, (_, n) => String(n)),
  'that start again': (format, dice) => {
    let last = dice.between(0, 20);
    return liveFeed(format, dice, () => {
      last = dice.chance(0.1) ? 1 : last + 1;
      return String(last);
    });
  },
  'that stand still': (format, dice) => {
    const still = dice.between(2, 5);
    return liveFeed(format, dice, (n) => String(Math.floor(n / still)));
  },
  'that come again with other data': (format, dice) =>
    liveFeed(format, dice, (n) => String(dice.chance(0.3) ? dice.between(1, n) : n)),
  'that some messages lack': (format, dice) =>
    liveFeed(format, dice, (n) => (n > 1 && dice.chance(0.5) ? null : String(n))),
  'that no message has': (format, dice) => liveFeed(format, dice, () => null),
};

/** Policies that a format cannot speak. */
function isPossible(format: Format, policy: string): boolean {
  const isIdless = policy === 'that some messages lack' || policy === 'that no message has';
  if (isIdless) return format.hasIdless;
  // A greeting has no offset behind it; and an offset that stays says that nothing was appended.
  if (format.isOffset)
    return !/greeting|heartbeats|constant|still|come again|counted|start again/.test(policy);
  return !(format.isNumeric && policy.includes('heartbeats'));
}

interface Verdict {
  readonly texts: readonly string[];
  readonly complaints: number;
  readonly status: string;
  readonly timers: number;
}

async function readAll(
  format: Format,
  { peer }: Schedule,
  options: ReconnectOptions,
): Promise<Verdict> {
  const clock = virtualClock();
  const stream = reconnectStream(format.source(peer), {
    clock,
    maxAttempts: 100,
    stallTimeoutMs: 5_000,
    ...options,
  });
  let complaints = 0;
  stream.on('diagnostic', ({ code }) => void (complaints += code === 'ids-useless' ? 1 : 0));
  // Listened to, since a stream that starts over warns where nobody does.
  stream.on('restarted', () => {});
  stream.on('reset', () => {});
  const texts: string[] = [];
  let status = 'stuck';
  const reading = (async () => {
    for await (const item of stream) texts.push(...format.textsOf(item));
  })().catch(() => {});
  void reading.then(() => stream.done).then((outcome) => (status = outcome.status));
  for (let turn = 0; turn < 60 && status === 'stuck'; turn++) await clock.advance(30_000);
  stream.close();
  await clock.settle();
  return {
    texts: texts.filter((text) => text !== 'hello'),
    complaints,
    status,
    timers: clock.armed,
  };
}

describe.each(Object.keys(FORMATS))('%s: ids', (name) => {
  const format = FORMATS[name] as Format;
  const policies = Object.keys(POLICIES).filter((policy) => isPossible(format, policy));

  it.each(policies)('%s: nothing is left out', { timeout: 20_000 + RUNS * 100 }, async (policy) => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const random = seededRandom(seed);
      const dice = diceOf(random);
      const schedule = (POLICIES[policy] as (typeof POLICIES)[string])(format, dice);
      // What is held for its checkpoint comes again from a log, and never from a feed.
      const mayHold = !policy.startsWith('that some') && dice.chance(0.5);
      const delivery = mayHold ? undefined : ('eager' as const);
      const { texts, complaints, status, timers } = await readAll(format, schedule, {
        delivery,
        random,
      });
      const isWhole = policy !== 'that no message has';
      expect({ seed, texts, complaints: Math.min(complaints, 1), status, timers }).toEqual({
        seed,
        texts: schedule.expected,
        complaints,
        // Without a place to go on from, a request that runs work is not sent again.
        status: isWhole ? 'complete' : status,
        timers: 0,
      });
    }
  });
});
