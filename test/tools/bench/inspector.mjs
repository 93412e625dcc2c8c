/**
 * What the inspector costs a stream of 50,000 chunks a second: the same stream with a viewer attached and
 * without, in turns, in one run. `npm run bench:inspector`.
 */

import { performance } from 'node:perf_hooks';
import { inspectorServer } from 'stream-reconnect/inspect';
import { reconnectStream } from 'stream-reconnect';
import { median } from './statistics.mjs';

const RATE = 50_000;
const SECONDS = 3;
const ROUNDS = 7;
/** As a socket would give them: some at a time, a few hundred times a second. */
const BATCHES_PER_SECOND = 250;

// Compiles what both run.
await run(null);
const plain = [];
const watched = [];
let told = 0;
for (let round = 0; round < ROUNDS; round++) {
  // In turns, and each first every other time: what the machine does besides hits both.
  if (round % 2 === 0) plain.push(await measure(null));
  watched.push(await measureWatched());
  if (round % 2 === 1) plain.push(await measure(null));
}

const [without, attached] = [plain, watched].map((runs) => ({
  rate: median(runs.map(({ rate }) => rate)),
  cpuMs: median(runs.map(({ cpuMs }) => cpuMs)),
}));
const ratio = attached.rate / without.rate;
console.log(
  `${RATE} chunks/s for ${SECONDS} s, medians of ${ROUNDS} rounds each, Node ${process.version}`,
);
for (const [name, { rate, cpuMs }] of Object.entries({ without, 'with a viewer': attached }))
  console.log(`  ${name.padEnd(14)} ${Math.round(rate)} chunks/s, ${cpuMs.toFixed(0)} ms of CPU`);
console.log(
  `  ratio ${ratio.toFixed(3)}; ${Math.round(told / ROUNDS)} messages a run to the viewer`,
);
if (ratio < 0.95) {
  console.log('FAILED: the viewer costs more than 5 % of the rate');
  process.exitCode = 1;
}

async function measureWatched() {
  const inspector = await inspectorServer();
  const viewer = new AbortController();
  const { origin, hash } = new URL(inspector.url);
  const headers = { authorization: `Bearer ${hash.replace('#token=', '')}` };
  const { body } = await fetch(`${origin}/events`, { headers, signal: viewer.signal });
  const reading = drain(body);
  const result = await measure(inspector.inspect);
  viewer.abort();
  told += await reading;
  await inspector.close();
  return result;
}

/** The CPU is that of the whole process: the viewer, which is in it, reads at its cost. */
async function measure(inspect) {
  const cpu = process.cpuUsage();
  const rate = await run(inspect);
  const { user, system } = process.cpuUsage(cpu);
  return { rate, cpuMs: (user + system) / 1000 };
}

async function run(inspect) {
  const source = {
    name: 'bench',
    resume: 'cursor',
    terminal: 'explicit',
    reopen: 'safe',
    open: async () => ({ batches: paced(), close: () => {} }),
  };
  const stream = reconnectStream(source, inspect === null ? {} : { inspect });
  const began = performance.now();
  let chunks = 0;
  for await (const batch of stream.batches()) chunks += batch.length;
  return (1000 * chunks) / (performance.now() - began);
}

/** Never faster than the pace; what was missed is caught up with. */
async function* paced() {
  const size = RATE / BATCHES_PER_SECOND;
  const began = performance.now();
  for (let n = 0; n < BATCHES_PER_SECOND * SECONDS; n++) {
    const waitMs = began + (1000 * n) / BATCHES_PER_SECOND - performance.now();
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
    yield batch(n * size, size);
  }
  yield [{ type: 'end', outcome: 'complete' }];
}

function batch(from, size) {
  return Array.from({ length: size }, (_, n) => ({
    type: 'data',
    data: 'word ',
    bytes: 64,
    id: String(from + n),
  }));
}

async function drain(body) {
  let messages = 0;
  const decoder = new TextDecoder();
  try {
    for await (const chunk of body)
      messages += decoder.decode(chunk, { stream: true }).split('"type":"@xstate.').length - 1;
  } catch {
    // The viewer left.
  }
  return messages;
}
