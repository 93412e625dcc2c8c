/** One turn of the event loop reads for a bounded time, and timers come between two of them. */

import { readFile } from 'node:fs';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/host/clock.js';
import { beginTurn, inTurn } from '../../src/host/turn.js';

it('what arrived and took long is followed by timers, then by the next reading', async () => {
  const log: string[] = [];
  await new Promise<void>((resolve) => {
    // Called while the loop polls: immediates come before the timers then.
    readFile(import.meta.filename, () => {
      beginTurn();
      const until = performance.now() + 30;
      setTimeout(() => log.push('timer'), 1);
      while (performance.now() < until);
      inTurn(systemClock, () => {
        log.push('read');
        resolve();
      });
    });
  });
  expect(log).toEqual(['timer', 'read']);
});

it('what took no time is followed at once', () => {
  const log: string[] = [];
  inTurn(systemClock, () => log.push('read'));
  expect(log).toEqual(['read']);
});
