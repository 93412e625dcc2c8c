/** Cells in child processes, a few at a time; each is killed when it does not answer, and all when we are stopped. */

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CELL = fileURLToPath(new URL('cell.mjs', import.meta.url));

/** A cell that is well has answered long before. */
const KILL_AFTER_MS = 30_000;

/** Most of a cell is waiting. */
const AT_A_TIME = 8;

const running = new Set();

/** @returns what each cell observed, in the order of `cells` */
export async function runCells(cells, folder, onDone) {
  const results = [];
  const queue = cells.map((cell, n) => [n, cell]);
  const lane = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [n, { row, column }] = next;
      results[n] = await runCell(row.id, column.id, folder);
      onDone(cells[n], results[n]);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  return results;
}

export function killAll() {
  for (const child of running) child.kill('SIGKILL');
}

function runCell(row, column, folder) {
  return new Promise((resolve) => {
    const child = fork(CELL, [row, column, folder], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    running.add(child);
    let last = '';
    child.stderr.on('data', (data) => (last = (last + data).slice(-400)));
    let answer = null;
    const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
    child.on('message', (message) => (answer = message));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      running.delete(child);
      resolve(answer ?? { crash: `the process ended by ${signal ?? code}: ${last.trim()}`, works: 0 });
    });
  });
}
