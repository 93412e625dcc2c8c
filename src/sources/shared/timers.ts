/** The timers of a source that is opened without a stream, and so without the stream's clock. */

import type { SourceClock } from '../../../machines/source-contract.js';

export const systemTimers: SourceClock = {
  setTimeout: (fn, ms) => setTimeout(fn, ms),
  clearTimeout: (id) => clearTimeout(id as Parameters<typeof clearTimeout>[0]),
  now: () => performance.now(),
};
