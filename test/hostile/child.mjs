/** The process that reads from a hostile peer, and says what that cost. */

import { reconnectStream } from '../../dist/src/index.js';
import * as sources from '../../dist/src/sources/index.js';
import { WebSocket } from 'ws';

import { CASES, SOURCES } from './cases.mjs';

/** How long a reader that takes nothing is watched, in ms. */
const STOPPED_MS = 2500;
const TICK_MS = 10;
const MIB = 1024 * 1024;

const { index, url } = JSON.parse(process.argv[2]);
const { source, read, options = {} } = CASES[index];
const budgetMb = 64;

const before = process.memoryUsage.rss();
// What fetch loads when it is first called is no fault of ours.
await fetch('data:,');
let [peak, blockMs, last, lastCpu] = [before, 0, performance.now(), process.cpuUsage()];
const ticker = setInterval(() => {
  const now = performance.now();
  const { user, system } = process.cpuUsage(lastCpu);
  // The processor may be busy with others: only what this process used of it counts.
  blockMs = Math.max(blockMs, Math.min(now - last, (user + system) / 1000) - TICK_MS);
  [last, lastCpu] = [now, process.cpuUsage()];
  peak = Math.max(peak, process.memoryUsage.rss());
}, TICK_MS);

const stream = reconnectStream(SOURCES[source].create(sources, url, WebSocket), {
  maxAttempts: 0,
  ...options,
});
let failures = 0;
stream.on('failed', () => (failures += 1));
let items = 0;
let error;
const cpu = process.cpuUsage();
try {
  for await (const _ of stream) {
    items += 1;
    if (read !== 'stop') continue;
    await new Promise((resolve) => setTimeout(resolve, STOPPED_MS));
    break;
  }
} catch (thrown) {
  error = thrown;
}
const { user, system } = process.cpuUsage(cpu);
clearInterval(ticker);
stream.close();
console.log(
  JSON.stringify({
    items,
    kind: error?.kind,
    message: error?.message.slice(0, 100),
    failures,
    budgetMb,
    rssMb: Math.round((peak - before) / MIB),
    blockMs: Math.round(blockMs),
    cpuMs: Math.round((user + system) / 1000),
  }),
);
process.exit(0);
