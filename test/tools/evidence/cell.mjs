/**
 * One cell, in a process of its own: `node cell.mjs <row> <column> <folder of the packages>`. Server and client share
 * it, so whatever happens here happens to one cell. It sends one message, what was observed, and ends.
 */

import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as after } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { COLUMNS, PATIENCE_MS, RATE_MS } from './columns.mjs';
import { startServer } from './faults.mjs';
import { driverOf } from './peers/index.mjs';
import { createRecord, nameOf } from './record.mjs';
import { ROWS } from './rows.mjs';
import { startSocketServer } from './sockets.mjs';

/** Time for what comes late: a word again, another request. */
const LINGER_MS = 400;
/** When the reader stops the client in its wait of a second, and how long it is watched then. */
const STOP_AFTER_MS = 350;
const STOPPED_MS = 2_500;

const [rowId, columnId, folder] = process.argv.slice(2);
const row = ROWS.find(({ id }) => id === rowId);
const column = COLUMNS.find(({ id }) => id === columnId);

const crash = new Promise((resolve) => {
  process.on('uncaughtException', (error) => resolve(`uncaught exception: ${nameOf(error)}`));
  process.on('unhandledRejection', (error) => resolve(`unhandled rejection: ${nameOf(error)}`));
});

const record = createRecord();
const server = await (row.wire === 'webSocket'
  ? startSocketServer(column)
  : startServer(row.wire, column));
const load = row.isOurs
  ? undefined
  : (await import(pathToFileURL(join(folder, 'load.mjs')).href)).load;
const drive = await driverOf(row.client);
// What is loaded for the first time takes its time: it is not to be taken for that of the client.
if (!row.isOurs) await Promise.all(modulesOf(row).map(load));
if (row.wire !== 'webSocket') await fetch(server.warmUrl).then((answer) => answer.text());
const lag = monitorEventLoopDelay();
lag.enable();
const started = performance.now();
const seen = await Promise.race([observe(), crash.then((what) => ({ crash: what }))]);
const { numbers, ending, reported, notes, calls } = record.result();
const { requests } = server;
process.send(
  {
    ...seen,
    numbers,
    ending,
    reported,
    notes,
    calls,
    requests: requests.length,
    requestsInTime: requests.filter(({ at }) => at - started <= RATE_MS).length,
    works: requests.filter(({ startsWork }) => startsWork).length,
    /** The longest time in which nothing ran: with much of it, delays say nothing. */
    lagMs: Math.round(lag.max / 1e6),
  },
  () => process.exit(0),
);

async function observe() {
  const client = await drive({ url: server.url, load, column, record, row });
  if (column.kind === 'rate') {
    await after(RATE_MS);
    record.close();
    await stop(client);
    return {};
  }
  if (column.kind === 'abort') return observeStop(client);
  await Promise.race([record.over, after(column.patienceMs ?? PATIENCE_MS)]);
  const isHung = record.result().ending === null;
  await after(LINGER_MS);
  record.close();
  await stop(client);
  return { isHung };
}

async function observeStop(client) {
  await Promise.race([server.broken, after(PATIENCE_MS)]);
  await after(STOP_AFTER_MS);
  const before = server.requests.length;
  const wasOver = record.result().ending !== null;
  record.close();
  const isSettled = Promise.race([
    Promise.resolve(client.settled).then(() => true),
    after(STOPPED_MS).then(() => false),
  ]);
  await stop(client);
  const settled = await isSettled;
  await after(STOPPED_MS);
  return { stopped: { before, wasOver, settled, after: server.requests.length - before } };
}

function modulesOf({ package: name, client }) {
  if (client !== 'mcp') return client === 'partysocket' ? [name, 'ws'] : [name];
  return ['client/index.js', 'client/streamableHttp.js'].map((path) => `${name}/${path}`);
}

/** By the client's own means. It may not take more than a second of ours. */
async function stop(client) {
  await Promise.race([Promise.resolve(client.stop()).catch(() => {}), after(1_000)]);
}
