/** Options that nobody checked: whatever they are, they are refused with a reason or they work. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReconnectError, reconnectStream } from '../../src/index.js';
import type { ReconnectOptions } from '../../src/index.js';
import { scriptedSource, virtualClock } from '../../src/testing/index.js';
import { record } from '../support/facts.js';
import { after, items } from '../support/numbered-log.js';
import { runs } from '../support/effort.js';

const NUMBERS = [
  'maxAttempts',
  'initialBackoffMs',
  'maxBackoffMs',
  'backoffMultiplier',
  'minBackoffMs',
  'maxElapsedMs',
  'maxServerDelayMs',
  'resetAfterMs',
  'aliveAfterMs',
  'connectTimeoutMs',
  'stallTimeoutMs',
  'progressTimeoutMs',
  'highWaterMark',
  'maxBufferedBytes',
] as const;
const OTHERS = [
  'jitter',
  'delivery',
  'allowRestart',
  'classify',
  'signal',
  'clock',
  'random',
  'environment',
  'inspect',
  'checkpoint',
] as const;
const MAX_TIMER_MS = 2 ** 31 - 1;

const anything = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true });
const oddNumber = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    1,
    -1,
    0.5,
    NaN,
    Infinity,
    -Infinity,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 53,
    1e308,
  ),
  fc.double(),
  fc.integer(),
  fc.string({ maxLength: 3 }),
  fc.constant(null),
);

const jitter = fc.constantFrom(
  true,
  false,
  'spread',
  'full',
  'equal',
  'decorrelated',
  'additive',
  'none',
);

/** A few at a time: of many, one is always refused. */
const options = fc
  .array(
    fc.oneof(
      fc.tuple(fc.constantFrom(...NUMBERS), fc.oneof(oddNumber, anything)),
      fc.tuple(fc.constantFrom(...OTHERS), anything),
      fc.tuple(fc.constant('jitter'), jitter),
      fc.tuple(fc.constantFrom('__proto__', 'maxRetries', 'constructor'), anything),
    ),
    { maxLength: 4 },
  )
  .map((entries) => Object.fromEntries(entries) as ReconnectOptions);

/** Numbers that the options are made for: small ones, and the largest that they take. */
const policy = fc.record(
  {
    maxAttempts: fc.oneof(fc.nat(8), fc.constantFrom(4_294_967_295, Infinity)),
    initialBackoffMs: fc.oneof(fc.nat(5_000), fc.constant(MAX_TIMER_MS)),
    maxBackoffMs: fc.oneof(fc.nat(60_000), fc.constant(MAX_TIMER_MS)),
    backoffMultiplier: fc.oneof(fc.double({ min: 1, max: 10, noNaN: true }), fc.constant(1e300)),
    jitter,
    minBackoffMs: fc.nat(2_000),
    maxElapsedMs: fc.oneof(fc.integer({ min: 1, max: 100_000 }), fc.constant(null)),
    resetAfterMs: fc.oneof(fc.nat(1_000), fc.constant(null)),
    aliveAfterMs: fc.oneof(fc.integer({ min: 1, max: 1_000 }), fc.constant(null)),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<ReconnectOptions>;

describe('options of any shape', () => {
  it('are refused with an error that names them, or make a stream', () => {
    let [refused, made] = [0, 0];
    const known = Object.keys(Object.prototype);
    fc.assert(
      fc.property(options, (given) => {
        try {
          const stream = reconnectStream(scriptedSource<number>(), given);
          stream.close();
          made += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(ReconnectError);
          expect((error as ReconnectError).kind).toMatch(/^(config|checkpoint)$/);
          expect((error as ReconnectError).message).toMatch(/^[\w.[\]]+: .*expected /s);
          refused += 1;
        }
      }),
      { numRuns: runs(3000, 10_000), seed: 1 },
    );
    expect(Object.keys(Object.prototype)).toEqual(known);
    expect(Math.min(refused, made)).toBeGreaterThan(100);
  }, 300_000);

  it('that are accepted never set a delay that a timer cannot hold, nor another than the one that is emitted', async () => {
    await fc.assert(
      fc.asyncProperty(
        policy,
        fc.double({ min: 0, max: 1, maxExcluded: true }),
        async (given, draw) => {
          const clock = virtualClock();
          const armed: number[] = [];
          const watched = {
            ...clock,
            // Of a delay that no timer holds, the clock throws.
            setTimeout: (fn: () => void, ms: number) => {
              armed.push(ms);
              return clock.setTimeout(fn, ms);
            },
          };
          const source = scriptedSource<number>({
            script: (at, nth) =>
              nth % 3 === 2 ? [items(after(at) + 1, after(at) + 1), 'drop'] : ['drop'],
          });
          const stream = reconnectStream(source, { ...given, clock: watched, random: () => draw });
          const heard = record(stream);
          stream.start();
          for (let n = 0; n < 12; n++) await clock.advance(stream.snapshot.delayMs ?? 1_000);
          for (const event of heard) {
            if (event.type !== 'waiting') continue;
            expect(Number.isInteger(event.delayMs)).toBe(true);
            expect(event.delayMs).toBeGreaterThanOrEqual(
              Math.min(given.minBackoffMs ?? 0, given.maxElapsedMs ?? Infinity),
            );
            expect(event.delayMs).toBeLessThanOrEqual(MAX_TIMER_MS);
            expect(armed).toContain(event.delayMs);
          }
          stream.close();
          await clock.settle();
          expect([clock.armed, stream.state]).toEqual([0, 'closed']);
        },
      ),
      { numRuns: runs(60, 150), seed: 2 },
    );
  }, 300_000);
});
