/** CPU time per event of each client, round by round in a fresh order. */

import { ask, startChild, stopChild } from './children.mjs';
import { clients } from './clients.mjs';
import { shuffled } from './statistics.mjs';

/** Before these the compiler is still at work. */
const WARM_UP_ROUNDS = 2;

/**
 * µs per event of each client, by round. Equal processes differ by several percent for as long as they run, as
 * much as clients do: hence `generations` of new ones, with some of the rounds each.
 */
export async function compareCpu({ label, ...load }, run) {
  const { origin, generations, rounds, isShared, progress } = run;
  const names = Object.keys(clients);
  const total = generations * rounds;
  const micros = Object.fromEntries(names.map((name) => [name, []]));
  for (let before = 0; before < total; before += rounds) {
    const workers = startWorkers(names, isShared);
    for (let round = 1 - WARM_UP_ROUNDS; round <= rounds; round++) {
      progress(`${label} events: round ${before + Math.max(0, round)} of ${total}`);
      const costs = await measureAll(workers, { origin, ...load });
      if (round > 0) for (const [name, cost] of costs) micros[name].push(cost);
    }
    await Promise.all([...new Set(workers.values())].map(stopChild));
  }
  return { label, ...load, generations, rounds: total, micros };
}

/** One round: each client once. */
async function measureAll(workers, load) {
  const costs = [];
  for (const client of shuffled([...workers.keys()])) {
    const { cpuMicros } = await ask(workers.get(client), { measure: 'cpu', client, ...load });
    costs.push([client, cpuMicros / load.count]);
  }
  return costs;
}

/** An application has one client: apart, each has the parser optimised for itself. */
function startWorkers(names, isShared) {
  const shared = isShared ? startChild('worker.mjs') : null;
  return new Map(names.map((name) => [name, shared ?? startChild('worker.mjs')]));
}
