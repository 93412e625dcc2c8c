/**
 * `npm run bench`: what our layer costs beside a bare fetch + parser loop and beside the nearest
 * other client, in one run, interleaved.
 *
 *   --quick   three rounds
 *   --json    the numbers as JSON
 *   --check   exit code 1 where a target is missed
 *   --shared  all clients in one process: they then share the optimised code of the parser
 */

import { parseArgs } from 'node:util';

import { messageOf, startChild, stopChildren } from './children.mjs';
import { compareCpu } from './compare-cpu.mjs';
import { compareHeap } from './compare-heap.mjs';
import { asText, targetsOf } from './report.mjs';
import { conditions } from './table.mjs';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    shared: { type: 'boolean', default: false },
  },
});

/**
 * Many short rounds, in new processes now and then: a shared processor changes its speed every few seconds,
 * and a median is to outlast that.
 */
const [generations, rounds] = flags.quick ? [1, 3] : [3, 21];
const heapRounds = flags.quick ? 1 : 3;
const connections = 1_000;
/**
 * Events per round: a tenth of a second and more for a bare loop, so that opening the connection does not show.
 * Packed: as many events as fit in one write. Han: what another alphabet costs; no target is set for it.
 */
const cells = [
  { label: '64 B, an HTTP chunk each', size: 64, count: 200_000, isPacked: false },
  { label: '64 B, packed', size: 64, count: 500_000, isPacked: true },
  {
    label: '64 B of Han, packed',
    size: 64,
    script: 'han',
    count: 300_000,
    isPacked: true,
    hasTarget: false,
  },
  { label: '16 KiB, packed', size: 16 * 1_024, count: 5_000, isPacked: true },
].map((cell) => ({ script: 'ascii', hasTarget: true, ...cell }));

try {
  const { port } = await messageOf(startChild('server.mjs'));
  const origin = `http://127.0.0.1:${port}`;
  const run = { origin, generations, rounds, isShared: flags.shared, progress };
  const cpu = [];
  for (const cell of cells) {
    cpu.push(await compareCpu(cell, run));
  }
  const heap = await compareHeap({ origin, rounds: heapRounds, connections, progress });
  progress('');
  const mode = flags.shared ? 'one process for all clients' : 'one process per client';
  const report = { conditions: conditions([mode]), cpu, heap };
  const targets = targetsOf(report);
  console.log(flags.json ? JSON.stringify({ ...report, targets }, null, 2) : asText(report));
  if (flags.check && targets.some(({ verdict }) => verdict !== 'ok')) process.exitCode = 1;
} finally {
  await stopChildren();
}

/** On a terminal one line that is written over; nothing where it would land in a file. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`);
}
