/** CPU time per event of each client, round by round in a fresh order. */

import { ask, startChild, stopChild } from './children.mjs';
import { clients } from './clients.mjs';
import { shuffled } from './statistics.mjs';

/** Before these the compiler is still at work. */
const WARM_UP_ROUNDS = 2;

/** µs per event of each client, by round. */
export async function compareCpu({ label, ...load }, { origin, rounds, isShared, progress }) {
  const names = Object.keys(clients);
  const workers = startWorkers(names, isShared);
  const micros = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 1 - WARM_UP_ROUNDS; round <= rounds; round++) {
    progress(`${label} events: round ${Math.max(0, round)} of ${rounds}`);
    for (const client of shuffled(names)) {
      const task = { measure: 'cpu', client, origin, ...load };
      const { cpuMicros } = await ask(workers.get(client), task);
      if (round > 0) micros[client].push(cpuMicros / load.count);
    }
  }
  await Promise.all([...new Set(workers.values())].map(stopChild));
  return { label, ...load, rounds, micros };
}

/** An application has one client: apart, each has the parser optimised for itself. */
function startWorkers(names, isShared) {
  const shared = isShared ? startChild('worker.mjs') : null;
  return new Map(names.map((name) => [name, shared ?? startChild('worker.mjs')]));
}
