/**
 * Runs the packed package in other runtimes than the one of the tests, against a server that drops connections.
 *
 *   npm run runtimes
 *   npm run runtimes -- --only bun,deno
 *
 * The runtimes come from npm into a folder of their own, which is removed at the end. Prints one line a runtime; the
 * exit code is 1 if one of them lost, doubled or reordered anything.
 */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startServer } from './server.mjs';
import { runInWorkerd } from './workerd.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const CLIENT = `import { readAll } from './client.mjs';
console.log(JSON.stringify(await readAll(process.argv.at(-1))));
`;
/** Its packages, and how the client is run in it: gives what that prints. */
const RUNTIMES = {
  'node 20': node(20),
  'node 22': node(22),
  'node 24': node(24),
  bun: { packages: ['bun@1.4.5'], read: run('node_modules/.bin/bun') },
  deno: {
    packages: ['deno@2.9.6'],
    read: run('node_modules/.bin/deno', 'run', '-A', '--node-modules-dir=manual'),
  },
  workerd: { packages: ['workerd@1.20261117.1'], read: runInWorkerd },
};
const PATIENCE_MS = 60_000;
const WHOLE = Array.from({ length: 30 }, (_, n) => n + 1);

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const names = values.only?.split(',') ?? Object.keys(RUNTIMES);
const unknown = names.find((name) => RUNTIMES[name] === undefined);
if (unknown !== undefined) {
  console.error(`--only: expected ${Object.keys(RUNTIMES).join(', ')}, got ${unknown}`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'runtimes-'));
const server = await startServer();
try {
  const tarball = npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder);
  const [{ filename }] = Object.values(JSON.parse(tarball));
  for (const name of names) await tryRuntime(name, join(folder, filename));
} finally {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}

async function tryRuntime(name, tarball) {
  const { packages, read } = RUNTIMES[name];
  const here = mkdtempSync(join(folder, 'run-'));
  writeFileSync(join(here, 'package.json'), '{"private":true,"type":"module"}');
  npm(here, 'install', '--no-audit', '--no-fund', tarball, 'xstate', ...packages);
  copyFileSync(new URL('client.mjs', import.meta.url), join(here, 'client.mjs'));
  writeFileSync(join(here, 'main.mjs'), CLIENT);
  const results = await read(here, server.url, AbortSignal.timeout(PATIENCE_MS)).then(
    JSON.parse,
    (error) => ({ start: { numbers: [], error: String(error) } }),
  );
  const faults = faultsIn(results);
  const count = Object.keys(results).length;
  console.log(`${name}: ${faults.length === 0 ? `${count} scenarios ok` : faults.join('\n  ')}`);
  if (faults.length > 0) process.exitCode = 1;
}

function faultsIn(results) {
  return Object.entries(results).flatMap(([scenario, { numbers, status, drops, error }]) => {
    const isRight = JSON.stringify(numbers) === JSON.stringify(WHOLE) && status === 'complete';
    const wasBroken = drops > 0 || scenario.includes('refused');
    if (isRight && wasBroken) return [];
    return [`${scenario}: ${status} after ${drops} drops, items ${numbers.join(' ')}, ${error}`];
  });
}

function node(major) {
  return { packages: [`node@${major}`], read: run('node_modules/.bin/node') };
}

function npm(cwd, ...args) {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs the client as a program: the last line that it prints. */
function run(program, ...args) {
  return async (folder, base, signal) => {
    const child = spawn(join(folder, program), [...args, 'main.mjs', base], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      signal,
    });
    let output = '';
    child.stdout.on('data', (text) => (output += text));
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`exit code ${code}`);
    return output.trim().split('\n').at(-1);
  };
}
