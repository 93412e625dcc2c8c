/**
 * `npm run mutants`: makes each mistake of the list in a copy of the project, and sees that a test notices.
 *
 *   --only <texts>  those whose name or file has one of these in it, separated by commas
 *
 * Exit code 1 where one survives, or is about code that is no longer there.
 */

import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { mutants } from './list.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { values: flags } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const texts = flags.only.split(',');
const chosen = mutants.filter(({ name, file }) =>
  texts.some((text) => `${name} ${file}`.includes(text)),
);

/** A process per core would be faster, and would make tests that wait for real time fail by themselves. */
const copy = copyProject();
const failed = [];
try {
  for (const mutant of chosen) {
    const verdict = await tryOut(mutant);
    if (verdict !== 'killed') failed.push(mutant.name);
    console.log(`${verdict.padEnd(9)} ${mutant.name} (${mutant.file})`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(`\n${chosen.length - failed.length} of ${chosen.length} killed`);
if (failed.length > 0) process.exitCode = 1;

async function tryOut({ file, find, put, tests }) {
  const path = join(copy, file);
  const code = readFileSync(path, 'utf8');
  if (code.split(find).length !== 2) return 'misplaced';
  writeFileSync(
    path,
    code.replace(find, () => put),
  );
  try {
    return (await passes(tests)) ? 'SURVIVES' : 'killed';
  } finally {
    writeFileSync(path, code);
  }
}

/** Whether the tests pass all the same. */
function passes(tests) {
  const cli = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [
    cli,
    'run',
    '--config',
    'test/vitest.config.ts',
    '--bail=1',
    '--typecheck.enabled=false',
  ];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...args, ...tests], { cwd: copy, stdio: 'ignore' });
    // A mutant that never comes to an end is noticed, too.
    const timer = setTimeout(() => child.kill('SIGKILL'), 120_000);
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(code === 0);
    });
  });
}

function copyProject() {
  const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
  for (const name of ['machines', 'src', 'test', 'dist', 'package.json', 'tsconfig.json'])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return folder;
}
