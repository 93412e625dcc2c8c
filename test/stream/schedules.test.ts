/** Random schedules: drops, overlaps, skips, late items; a simple oracle says what is right. */

import { expect, it } from 'vitest';
import { ReconnectError, reconnectStream } from '../../src/index.js';
import type {
  Connection,
  ReconnectOptions,
  ResumePoint,
  SourceItem,
  StreamSource,
} from '../../src/index.js';
import { seededRandom, virtualClock } from '../../src/testing/index.js';
import { range } from '../support/numbered-log.js';
import { runs } from '../support/effort.js';

const SCHEDULES = runs(1500, 10_000);

/** What the peer says of the nth item of its log; `id` where it names one. */
interface Word {
  readonly n: number;
  readonly id: string | null;
}

/** Draws the faults of one stream. */
interface Dice {
  /** True this often. */
  chance(share: number): boolean;
  /** A whole number, both ends included. */
  between(low: number, high: number): number;
}

function diceOf(random: () => number): Dice {
  return {
    chance: (share) => random() < share,
    between: (low, high) => low + Math.floor(random() * (high - low + 1)),
  };
}

interface Log {
  readonly length: number;
  /** Every so many items one has an id: 1, all of them. */
  readonly idEvery: number;
  /** How many connections are faulty before the peer is honest. */
  readonly faulty: number;
  /** The peer leaves items out, and sends some late: only where each has an id. */
  readonly isCareless: boolean;
}

/**
 * What a reader is to have, by the plain rule: a later id is taken, and one that skips is reported. One that is not later is
 * left out if it was there once and the stream has been resumed; else it is taken as well, and reported.
 */
class Oracle {
  readonly taken: number[] = [];
  readonly gaps: string[] = [];
  old = 0;
  #cursor = 0;
  #isResumed = false;

  open(): void {
    this.#isResumed = this.#cursor > 0;
  }

  hear({ n, id }: Word): void {
    if (id === null) return;
    const isLater = n > this.#cursor;
    if (!isLater && this.#isResumed && this.taken.filter((one) => one === n).length === 1) {
      this.old += 1;
      return;
    }
    if (this.#cursor > 0 && n !== this.#cursor + 1) this.gaps.push(`${this.#cursor} ${n}`);
    this.taken.push(n);
    if (isLater) this.#cursor = n;
  }
}

const END: SourceItem<Word> = { type: 'end', outcome: 'complete' };

/** A peer in memory whose every connection misbehaves as the dice say. */
function carelessPeer(log: Log, dice: Dice, oracle: Oracle): StreamSource<Word> {
  let opened = 0;
  /** Answers to reads of connections that were left. */
  const late: (() => void)[] = [];

  function open(at: ResumePoint): Promise<Connection<Word>> {
    const isFaulty = opened++ < log.faulty;
    // The connection before this one wakes up now.
    for (const wake of late.splice(0)) wake();
    if (isFaulty && dice.chance(0.15)) {
      if (dice.chance(0.5)) return new Promise(() => {});
      return Promise.reject(new ReconnectError('http', 'unavailable', { status: 503 }));
    }
    const after = Number(at.cursor ?? 0);
    oracle.open();
    const words = wordsFrom(after, isFaulty);
    const batches = batchesOf(words);
    const fate = isFaulty ? dice.between(0, 3) : -1;
    let isClosed = false;
    const next = (): Promise<IteratorResult<readonly SourceItem<Word>[]>> => {
      if (isClosed) return Promise.resolve({ done: true, value: undefined });
      const batch = batches.shift();
      if (batch !== undefined) {
        for (const word of batch) oracle.hear(word);
        const items = batch.map(itemOf);
        // It says nothing of what is old.
        if (dice.chance(0.1)) items.splice(dice.between(0, items.length), 0, { type: 'upToDate' });
        return Promise.resolve({ done: false, value: items });
      }
      if (fate < 0) return Promise.resolve({ done: false, value: [END] });
      if (fate === 0) return Promise.resolve({ done: true, value: undefined });
      if (fate === 3) return Promise.resolve({ done: false, value: [{ type: 'rotate' }] });
      if (fate === 1) return Promise.reject(new ReconnectError('network', 'the connection broke'));
      // Silence, and words that come when nobody listens any more.
      return new Promise((resolve) => {
        const stale = range(after + 1, log.length).map(wordOf);
        late.push(() => resolve({ done: false, value: [...stale.map(itemOf), END] }));
      });
    };
    return Promise.resolve({
      batches: { [Symbol.asyncIterator]: () => ({ next }) },
      close: () => void (isClosed = true),
    });
  }

  function wordsFrom(after: number, isFaulty: boolean): Word[] {
    const overlap = dice.chance(0.5) ? dice.between(1, after) : 0;
    const words: Word[] = [];
    for (let n = Math.max(1, after + 1 - overlap); n <= log.length; n++) {
      words.push(wordOf(n));
      if (!isFaulty) continue;
      if (dice.chance(0.12)) break;
      if (!log.isCareless || n <= after) continue;
      if (n > 1 && dice.chance(0.15)) words.push(wordOf(dice.between(1, n - 1)));
      if (n < log.length && dice.chance(0.1)) n = Math.min(n + dice.between(1, 4), log.length - 1);
    }
    return words;
  }

  function wordOf(n: number): Word {
    const hasId = n % log.idEvery === 0 || n === log.length;
    return { n, id: hasId ? String(n) : null };
  }

  function batchesOf(words: readonly Word[]): Word[][] {
    const batches: Word[][] = [];
    for (let at = 0; at < words.length;) {
      const size = dice.between(1, 5);
      batches.push(words.slice(at, at + size));
      at += size;
    }
    return batches;
  }

  return {
    name: 'careless',
    resume: 'cursor',
    terminal: 'explicit',
    reopen: 'safe',
    open,
    ...(log.idEvery === 1 && {
      contiguous: (from: string, to: string) => {
        if (Number(to) <= Number(from)) return 'old';
        return Number(to) === Number(from) + 1 ? 'next' : 'gap';
      },
    }),
  };
}

function itemOf(word: Word): SourceItem<Word> {
  return { type: 'data', data: word, bytes: 1, ...(word.id === null ? {} : { id: word.id }) };
}

interface Verdict {
  readonly numbers: number[];
  readonly gaps: string[];
  readonly replayed: number;
  readonly status: string;
  readonly timers: number;
}

/** Reads the stream as a user does who takes back what a reset or a restart says. */
async function readAll(
  source: StreamSource<Word>,
  options: ReconnectOptions,
  random: () => number,
  way: 'items' | 'batches',
): Promise<Verdict> {
  const clock = virtualClock();
  const stream = reconnectStream(source, {
    clock,
    random,
    maxAttempts: 1_000,
    stallTimeoutMs: 5_000,
    connectTimeoutMs: 5_000,
    maxBackoffMs: 5_000,
    ...options,
  });
  const gaps: string[] = [];
  let replayed = 0;
  let sure: Word[] = [];
  let unsure: Word[] = [];
  stream.on('gap', ({ from, to }) => gaps.push(`${from} ${to}`));
  stream.on('replayed', ({ items }) => void (replayed += items));
  stream.on('restarted', () => void (sure = unsure = []));
  stream.on('reset', ({ scope, items }) => {
    if (scope === 'pending') expect(items).toBe(unsure.length);
    unsure = [];
    if (scope === 'all') sure = [];
  });
  let status = 'stuck';
  const take = (word: Word): void => {
    unsure = [...unsure, word];
    if (word.id === null) return;
    sure = [...sure, ...unsure];
    unsure = [];
  };
  const reading = (async () => {
    if (way === 'items') for await (const word of stream) take(word);
    else for await (const words of stream.batches()) words.forEach(take);
  })();
  void reading.then(() => stream.done).then((outcome) => (status = outcome.status));
  for (let turn = 0; turn < 40 && status === 'stuck'; turn++) await clock.advance(10_000);
  const words = [...sure, ...unsure];
  return {
    numbers: words.map(({ n }) => n),
    gaps,
    replayed,
    status,
    timers: clock.armed,
  };
}

it(
  'loses, doubles and reorders nothing in any of them, and reports every skip',
  { timeout: runs(240_000, 900_000) },
  async () => {
    const seen = { gaps: 0, old: 0, faulty: 0 };
    for (let seed = 1; seed <= SCHEDULES; seed++) {
      const random = seededRandom(seed);
      const dice = diceOf(random);
      const idEvery = dice.chance(0.6) ? 1 : dice.between(2, 4);
      const log: Log = {
        length: dice.between(1, 30),
        idEvery,
        faulty: dice.between(0, 6),
        isCareless: idEvery === 1 && dice.chance(0.6),
      };
      const oracle = new Oracle();
      const delivery = dice.chance(0.5) ? 'commit' : 'eager';
      const source = carelessPeer(log, dice, oracle);
      const reportsUpToDate = dice.chance(0.5);
      const rotateAfterMs = dice.chance(0.5) ? dice.between(1, 9_000) : null;
      const options = { delivery, rotateAfterMs } as const;
      const way = dice.chance(0.5) ? 'items' : 'batches';
      const verdict = await readAll({ ...source, reportsUpToDate }, options, random, way);
      const isNumbered = idEvery === 1;
      expect({ seed, ...verdict }).toEqual({
        seed,
        numbers: isNumbered ? oracle.taken : range(1, log.length),
        gaps: isNumbered ? oracle.gaps : [],
        replayed: isNumbered ? oracle.old : verdict.replayed,
        status: 'complete',
        timers: 0,
      });
      seen.gaps += verdict.gaps.length;
      seen.old += verdict.replayed;
      seen.faulty += log.faulty;
    }
    // There were enough faults for this to mean something.
    expect(seen.gaps).toBeGreaterThan(SCHEDULES / 10);
    expect(seen.old).toBeGreaterThan(SCHEDULES);
    expect(seen.faulty).toBeGreaterThan(2 * SCHEDULES);
  },
);
