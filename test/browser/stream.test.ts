/** stream-reconnect in a real page: a stream over the browser's own fetch. */

import { expect, it } from 'vitest';
import { follow, freeze, hasEvent, hasItems, inBrowser, isOver } from '../support/browser.js';
import { range } from '../support/numbered-log.js';

inBrowser('a stream in a page', (here) => {
  it.each(['eof', 'reset'] as const)('goes on after a cut: %s', async (how) => {
    const { page, server } = here;
    await follow(page, { initialBackoffMs: 10 });
    for (let n = 1; n <= 5; n++) {
      server.append(10);
      await hasItems(page, n * 10);
      server.cut(how);
      await server.requested(n + 1);
    }
    server.end();
    const { numbers, status } = await isOver(page);
    expect(numbers).toEqual(range(1, 50));
    expect(status).toBe('complete');
    expect(server.asked).toEqual(['', '10', '20', '30', '40', '50']);
    expect(here.errors).toEqual([]);
    await server.idle();
  });

  it('is kept when the page goes offline while data flows', async () => {
    const { page, server } = here;
    await follow(page);
    server.append(5);
    await hasItems(page, 5);
    await page.evaluate(() => {
      Object.defineProperty(navigator, 'onLine', { get: () => false });
      dispatchEvent(new Event('offline'));
    });
    for (let n = 2; n <= 5; n++) {
      server.append(5);
      await hasItems(page, n * 5);
    }
    server.end();
    const { numbers, events, status } = await isOver(page);
    expect(numbers).toEqual(range(1, 25));
    expect([events, status, server.asked.length]).toEqual([['connected'], 'complete', 1]);
  });

  it('comes back when the network does', async () => {
    const { page, context, server } = here;
    await follow(page, { initialBackoffMs: 60_000 });
    server.append(5);
    await hasItems(page, 5);
    await context.setOffline(true);
    server.cut('reset');
    await hasEvent(page, 'waiting');
    server.append(5);
    await context.setOffline(false);
    await hasItems(page, 10);
    server.end();
    const { numbers, status } = await isOver(page);
    expect([numbers, status]).toEqual([range(1, 10), 'complete']);
    expect(server.asked).toEqual(['', '5']);
  });

  it.each(['stays', 'breaks', 'is silent'] as const)(
    'has every item once after a freeze in which the connection %s',
    async (fate) => {
      const { page, server } = here;
      await follow(page, { initialBackoffMs: 10, stallTimeoutMs: 1_000 });
      server.append(5);
      await hasItems(page, 5);
      const thaw = await freeze(page);
      server.append(5);
      if (fate === 'breaks') server.cut('reset');
      if (fate === 'is silent') server.strand();
      await server.beats(8);
      server.append(5);
      await thaw();
      await hasItems(page, 15);
      server.append(5);
      server.end();
      const { numbers, status } = await isOver(page);
      expect([numbers, status]).toEqual([range(1, 20), 'complete']);
    },
  );

  it('goes on where it was after a visit to another page, out of the cache', async () => {
    const { page, server } = here;
    await follow(page, { initialBackoffMs: 10 });
    server.append(5);
    await hasItems(page, 5);
    await page.goto(`${server.url}/elsewhere`);
    await server.idle();
    server.append(5);
    await page.goBack({ waitUntil: 'commit' });
    await hasItems(page, 10);
    server.end();
    const { numbers, status } = await isOver(page);
    expect([numbers, status]).toEqual([range(1, 10), 'complete']);
  });
});
