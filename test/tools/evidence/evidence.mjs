/**
 * `npm run evidence`: what clients of streams do when the line breaks, measured. Each client meets each fault, and what
 * its reader saw is counted.
 *
 *   --only ours     our own rows; nothing is installed and nothing is written
 *   --row <text>    rows whose name has this text; nothing is written
 *   --column <ids>  some columns, with commas between them; nothing is written
 *   --json          what was observed, as JSON
 *
 * Exit code 1 where one of our own rows has failed, 2 where no row or column has such a name.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { chart } from './chart.mjs';
import { killAll, runCells } from './children.mjs';
import { COLUMNS } from './columns.mjs';
import { withDigest } from './digest.mjs';
import { createFolder, installPackages } from './packages.mjs';
import { report } from './report.mjs';
import { ROWS, nameOfRow } from './rows.mjs';
import { judge } from './verdict.mjs';

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    row: { type: 'string' },
    column: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const rows = ROWS.filter(
  (row) =>
    (flags.only !== 'ours' || row.isOurs) &&
    (flags.row === undefined || nameOfRow(row).includes(flags.row)),
);
const columns = COLUMNS.filter(({ id }) => flags.column?.split(',').includes(id) ?? true);
const unknown =
  flags.column?.split(',').filter((id) => COLUMNS.every((one) => one.id !== id)) ?? [];
if (rows.length === 0 || unknown.length > 0) {
  console.error(`rows:\n  ${ROWS.map(nameOfRow).join('\n  ')}`);
  console.error(`columns: ${COLUMNS.map(({ id }) => id).join(', ')}`);
  if (unknown.length > 0) console.error(`no column is called ${unknown.join(', ')}`);
  if (rows.length === 0) console.error(`no row has ${JSON.stringify(flags.row)} in its name`);
  process.exit(2);
}
const isWhole = rows.length === ROWS.length && columns.length === COLUMNS.length;

const { folder, remove } = createFolder();
const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.once(signal, () => {
    stopped.abort();
    killAll();
    remove();
    process.exit(130);
  });

const begin = performance.now();
try {
  if (rows.some(({ isOurs }) => !isOurs)) {
    progress('installing the packages that are measured');
    await installPackages(folder, stopped.signal);
  }
  const matrix = await measure();
  const seconds = Math.round((performance.now() - begin) / 1_000);
  progress('');
  if (flags.json) console.log(JSON.stringify(matrix, null, 2));
  else
    for (const { row, column, short, verdict, detail } of matrix)
      if (verdict !== 'n/a' || !isWhole)
        console.log(
          `${verdict.padEnd(7)}${nameOfRow(row)} · ${column.title}: ${short} (${detail})`,
        );
  if (isWhole) {
    const result = { rows, columns, matrix, seconds, date: new Date().toISOString().slice(0, 10) };
    writeFileSync(docs('evidence.md'), report(result));
    writeFileSync(docs('evidence.svg'), chart(result));
    const readme = docs('../README.md');
    writeFileSync(readme, withDigest(readFileSync(readme, 'utf8'), report(result)));
  }
  const failures = matrix.filter(({ row, verdict }) => row.isOurs && verdict === 'failed');
  console.error(`${matrix.length} cells in ${seconds} s; failures of ours: ${failures.length}`);
  if (failures.length > 0) process.exitCode = 1;
} finally {
  killAll();
  remove();
}

async function measure() {
  const all = rows.flatMap((row) => columns.map((column) => ({ row, column })));
  const cells = all.filter(({ row, column }) => row.na[column.id] === undefined);
  let count = 0;
  const results = await runCells(cells, folder, () =>
    progress(`${(count += 1)} of ${cells.length} cells`),
  );
  return all.map(({ row, column }) => {
    const at = cells.findIndex((cell) => cell.row === row && cell.column === column);
    if (at < 0) return { row, column, verdict: 'n/a', short: 'n/a', detail: row.na[column.id] };
    const judged = judge(row, column, results[at]);
    const note = row.notes[column.id];
    const detail = note === undefined ? judged.detail : `${judged.detail}; ${note}`;
    return { row, column, ...judged, detail, seen: results[at] };
  });
}

function docs(name) {
  return fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url));
}

/** On a terminal one line that is written over; nothing where it would land in a file. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`);
}
