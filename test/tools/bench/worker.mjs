/** The measured process: does one measurement per message, and nothing else. Needs `--expose-gc`. */

import { setImmediate as macrotask } from 'node:timers/promises';

import { clients } from './clients.mjs';
import { eventText } from './event-text.mjs';
import { idleConnections, openMany } from './idle-connections.mjs';

/**
 * Opened and closed before memory is counted, so that code and pools are not: V8 goes on compiling for
 * about as many, and its code lies in the heap.
 */
const WARM_UP_CONNECTIONS = 3_000;

const measurements = { cpu: measureCpu, heap: measureHeap };

process.on('disconnect', () => process.exit());
process.on('message', ({ measure, ...task }) => {
  measurements[measure](task).then(
    (result) => process.send({ result }),
    (error) => process.send({ error: String(error?.stack ?? error) }),
  );
});

async function measureCpu({ client, origin, count, size, script, isPacked }) {
  const { read } = clients[client];
  const url = `${origin}/events?${new URLSearchParams({ count, size, script, packed: isPacked })}`;
  // No forced collection before: it throws optimised code away, and costs all of them a quarter more.
  const cpu = process.cpuUsage();
  const seen = await read(url, count);
  const { user, system } = process.cpuUsage(cpu);
  if (
    seen.count !== count ||
    seen.length !== count * eventText(size, script).length ||
    Number(seen.lastId) !== count
  ) {
    throw new Error(`${client} did not read what was sent: ${JSON.stringify(seen)}`);
  }
  return { cpuMicros: user + system };
}

async function measureHeap({ kind, origin, connections }) {
  const url = `${origin}/idle`;
  for (const one of await openMany(idleConnections[kind], url, WARM_UP_CONNECTIONS)) one.close();
  const before = await settledHeap();
  const held = await openMany(idleConnections[kind], url, connections);
  const bytes = ((await settledHeap()) - before) / held.length;
  for (const one of held) one.close();
  return { bytes };
}

/** Finalizers run between turns and free more: the heap is settled when a collection gains nothing. */
async function settledHeap() {
  let smallest = Infinity;
  for (let idle = 0; idle < 4;) {
    await macrotask();
    globalThis.gc();
    const { heapUsed } = process.memoryUsage();
    idle = heapUsed < smallest - 1_024 ? 0 : idle + 1;
    smallest = Math.min(smallest, heapUsed);
  }
  return smallest;
}
