/**
 * Our layer alone: a source in memory, 256 items a batch, beside a bare loop over the same batches.
 * For profiling the hot path:
 *
 *   node --cpu-prof --cpu-prof-dir=/tmp test/tools/bench/layer.mjs --only=batches
 */

import { parseArgs } from 'node:util';

import { reconnectStream } from '../../../dist/src/index.js';
import { shuffled, summary } from './statistics.mjs';
import { conditions, table } from './table.mjs';

const BATCH_ITEMS = 256;
const BATCHES = 20_000;
/** Distinct batches, used in turn: no item is met in a cache line that is still warm. */
const DISTINCT = 64;

const readers = {
  bare: { title: 'bare loop over the batches', read: readBare },
  batches: { title: 'batches()', read: readBatches },
  forAwait: { title: 'for await', read: readForAwait },
};

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '9' },
  },
});
const names = Object.keys(readers).filter((name) => (flags.only ?? name) === name);
if (names.length === 0) throw new Error(`--only is one of ${Object.keys(readers).join(', ')}`);

for (const hasIds of [true, false]) {
  const results = await compare(hasIds, Number(flags.rounds));
  const rows = results.map(({ title, nanos }) => [
    title,
    nanos.median.toFixed(1),
    `${nanos.low.toFixed(1)}–${nanos.high.toFixed(1)}`,
    `${amount(BATCH_ITEMS)} a batch`,
  ]);
  console.log(`\n${hasIds ? 'Items with an id each' : 'Items without ids'}: CPU, medians`);
  console.log(table(['', 'ns/item', 'middle half', ''], rows));
}
console.log(`\n${conditions()}`);

async function compare(hasIds, rounds) {
  const batches = makeBatches(hasIds);
  const total = BATCH_ITEMS * BATCHES;
  const nanos = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const name of shuffled(names)) {
      const cpu = process.cpuUsage();
      const length = await readers[name].read(batches);
      const { user, system } = process.cpuUsage(cpu);
      if (length !== total * 64) throw new Error(`${name} saw ${length} characters`);
      if (round > 0) nanos[name].push(((user + system) * 1_000) / total);
    }
  }
  return names.map((name) => ({ title: readers[name].title, nanos: summary(nanos[name]) }));
}

function makeBatches(hasIds) {
  const text = 'x'.repeat(64);
  return Array.from({ length: DISTINCT }, (_, batch) =>
    Array.from({ length: BATCH_ITEMS }, (__, n) => {
      const id = String(batch * BATCH_ITEMS + n);
      const data = { type: 'message', data: text, id: hasIds ? id : '' };
      return { type: 'data', data, bytes: 64, id: hasIds ? id : undefined };
    }),
  );
}

async function readBare(batches) {
  let length = 0;
  for await (const batch of connection(batches)) {
    for (const item of batch) if (item.type === 'data') length += item.data.data.length;
  }
  return length;
}

async function readBatches(batches) {
  let length = 0;
  for await (const batch of reconnectStream(memorySource(batches)).batches()) {
    for (const { data } of batch) length += data.length;
  }
  return length;
}

async function readForAwait(batches) {
  let length = 0;
  for await (const { data } of reconnectStream(memorySource(batches))) length += data.length;
  return length;
}

function memorySource(batches) {
  return {
    name: 'memory',
    resume: 'cursor',
    terminal: 'eof',
    reopen: 'safe',
    open: () => Promise.resolve({ batches: connection(batches), close: () => {} }),
  };
}

/** Hand-written: a generator would cost more than what is measured. */
function connection(batches) {
  let given = 0;
  const next = () => {
    if (given === BATCHES) return Promise.resolve({ done: true, value: undefined });
    return Promise.resolve({ done: false, value: batches[given++ % batches.length] });
  };
  return { [Symbol.asyncIterator]: () => ({ next }) };
}

function amount(count) {
  return count.toLocaleString('en-US');
}
