/** Time that is moved by hand, and only forwards. */

import { expect, it } from 'vitest';
import { virtualClock } from '../../src/testing/index.js';

it('runs every timer at its time, those of one time in order, new ones too', async () => {
  const clock = virtualClock(100);
  const log: string[] = [];
  const at = (name: string, ms: number, then?: () => void): unknown =>
    clock.setTimeout(() => {
      log.push(`${name} ${clock.now()}`);
      then?.();
    }, ms);
  at('late', 30);
  at('first', 10, () => at('nested', 5));
  at('second', 10);
  clock.clearTimeout(at('never', 20));
  expect([clock.armed, clock.nextAt]).toEqual([3, 110]);
  await clock.advance(20);
  expect(log).toEqual(['first 110', 'second 110', 'nested 115']);
  expect([clock.now(), clock.armed, clock.nextAt]).toEqual([120, 1, 130]);
  await clock.advance(10);
  expect([log.at(-1), clock.nextAt]).toEqual(['late 130', null]);
});

it('lets promises have their turn before and after each timer', async () => {
  const clock = virtualClock();
  const log: string[] = [];
  void Promise.resolve().then(() => log.push('before'));
  clock.setTimeout(() => {
    void (async () => {
      for (let n = 0; n < 5; n++) await Promise.resolve();
      log.push('between');
    })();
  }, 1);
  clock.setTimeout(() => log.push('after'), 1);
  await clock.advance(1);
  expect(log).toEqual(['before', 'between', 'after']);
});

it('does not go back, whoever else moves it', async () => {
  const clock = virtualClock();
  clock.setTimeout(() => {}, 5);
  const [far, near] = [clock.advance(100), clock.advance(10)];
  await Promise.all([far, near]);
  expect(clock.now()).toBe(100);
});

it.each([-1, NaN, Infinity, '100', undefined])('cannot advance by %s', async (ms) => {
  const clock = virtualClock(7);
  await expect(clock.advance(ms as number)).rejects.toThrow(
    'ms: expected a time to go on by, 0 or more',
  );
  expect(clock.now()).toBe(7);
});

it.each([-1, NaN, Infinity, 2 ** 31])('arms no timer that a real one cannot hold: %s ms', (ms) => {
  expect(() => virtualClock().setTimeout(() => {}, ms)).toThrow('a timer cannot hold');
});
