/** CPU time per event of each client, round by round in a fresh order. */

import { ask, startChild, stopChild } from './children.mjs';
import { clients } from './clients.mjs';
import { shuffled } from './statistics.mjs';

/** Before these the compiler is still at work. */
const WARM_UP_ROUNDS = 2;

/**
 * µs per event of each client, by round.
 *
 * A process keeps what it was given at its start: what its compiler inlined, where its memory lies. That is
 * several percent of luck, as much as clients differ: hence `generations` of new processes, some rounds each.
 */
export async function compareCpu({ label, ...load }, { generations, rounds, ...run }) {
  const names = Object.keys(clients);
  const micros = Object.fromEntries(names.map((name) => [name, []]));
  for (let generation = 0; generation < generations; generation++) {
    const done = generation * rounds;
    run.progress(`${label} events: ${done} of ${generations * rounds} rounds done`);
    await measure(load, rounds, micros, run);
  }
  return { label, ...load, generations, rounds: generations * rounds, micros };
}

/** Adds the rounds of one generation. */
async function measure(load, rounds, micros, { origin, isShared }) {
  const names = Object.keys(micros);
  const workers = startWorkers(names, isShared);
  for (let round = 1 - WARM_UP_ROUNDS; round <= rounds; round++) {
    for (const client of shuffled(names)) {
      const task = { measure: 'cpu', client, origin, ...load };
      const { cpuMicros } = await ask(workers.get(client), task);
      if (round > 0) micros[client].push(cpuMicros / load.count);
    }
  }
  await Promise.all([...new Set(workers.values())].map(stopChild));
}

/** An application has one client: apart, each has the parser optimised for itself. */
function startWorkers(names, isShared) {
  const shared = isShared ? startChild('worker.mjs') : null;
  return new Map(names.map((name) => [name, shared ?? startChild('worker.mjs')]));
}
