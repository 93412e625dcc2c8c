/** What may be shown of a value: bounded JSON, and arguments by their length. */

import { describe, expect, it } from 'vitest';
import { toPlain } from '../../../src/inspect/collect/to-plain-json.js';

describe('toPlain', () => {
  it('shows arguments by their length, wherever they are', () => {
    const value = { toolArgsBuffer: 'abc', toolCalls: { x: { args: '{"a":1}', finalArgs: 'z' } } };
    const plain = {
      toolArgsBuffer: '(3 characters)',
      toolCalls: { x: { args: '(7 characters)', finalArgs: '(1 characters)' } },
    };
    expect(toPlain(value)).toEqual(plain);
    expect(toPlain(plain)).toEqual(plain);
    expect(toPlain(value, { showArguments: true })).toEqual(value);
  });

  it('copies what JSON cannot hold', () => {
    const error = new TypeError('no');
    expect(
      toPlain([
        error,
        1n,
        Number.NaN,
        undefined,
        () => 1,
        new Map([['a', 1]]),
        new Set([2]),
        Symbol('s'),
      ]),
    ).toEqual([
      { name: 'TypeError', message: 'no' },
      '1',
      'NaN',
      null,
      '(a function)',
      [['a', 1]],
      [2],
      'Symbol(s)',
    ]);
    expect(toPlain(new Uint8Array(7))).toBe('(7 bytes)');
  });

  it('is bounded, whatever comes', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    const wide = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, n) => [`k${n}`, wideInner()]),
    );
    const values = [
      cycle,
      wide,
      'x'.repeat(1_000_000),
      Array.from({ length: 100_000 }, () => cycle),
    ];
    for (const value of values) expect(JSON.stringify(toPlain(value)).length).toBeLessThan(300_000);
    expect(Object.keys(toPlain(wide) as object)).toContain('k9999');
  });

  it('is JSON, whatever built-in classes were made to answer', () => {
    const big = Object.assign(new Error('no'), { name: 10n as unknown as string });
    const e = new Error('no');
    const cyclic = Object.assign(e, { name: { e } as unknown as string });
    class BigDate extends Date {
      override toISOString(): string {
        return 10n as unknown as string;
      }
    }
    class Odd extends Array<number> {
      override map<U>(): U[] {
        return 10n as unknown as U[];
      }
    }
    class Heavy extends Uint8Array {
      override get byteLength(): number {
        return 'x'.repeat(1_000_000) as unknown as number;
      }
    }
    const values = [big, cyclic, new BigDate(0), Odd.of(1, 2), new Heavy(3), { toJSON: 10n }];
    for (const value of values)
      expect(JSON.stringify(toPlain({ value })).length).toBeLessThan(3_000);
    expect(toPlain([big, new BigDate(0), new Date(Number.NaN), Odd.of(1, 2)])).toEqual([
      { name: '10', message: 'no' },
      '1970-01-01T00:00:00.000Z',
      null,
      [1, 2],
    ]);
  });

  it('is bounded in keys, names and ids as it is in texts', () => {
    const long = 'k'.repeat(1_000_000);
    const named = Object.assign(new Error('no'), { name: long });
    const actor = { sessionId: long, send: () => undefined };
    const keys = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`${n}${long}`, n]));
    for (const value of [{ [long]: 1 }, named, actor, Symbol(long), 10n ** 100_000n])
      expect(JSON.stringify(toPlain(value)).length).toBeLessThan(5_000);
    expect(JSON.stringify(toPlain(keys)).length).toBeLessThan(100_000);
    expect(toPlain({ [long]: 1 })).toEqual({
      [`${'k'.repeat(2_000)}… (1000000 characters)`]: 1,
    });
  });

  it('goes to the limit of a collection and no further', () => {
    let reads = 0;
    const counting = function* (): Generator<number> {
      for (;;) yield (reads += 1);
    };
    class Endless extends Set<number> {
      override [Symbol.iterator](): SetIterator<number> {
        return counting();
      }
      override get size(): number {
        return 1_000_000;
      }
    }
    expect((toPlain(new Endless()) as string[]).at(-1)).toBe('(999900 more)');
    expect(reads).toBeLessThan(110);
    const wide: Record<string, number> = {};
    for (let n = 0; n < 1_000; n++)
      Object.defineProperty(wide, `k${n}`, { enumerable: true, get: () => (reads += 1) });
    reads = 0;
    expect(toPlain(wide)).toMatchObject({ '…': '(900 more)' });
    expect(reads).toBe(100);
  });

  it('says the same of what it said already', () => {
    const value = { text: 'x'.repeat(5_000), many: Array.from({ length: 200 }, (_, n) => n) };
    const once = toPlain(value) as { text: string };
    expect(once.text).toMatch(/… \(5000 characters\)$/u);
    expect((toPlain(once) as { text: string }).text).toBe(once.text);
    const spent = Array.from({ length: 60 }, () => 'y'.repeat(3_000));
    expect(toPlain(toPlain(spent))).toEqual(toPlain(spent));
  });

  it('hides arguments of any type', () => {
    const plain = { args: '(hidden)', finalArgs: '(hidden)', toolArgsBuffer: null };
    expect(toPlain({ args: { key: 'k' }, finalArgs: ['k'], toolArgsBuffer: null })).toEqual(plain);
    expect(toPlain(plain)).toEqual(plain);
  });

  it('never throws, and leaves prototypes alone', () => {
    const hostile = {
      get trap(): never {
        throw new Error('trapped');
      },
    };
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    expect(toPlain({ type: 'x', hostile })).toEqual({
      type: 'x',
      hostile: { trap: '(unreadable)' },
    });
    expect(toPlain({ inner: revoked.proxy })).toEqual({ inner: '(unreadable)' });
    const polluting = toPlain(JSON.parse('{"__proto__":{"polluted":true}}')) as object;
    expect(Object.getPrototypeOf(polluting)).toBe(Object.prototype);
    expect('polluted' in {}).toBe(false);
  });
});

function wideInner(): object {
  return Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`i${n}`, 'text'.repeat(50)]));
}
