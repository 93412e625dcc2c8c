/** Cells in child processes, a few at a time; each is killed when it does not answer, and all when we are stopped. */

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { PATIENCE_MS } from './columns.mjs';

const CELL = fileURLToPath(new URL('cell.mjs', import.meta.url));

/** A cell that is well has answered by then, after its patience. */
const KILL_AFTER_MS = 30_000;

/** Most of a cell is waiting, but for a storm. */
const AT_A_TIME = 8;
const STORMS_AT_A_TIME = 3;
/** These wait for a minute and more, and use nothing meanwhile. */
const SILENT_AT_A_TIME = 12;
const LONG_AT_A_TIME = 40;

/** A process that got no processor for so long says nothing about delays: it is asked again, so often. */
const MAX_LAG_MS = 300;
const MAX_AGAIN = 2;

const running = new Set();

/** @returns what each cell observed, in the order of `cells` */
export async function runCells(cells, folder, onDone) {
  const results = [];
  const all = cells.map((cell, n) => ({ n, ...cell }));
  const isStorm = ({ column }) => column.kind === 'rate';
  const run = async ({ n, row, column }) => {
    results[n] = await runCell(row.id, column, folder);
    if (!isDoubtful(column, results[n])) onDone();
  };
  await inLanes(all.filter(isStorm), STORMS_AT_A_TIME, run);
  const isLong = ({ column }) => column.patienceMs !== undefined;
  const isSilent = (cell) => cell.column.isSilent === true && !isLong(cell);
  await Promise.all([
    inLanes(all.filter(isLong), LONG_AT_A_TIME, run),
    inLanes(all.filter(isSilent), SILENT_AT_A_TIME, run),
    inLanes(
      all.filter((cell) => !isStorm(cell) && !isSilent(cell) && !isLong(cell)),
      AT_A_TIME,
      run,
    ),
  ]);
  for (let again = 0; again < MAX_AGAIN; again += 1) {
    const doubtful = all.filter(({ n, column }) => isDoubtful(column, results[n]));
    await inLanes(doubtful, STORMS_AT_A_TIME, run);
  }
  return results;
}

async function inLanes(cells, count, run) {
  const queue = [...cells];
  const lane = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await run(next);
  };
  await Promise.all(Array.from({ length: count }, lane));
}

/** In silence a lag of less than a second or two changes nothing. */
function isDoubtful({ isSilent }, { lagMs, isKilled }) {
  return isKilled === true || (!isSilent && lagMs > MAX_LAG_MS);
}

export function killAll() {
  for (const child of running) child.kill('SIGKILL');
}

function runCell(row, { id, patienceMs = PATIENCE_MS }, folder) {
  return new Promise((resolve) => {
    const child = fork(CELL, [row, id, folder], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    running.add(child);
    let last = '';
    child.stderr.on('data', (data) => (last = (last + data).slice(-400)));
    let answer = null;
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs + KILL_AFTER_MS);
    child.on('message', (message) => (answer = message));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      running.delete(child);
      const isKilled = signal === 'SIGKILL';
      resolve(
        answer ?? { crash: `the process ended by ${signal ?? code}: ${last.trim()}`, isKilled },
      );
    });
  });
}
