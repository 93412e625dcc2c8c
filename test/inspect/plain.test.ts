/** What may be shown of a value: bounded JSON, and arguments by their length. */

import { describe, expect, it } from 'vitest';
import { toPlain } from '../../src/inspect/plain.js';

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

  it('never throws, and leaves prototypes alone', () => {
    const hostile = {
      get trap(): never {
        throw new Error('trapped');
      },
    };
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    expect(toPlain(hostile)).toBe('(unreadable)');
    expect(toPlain({ inner: revoked.proxy })).toEqual({ inner: '(unreadable)' });
    const polluting = toPlain(JSON.parse('{"__proto__":{"polluted":true}}')) as object;
    expect(Object.getPrototypeOf(polluting)).toBe(Object.prototype);
    expect('polluted' in {}).toBe(false);
  });
});

function wideInner(): object {
  return Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`i${n}`, 'text'.repeat(50)]));
}
