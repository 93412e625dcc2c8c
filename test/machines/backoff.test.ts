import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { waitMs } from '../../machines/backoff.js';
import { defaultRetryPolicy } from '../../machines/config.js';
import { backoffDelayMs as pureBackoffDelayMs } from '../../machines/index.js';
import { backoffDelayMs, defaultReconnectConfig } from '../../src/index.js';
import type { JitterKind, ReconnectConfig } from '../../src/index.js';
import { fromWireConfig } from '../../src/wire/index.js';
import { seededRandom } from '../../src/testing/index.js';
import { vectors } from '../support/vectors.js';

const MAX_TIMER_MS = 2 ** 31 - 1;
const KINDS: readonly JitterKind[] = [
  'spread',
  'full',
  'equal',
  'decorrelated',
  'additive',
  'none',
];

const timerMs = fc.integer({ min: 0, max: MAX_TIMER_MS });
const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const attempt = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.nat(), fc.constant(2 ** 53 - 1));
const jitter = fc.constantFrom<boolean | JitterKind>(true, false, ...KINDS);
const config: fc.Arbitrary<ReconnectConfig> = fc.record({
  maxAttempts: fc.nat(),
  initialBackoffMs: fc.oneof(fc.nat(5000), timerMs),
  maxBackoffMs: fc.oneof(fc.nat(60_000), timerMs),
  backoffMultiplier: fc.oneof(
    fc.double({ min: 0, max: 5, noNaN: true }),
    fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true }),
  ),
  jitter,
});

describe('the delay before an attempt', () => {
  it('is the one of the seed in all 800 recorded cases', () => {
    const given = vectors.backoff.map((row) => ({
      ...row,
      delay_ms: backoffDelayMs(fromWireConfig(row.config), row.attempt),
    }));
    // x^n of 1.1 and 1.7 is rounded in the last place by each platform's pow.
    const isInexact = (index: number) =>
      [1.1, 1.7].includes(vectors.backoff[index]!.config.backoff_multiplier);
    const told = given.map((row, index) => {
      const { delay_ms: expected } = vectors.backoff[index]!;
      const isClose = isInexact(index) && Math.abs(row.delay_ms - expected) <= 1;
      return isClose ? { ...row, delay_ms: expected } : row;
    });
    expect(told).toHaveLength(800);
    expect(told).toEqual(vectors.backoff);
  });

  it('doubles from one second to thirty by default', () => {
    const plain = { ...defaultReconnectConfig, jitter: false };
    expect([1, 2, 3, 4, 5, 6, 7, 100].map((n) => backoffDelayMs(plain, n))).toEqual([
      1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
    ]);
  });

  it('takes attempt 0 for attempt 1, as the seed does', () => {
    fc.assert(
      fc.property(config, draw, (given, r) => {
        expect(backoffDelayMs(given, 0, () => r)).toBe(backoffDelayMs(given, 1, () => r));
      }),
    );
  });

  it('stays within the bounds of its jitter for every config, attempt and draw', () => {
    fc.assert(
      fc.property(config, attempt, draw, (given, n, r) => {
        const d = backoffDelayMs({ ...given, jitter: 'none' }, n);
        const base = Math.min(given.initialBackoffMs, given.maxBackoffMs);
        const [low, high] = bounds(given.jitter, { d, n, base, cap: given.maxBackoffMs });
        const delay = backoffDelayMs(given, n, () => r);
        expect(Number.isInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(Math.trunc(low));
        expect(delay).toBeLessThanOrEqual(high);
      }),
      { numRuns: 2000 },
    );
  });

  it('reaches both ends of the range of its jitter', () => {
    const ends = (kind: boolean | JitterKind, n: number) =>
      [0, 0.999999].map((r) =>
        backoffDelayMs({ ...defaultReconnectConfig, jitter: kind }, n, () => r),
      );
    expect({
      none: ends('none', 2),
      off: ends(false, 2),
      additive: ends('additive', 2),
      on: ends(true, 2),
      full: ends('full', 2),
      equal: ends('equal', 2),
      'spread, first': ends('spread', 1),
      'spread, second': ends('spread', 2),
      'decorrelated, first': ends('decorrelated', 1),
      'decorrelated, second': ends('decorrelated', 2),
    }).toEqual({
      none: [2000, 2000],
      off: [2000, 2000],
      additive: [2000, 2499],
      on: [2000, 2499],
      full: [0, 1999],
      equal: [1000, 1999],
      'spread, first': [0, 999],
      'spread, second': [2000, 2999],
      'decorrelated, first': [1000, 2999],
      'decorrelated, second': [1000, 8996],
    });
  });

  it('is the same again for the same seed', () => {
    const run = (seed: number) => {
      const random = seededRandom(seed);
      return KINDS.flatMap((kind) =>
        Array.from({ length: 20 }, (_, n) =>
          backoffDelayMs({ ...defaultReconnectConfig, jitter: kind }, n + 1, random),
        ),
      );
    };
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });

  it('is drawn by Math.random where no random is given, and is the middle in the pure core', () => {
    const chance = vi.spyOn(Math, 'random').mockReturnValue(0.25);
    const told = KINDS.map((kind) => {
      const config = { ...defaultReconnectConfig, jitter: kind };
      return [kind, backoffDelayMs(config, 2), pureBackoffDelayMs(config, 2)];
    });
    chance.mockRestore();
    expect(told).toEqual([
      ['spread', 2250, 2500],
      ['full', 500, 1000],
      ['equal', 1250, 1500],
      ['decorrelated', 1875, 3500],
      ['additive', 2125, 2250],
      ['none', 2000, 2000],
    ]);
  });

  it('is the same of both names for the same draws', () => {
    fc.assert(
      fc.property(config, attempt, draw, (given, n, r) => {
        expect(backoffDelayMs(given, n, () => r)).toBe(pureBackoffDelayMs(given, n, () => r));
      }),
    );
  });

  it('is spread evenly over the whole range with full jitter', () => {
    const random = seededRandom(42);
    const buckets = Array.from({ length: 20 }, () => 0);
    const draws = 20_000;
    for (let n = 0; n < draws; n++) {
      const delay = backoffDelayMs({ ...defaultReconnectConfig, jitter: 'full' }, 6, random);
      buckets[Math.floor(delay / 1500)]! += 1;
    }
    const expected = draws / buckets.length;
    const chiSquare = buckets.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
    // 19 degrees of freedom: above 43.8 in one of a thousand uniform samples.
    expect(chiSquare).toBeLessThan(43.8);
  });
});

describe('the wait that is armed', () => {
  const anyNumber = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.constantFrom(0, -0, -1, 1.5, Infinity, -Infinity, NaN, 2 ** 31, 2 ** 53, Number.MAX_VALUE),
  );
  const policy = fc.record({ ...recordOf(), minBackoffMs: fc.oneof(fc.constant(0), timerMs) });
  const floor = (ms: number) => (Number.isNaN(ms) ? 0 : ms);

  it('is whole, finite, no shorter than any floor and no longer than a timer holds, whatever comes in', () => {
    fc.assert(
      fc.property(
        policy,
        anyNumber,
        anyNumber,
        fc.option(anyNumber),
        anyNumber,
        (own, n, r, previousMs, floorMs) => {
          const ms = waitMs(
            { ...defaultRetryPolicy, ...own },
            { attempt: n, draw: r, previousMs, floorMs },
          );
          expect(Number.isInteger(ms)).toBe(true);
          expect(ms).toBeGreaterThanOrEqual(
            Math.min(Math.max(floor(floorMs), own.minBackoffMs, 0), MAX_TIMER_MS),
          );
          expect(ms).toBeLessThanOrEqual(MAX_TIMER_MS);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('is the delay of the jitter where there is no floor', () => {
    fc.assert(
      fc.property(config, attempt, draw, (given, n, r) => {
        fc.pre(given.jitter !== 'decorrelated');
        const ms = waitMs(
          { ...defaultRetryPolicy, ...given },
          { attempt: n, draw: r, previousMs: null, floorMs: 0 },
        );
        expect(ms).toBe(
          Math.min(
            backoffDelayMs(given, n, () => r),
            MAX_TIMER_MS,
          ),
        );
      }),
    );
  });

  it('adds at most a quarter to the time that the server asks for, and takes nothing off it', () => {
    fc.assert(
      fc.property(jitter, draw, fc.integer({ min: 30_000, max: 300_000 }), (kind, r, floorMs) => {
        const own = { ...defaultRetryPolicy, jitter: kind, maxBackoffMs: 10_000 };
        const ms = waitMs(own, { attempt: 9, draw: r, previousMs: 1000, floorMs });
        expect(ms).toBeGreaterThanOrEqual(floorMs);
        expect(ms).toBeLessThanOrEqual(floorMs * 1.25);
      }),
    );
  });

  it('lies between the base and three times the wait before, up to the cap, when decorrelated', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.nat(5000),
        fc.nat(60_000),
        (seed, initialBackoffMs, maxBackoffMs) => {
          const random = seededRandom(seed);
          const own = {
            ...defaultRetryPolicy,
            jitter: 'decorrelated' as const,
            initialBackoffMs,
            maxBackoffMs,
          };
          const base = Math.min(initialBackoffMs, maxBackoffMs);
          let previousMs: number | null = null;
          for (let n = 1; n <= 20; n++) {
            const ms = waitMs(own, { attempt: n, draw: random(), previousMs, floorMs: 0 });
            expect(ms).toBeGreaterThanOrEqual(base);
            expect(ms).toBeLessThanOrEqual(Math.min(3 * (previousMs ?? base), maxBackoffMs));
            previousMs = ms;
          }
        },
      ),
    );
  });

  function recordOf() {
    return {
      initialBackoffMs: timerMs,
      maxBackoffMs: timerMs,
      backoffMultiplier: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
      jitter,
    };
  }
});

interface Facts {
  /** The capped exponential delay. */
  readonly d: number;
  readonly n: number;
  readonly base: number;
  readonly cap: number;
}

function bounds(kind: boolean | JitterKind, { d, n, base, cap }: Facts): readonly [number, number] {
  switch (kind) {
    case false:
    case 'none':
      return [d, d];
    case true:
    case 'additive':
      return [d, d * 1.25];
    case 'full':
      return [0, d];
    case 'equal':
      return [d * 0.5, d];
    case 'spread':
      return n <= 1 ? [0, d] : [d, d * 1.5];
    case 'decorrelated':
      return [base, cap];
  }
}
