/** What a source waits by where no stream lends it its own clock. */

import type { SourceClock } from '../../../machines/source-contract.js';

export const systemTimers: SourceClock = {
  setTimeout: (fn, ms) => setTimeout(fn, ms),
  clearTimeout: (id) => clearTimeout(id as Parameters<typeof clearTimeout>[0]),
  now: () => performance.now(),
};
