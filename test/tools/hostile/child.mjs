/** The process that reads from a hostile peer, and says what that cost. */

import { readFileSync } from 'node:fs';

import { reconnectStream } from '../../../dist/src/index.js';
import * as sources from '../../../dist/src/sources/index.js';
import { CASES, SOURCES } from './cases.mjs';

/** How long a reader that takes nothing is watched, in ms: until nothing grows, from the least to the most. */
const WATCHED_MS = [1000, 8000];
const STEADY_MS = 600;
const SAMPLE_MS = 100;
const TICK_MS = 10;
const MIB = 1024 * 1024;

const { index, url } = JSON.parse(process.argv[2]);
const { source, read, piece, options = {} } = CASES[index];
const budgetMb = (options.maxBufferedBytes ?? 64 * MIB) / MIB;

const before = process.memoryUsage.rss();
// What fetch loads when it is first called is no fault of ours.
await fetch('data:,');
let [peak, blockMs, last, lastCpu] = [before, 0, performance.now(), threadCpuMs()];
const ticker = setInterval(() => {
  const [now, cpu] = [performance.now(), threadCpuMs()];
  // The processor may be busy with others: only what this thread used of it counts.
  blockMs = Math.max(blockMs, Math.min(now - last, cpu - lastCpu) - TICK_MS);
  [last, lastCpu] = [now, cpu];
  peak = Math.max(peak, process.memoryUsage.rss());
}, TICK_MS);

const made = await SOURCES[source].create(sources, url, piece);
const usedBefore = usedBytes();
const stream = reconnectStream(made, {
  maxAttempts: 0,
  ...options,
});
let failures = 0;
stream.on('failed', () => (failures += 1));
let items = 0;
let held;
let error;
const cpu = process.cpuUsage();
try {
  const iterator = stream[Symbol.asyncIterator]();
  // Not a loop: that keeps the item which it was given last.
  while ((await iterator.next()).done !== true) {
    items += 1;
    if (read !== 'stop') continue;
    held = await watchHeld();
    break;
  }
} catch (thrown) {
  error = thrown;
}
const { user, system } = process.cpuUsage(cpu);
// The last block, and what it took, show in the next tick.
await new Promise((resolve) => setTimeout(resolve, 3 * TICK_MS));
clearInterval(ticker);
stream.close();
console.log(
  JSON.stringify({
    items,
    kind: error?.kind,
    message: error?.message.slice(0, 100),
    failures,
    budgetMb,
    heldMb: held === undefined ? undefined : Number(((held - usedBefore) / MIB).toFixed(1)),
    rssMb: Math.round((peak - before) / MIB),
    blockMs: Math.round(blockMs),
    cpuMs: Math.round((user + system) / 1000),
  }),
);
process.exit(0);

/** What is in use when nothing comes any more. */
async function watchHeld() {
  let [used, waitedMs, steadyMs] = [0, 0, 0];
  while (waitedMs < WATCHED_MS[1] && (waitedMs < WATCHED_MS[0] || steadyMs < STEADY_MS)) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    waitedMs += SAMPLE_MS;
    const before = used;
    used = usedBytes();
    steadyMs = Math.abs(used - before) > MIB / 4 ? 0 : steadyMs + SAMPLE_MS;
  }
  return used;
}

function usedBytes() {
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  // The time that this took is not the stream's.
  [last, lastCpu] = [performance.now(), threadCpuMs()];
  return heapUsed + external;
}

/** CPU time of the thread that JavaScript runs in, in ms; of the whole process where the system does not say. */
function threadCpuMs() {
  try {
    const [ns] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
    return Number(ns) / 1e6;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }
}
