/**
 * `npm run routes`: how far three things go through the code, counted on an instrumented copy of the build.
 *
 *   --show  prints each step as well
 *
 * `calls`: functions that were entered; `functions` and `files`: different ones of them; `moves`: how often the next one
 * was in another file. What lies outside the package (XState, the source, the loop of the caller) does not count.
 * Exit code 1 where a route is longer than its bound.
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { table } from '../bench/table.mjs';
import { instrumentedCopy } from './instrument.mjs';

const ROUTES = [
  { title: 'a chunk to the consumer', run: chunk, files: 9, moves: Infinity },
  { title: 'a reset to the next open connection', run: reset, files: 24, moves: 80 },
  { title: 'pause()', run: pause, files: 10, moves: Infinity },
];

const { values: flags } = parseArgs({ options: { show: { type: 'boolean', default: false } } });
const root = fileURLToPath(new URL('../../..', import.meta.url));

/** More than any part of the stream keeps of the first ones. */
const FIRST_ITEMS = 20;

/** The steps since the last `begin()`; null: nobody counts. */
let steps = null;
globalThis.__entered = (file, name) => steps?.push({ file, name });

const folder = instrumentedCopy(root);
try {
  const library = await import(pathToFileURL(join(folder, 'src', 'index.js')).href);
  const rows = [];
  for (const { title, run, files, moves } of ROUTES) {
    const route = await run(library);
    if (flags.show) print(title, route);
    const counted = count(route);
    rows.push([title, ...Object.values(counted).map(String), bound(files), bound(moves)]);
    if (counted.files > files || counted.moves > moves) process.exitCode = 1;
  }
  console.log(
    table(['', 'calls', 'functions', 'files', 'moves', 'files at most', 'moves at most'], rows),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** From the batch that the source gives until it is asked for the next one, and the loop has asked for another item. */
async function chunk({ reconnectStream }) {
  const { source, stream, items } = await reading(reconnectStream, {});
  begin();
  await deliver(source, items);
  const route = end();
  stream.close();
  return route;
}

/** From the error that breaks a connection until the next one is read. */
async function reset({ reconnectStream, ReconnectError }) {
  const options = { initialBackoffMs: 1, jitter: 'none' };
  const { source, stream } = await reading(reconnectStream, options);
  // What a source of this package makes of it.
  const error = new ReconnectError('network', 'the connection broke', { code: 'ECONNRESET' });
  begin();
  const isRead = source.nextRead();
  source.fail(error);
  await isRead;
  const route = end();
  stream.close();
  return route;
}

/** From the call until it returns. */
async function pause({ reconnectStream }) {
  const { stream } = await reading(reconnectStream, {});
  const call = stream.pause;
  begin();
  call();
  const route = end();
  stream.close();
  return route;
}

/** A stream in the middle: health is proven, and the first items, of which more is remembered, are behind it. */
async function reading(reconnectStream, options) {
  const source = testSource();
  const stream = reconnectStream(source, options);
  const items = stream[Symbol.asyncIterator]();
  void items.next();
  await settled();
  for (let n = 0; n < FIRST_ITEMS; n++) await deliver(source, items);
  return { source, stream, items };
}

/** One item, for a loop that waits for it and then for the next. */
async function deliver(source, items) {
  source.give();
  await settled();
  void items.next();
  await settled();
}

/** A source that gives what it is asked to, and resumes by ids. */
function testSource() {
  let waiter = null;
  let given = 0;
  let onRead = () => {};
  const next = () => {
    onRead();
    return new Promise((resolve, reject) => (waiter = { resolve, reject }));
  };
  return {
    name: 'test',
    resume: 'cursor',
    terminal: 'explicit',
    reopen: 'safe',
    open: () =>
      Promise.resolve({ batches: { [Symbol.asyncIterator]: () => ({ next }) }, close: () => {} }),
    give() {
      const id = String(++given);
      waiter.resolve({ done: false, value: [{ type: 'data', data: id, bytes: 1, id }] });
    },
    fail: (error) => waiter.reject(error),
    nextRead: () => new Promise((resolve) => (onRead = resolve)),
  };
}

/** All promises that are pending have had their turn. */
function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}

function begin() {
  steps = [];
}

function end() {
  const route = steps;
  steps = null;
  return route;
}

function count(route) {
  const files = route.map(({ file }) => file);
  return {
    calls: route.length,
    functions: new Set(route.map(({ file, name }) => `${file} ${name}`)).size,
    files: new Set(files).size,
    moves: files.filter((file, n) => n > 0 && file !== files[n - 1]).length,
  };
}

function bound(most) {
  return most === Infinity ? '' : String(most);
}

function print(title, route) {
  console.log(`\n${title}`);
  for (const { file, name } of route) console.log(`  ${file.padEnd(45)} ${name}`);
}
