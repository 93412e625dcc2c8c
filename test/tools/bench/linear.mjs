/**
 * Operations that a peer, or a careful consumer, repeats per item: what n, 2n and 4n of them cost.
 *
 *   npm run bench:linear            200,000 items
 *   npm run bench:linear -- --items 50000
 *   npm run bench:linear -- --check exit code 1 where 4n costs more than 5 times n, or a target is missed
 *
 * Then the loop with `checkpoint()` after each item beside the loop without, in turn: medians. In memory the loop itself
 * takes little more than what an object of that size does: how much that is, is measured too, and no target is set.
 */

import { parseArgs } from 'node:util';

import { reconnectStream } from '../../../dist/src/index.js';
import { sse, webSocket } from '../../../dist/src/sources/index.js';
import { messageOf, startChild, stopChildren } from './children.mjs';
import { median } from './statistics.mjs';
import { conditions, table } from './table.mjs';

const { values: flags } = parseArgs({
  options: {
    items: { type: 'string', default: '200000' },
    check: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});
const ITEMS = Number(flags.items);
/** As much as one network chunk brings. */
const BATCH = 256;
const MAX_RATIO = 5;
/** Of the loop with `checkpoint()` after each item to the loop without, over HTTP. */
const MAX_CHECKPOINT_RATIO = 1.3;
const MAX_SENDS_MS = 200;
const ROUNDS = 9;

const tasks = {
  'the loop': { run: (n) => readAll(n, dataAt) },
  'checkpoint() per item': { run: (n) => readAll(n, dataAt, { each: (s) => s.checkpoint() }) },
  'checkpoint() per item without ids': {
    run: (n) => readAll(n, bareAt, { each: (s) => s.checkpoint() }),
  },
  'a listener of gap, all items gaps': { run: (n) => readAll(n, dataAt, { gaps: true }) },
  'eager, a checkpoint behind each item, a slow reader': {
    run: (n) => readAll(n, eagerAt, { delivery: 'eager', isSlow: true }),
  },
  'pieces of 256 open calls': { scale: 0.1, run: (n) => readAll(n, pieceAt) },
  'whole calls': { scale: 0.05, run: (n) => readAll(n, callAt) },
  'queued sends of a WebSocket': { run: sendAll },
};

const missed = [];
/** What was made last: else V8 would not make it at all. */
const last = { made: undefined };
const rows = [];
for (const [title, { run, scale = 1 }] of Object.entries(tasks)) {
  if (!title.includes(flags.only)) continue;
  const n = Math.round((ITEMS * scale) / 4);
  await run(n);
  const ms = [];
  for (const factor of [1, 2, 4]) ms.push(await best(() => run(n * factor)));
  const ratio = ms[2] / ms[0];
  if (ratio > MAX_RATIO) missed.push(`${title}: 4n/n is ${ratio.toFixed(1)}`);
  rows.push([title, `${4 * n}`, ...ms.map((one) => one.toFixed(0)), ratio.toFixed(1)]);
}
console.log(table(['', '4n', 'n, ms', '2n, ms', '4n, ms', '4n/n'], rows));
const at = (title) => Number(rows.find(([name]) => name === title)?.[4]);
if ('checkpoint() per item'.includes(flags.only)) await compareCheckpoints();
if (at('queued sends of a WebSocket') > MAX_SENDS_MS) missed.push('sends');
console.log(conditions());
for (const what of missed) console.error(`missed: ${what}`);
if (flags.check && missed.length > 0) process.exitCode = 1;

async function best(run) {
  let least = Infinity;
  for (let round = 0; round < 5; round++) least = Math.min(least, await cpuOf(run));
  return least;
}

/** In ms. */
async function cpuOf(run) {
  const start = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

async function compareCheckpoints() {
  const { port } = await messageOf(startChild('server.mjs'));
  const query = (packed) =>
    new URLSearchParams({ count: ITEMS, size: 64, script: 'ascii', packed });
  const url = (packed) => `http://127.0.0.1:${port}/events?${query(packed)}`;
  const sources = {
    'in memory': () => memorySource(ITEMS, dataAt),
    'in memory, without ids': () => memorySource(ITEMS, bareAt),
    'SSE over HTTP, packed': () => sse(url(true)),
    'SSE over HTTP, an HTTP chunk each': () => sse(url(false)),
  };
  const steps = {
    loop: () => {},
    checkpoint: (stream) => stream.checkpoint(),
    object: (_, n) => objectOf(n),
  };
  const nanos = Object.keys(sources).map((title) => ({
    title,
    loop: [],
    checkpoint: [],
    object: [],
  }));
  for (let round = -2; round < ROUNDS; round++)
    for (const row of nanos)
      for (const step of Object.keys(steps)) {
        const cost = await cpuOf(() => readSome(sources[row.title](), ITEMS, steps[step]));
        if (round >= 0) row[step].push((cost * 1e6) / ITEMS);
      }
  await stopChildren();
  const compared = nanos.map(({ title, loop, checkpoint, object }) => {
    const [without, withOne, least] = [loop, checkpoint, object].map(median);
    const ratio = withOne / without;
    if (title.includes('HTTP') && ratio > MAX_CHECKPOINT_RATIO)
      missed.push(`checkpoint(), ${title}: ${ratio.toFixed(2)}`);
    const costs = [without, withOne, least].map((one) => one.toFixed(0));
    return [title, ...costs, ratio.toFixed(2), (least / without).toFixed(2)];
  });
  const heads = [
    '',
    'loop, ns/item',
    'and checkpoint()',
    'and an object',
    'ratio',
    'of the object',
  ];
  console.log(table(heads, compared));
}

async function readSome(source, count, each) {
  const stream = reconnectStream(source);
  let items = 0;
  for await (const _ of stream) {
    items += 1;
    last.made = each(stream, items);
    if (items === count) break;
  }
  if (items !== count) throw new Error(`${items} of ${count} items`);
}

/** As large as a checkpoint. */
function objectOf(n) {
  const m = { a: n, b: n, c: n, d: n, e: n, f: n, g: n };
  return { a: n, b: n, c: n, d: n, e: n, f: n, g: n, h: n, i: n, j: n, k: n, l: n, m };
}

async function readAll(
  count,
  at,
  { each = () => {}, gaps = false, delivery, isSlow = false } = {},
) {
  let seen = 0;
  const source = memorySource(count, at, gaps);
  const stream = reconnectStream(source, { delivery, highWaterMark: isSlow ? count : 1024 });
  if (gaps) stream.on('gap', () => (seen += 1));
  let items = 0;
  for await (const _ of stream) {
    items += 1;
    each(stream);
    if (isSlow && items === 1) await source.isRead;
  }
  if (items !== count) throw new Error(`${items} of ${count} items`);
  if (gaps && seen === 0) throw new Error('no gap');
}

function memorySource(count, at, gaps) {
  let given = 0;
  let onRead;
  const isRead = new Promise((resolve) => (onRead = resolve));
  const next = () => {
    if (given >= count) {
      onRead();
      return Promise.resolve({ done: true, value: undefined });
    }
    const items = [];
    const end = Math.min(count, given + BATCH);
    while (given < end) items.push(...at(given++));
    return Promise.resolve({ done: false, value: items });
  };
  return {
    name: 'memory',
    resume: 'cursor',
    terminal: 'eof',
    reopen: 'safe',
    isRead,
    ...(gaps ? { contiguous: () => 'gap' } : {}),
    open: () =>
      Promise.resolve({ batches: { [Symbol.asyncIterator]: () => ({ next }) }, close() {} }),
  };
}

function dataAt(n) {
  return [{ type: 'data', data: n, bytes: 64, id: String(n), raw: '' }];
}

function bareAt(n) {
  return [{ type: 'data', data: n, bytes: 64, raw: '', ...(n === 0 ? { id: '0' } : {}) }];
}

function eagerAt(n) {
  return n === 0
    ? dataAt(n)
    : [
        { type: 'data', data: n, bytes: 64, raw: '' },
        { type: 'checkpoint', cursor: String(n) },
      ];
}

function pieceAt(n) {
  return [{ ...dataAt(n)[0], toolCall: [{ id: `call ${n % 256}`, args: ' ' }] }];
}

function callAt(n) {
  return [
    { ...dataAt(n)[0], toolCall: [{ id: `call ${n}`, name: 'f', finalArgs: '{}', done: true }] },
  ];
}

/** Nothing is connected: all of it waits, and is then sent. */
async function sendAll(count) {
  let socket;
  class Silent extends EventTarget {
    readyState = 0;
    bufferedAmount = 0;
    sent = 0;
    constructor() {
      super();
      socket = this;
    }
    send() {
      this.sent += 1;
    }
    close() {
      this.readyState = 3;
      this.dispatchEvent(Object.assign(new Event('close'), { code: 1000, reason: '' }));
    }
  }
  const source = webSocket({
    url: 'ws://127.0.0.1/',
    WebSocket: Silent,
    maxQueuedBytes: 1024 * count,
  });
  const stream = reconnectStream(source);
  stream.start();
  for (let n = 0; n < count; n++) source.send('x');
  while (socket === undefined) await new Promise((resolve) => setImmediate(resolve));
  socket.readyState = 1;
  socket.dispatchEvent(new Event('open'));
  while (socket.sent < count) await new Promise((resolve) => setImmediate(resolve));
  stream.close();
  await stream.done;
}
