/**
 * Operations that a peer, or a careful consumer, repeats per item: what n, 2n and 4n of them cost.
 *
 *   npm run bench:linear            200,000 items
 *   npm run bench:linear -- --items 50000
 *   npm run bench:linear -- --check exit code 1 where 4n costs more than 5 times n, or a target is missed
 */

import { parseArgs } from 'node:util';

import { reconnectStream } from '../../dist/src/index.js';
import { webSocket } from '../../dist/src/sources/index.js';
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
/** Of the loop with `checkpoint()` after each item to the loop without, at all items. */
const MAX_CHECKPOINT_RATIO = 1.3;
const MAX_SENDS_MS = 200;

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
const checkpointRatio = at('checkpoint() per item') / at('the loop');
console.log(`checkpoint() after each item: ${checkpointRatio.toFixed(2)} times the loop`);
if (checkpointRatio > MAX_CHECKPOINT_RATIO)
  missed.push(`checkpoint(): ${checkpointRatio.toFixed(2)}`);
if (at('queued sends of a WebSocket') > MAX_SENDS_MS) missed.push('sends');
console.log(conditions());
for (const what of missed) console.error(`missed: ${what}`);
if (flags.check && missed.length > 0) process.exitCode = 1;

async function best(run) {
  let least = Infinity;
  for (let round = 0; round < 5; round++) {
    const start = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
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
  const source = webSocket({ url: 'ws://127.0.0.1/', WebSocket: Silent });
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
