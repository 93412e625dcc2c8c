/**
 * A long run over real sockets: the server is killed every two seconds and comes back at the same port.
 *
 *   npm run soak                  ten minutes
 *   npm run soak -- --minutes 1
 *
 * Fails if an event is lost, doubled or out of order, if more than two sockets are open, if Node warns of
 * anything, or if the heap grows by a megabyte a minute or more.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { reconnectStream } from '../../../dist/src/index.js';
import { sse } from '../../../dist/src/sources/index.js';
import { slope } from './slope.mjs';

const KILL_EVERY_MS = 2_000;
const MB = 1024 * 1024;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) {
  console.error(`--minutes: expected a number above 0, got ${values.minutes}`);
  process.exit(2);
}

const began = Date.now();
const warnings = [];
process.on('warning', (warning) => warnings.push(String(warning)));
process.on('unhandledRejection', (reason) => warnings.push(`unhandled: ${String(reason)}`));

const first = await startServer(0);
let server = first.child;
const { port } = first;
const stream = reconnectStream(sse({ url: `http://127.0.0.1:${port}/` }), {
  initialBackoffMs: 20,
  maxBackoffMs: 500,
  maxAttempts: 100,
});
const seen = { events: 0, faults: [], drops: 0, kills: 0, sockets: 0 };
stream.on('dropped', () => (seen.drops += 1));

const reading = read();
const heap = [];
const until = began + minutes * 60_000;
while (Date.now() < until) {
  await sleep(KILL_EVERY_MS);
  server.kill('SIGKILL');
  await once(server, 'exit');
  seen.kills += 1;
  seen.sockets = Math.max(seen.sockets, openSockets());
  ({ child: server } = await startServer(port));
  measure();
}
stream.close();
await reading;
server.kill('SIGKILL');

// The first minute, or the first third of a short run, is for the compiler.
const warmUpMs = Math.min(60_000, (minutes * 60_000) / 3);
const growth = slope(heap.filter(({ at }) => at >= warmUpMs)) * 60_000;
const failures = [
  ...seen.faults,
  ...warnings,
  ...(seen.sockets > 2 ? [`${seen.sockets} sockets were open at once`] : []),
  ...(growth >= MB ? [`the heap grew by ${(growth / MB).toFixed(2)} MB a minute`] : []),
  ...(seen.drops < seen.kills * 0.9 ? [`${seen.kills} kills, but ${seen.drops} drops`] : []),
];
for (const failure of failures.slice(0, 20)) console.log(`FAILED: ${failure}`);
console.log(
  `${minutes} min: ${seen.events} events, ${seen.kills} kills, ${seen.drops} drops, ` +
    `${seen.faults.length} lost or doubled, at most ${seen.sockets} sockets, ` +
    `heap ${(growth / MB).toFixed(3)} MB a minute, ${warnings.length} warnings`,
);
process.exitCode = failures.length === 0 ? 0 : 1;

async function read() {
  let last = null;
  for await (const { id } of stream) {
    const number = Number(id);
    if (last !== null && number !== last + 1) seen.faults.push(`after ${last} came ${number}`);
    last = number;
    seen.events += 1;
  }
}

async function startServer(at) {
  const child = fork(new URL('server.mjs', import.meta.url), [String(at), String(began)]);
  const [chosen] = await once(child, 'message');
  return { child, port: chosen };
}

function openSockets() {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
}

function measure() {
  globalThis.gc();
  heap.push({ at: Date.now() - began, value: process.memoryUsage().heapUsed });
  if (heap.length % 15 !== 0) return;
  const { events, kills, drops } = seen;
  const used = (heap.at(-1).value / MB).toFixed(2);
  console.log(
    `${Math.round((Date.now() - began) / 1000)} s: ${events} events, ${kills} kills, ${drops} drops, heap ${used} MB`,
  );
}
