/** stream-reconnect in a real page: a stream over the browser's own fetch. */

import { expect, it } from 'vitest';
import { follow, hasItems, inBrowser, isOver } from '../support/browser.js';
import { range } from '../support/memory-source.js';

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
});
