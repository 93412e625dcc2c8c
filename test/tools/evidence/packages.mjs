/** Installs the packages that are measured into a folder of their own. */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { VERSIONS } from './versions.mjs';

export function createFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'evidence-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }) };
}

/** What `signal` aborts is npm. */
export async function installPackages(folder, signal) {
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}\n');
  // Inside the folder, so that names are looked up there.
  writeFileSync(join(folder, 'load.mjs'), 'export const load = (name) => import(name);\n');
  const wanted = Object.entries(VERSIONS).map(([name, version]) => `${name}@${version}`);
  const flags = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'];
  await npm(['install', '--prefix', folder, ...flags, ...wanted], folder, signal);
}

async function npm(args, cwd, signal) {
  const cli = process.env.npm_execpath;
  const [command, ...rest] = cli?.endsWith('npm-cli.js') ? [process.execPath, cli] : ['npm'];
  const child = spawn(command, [...rest, ...args], {
    cwd,
    signal,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (data) => (errors += data));
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`npm install failed (${code}): ${errors.trim()}`);
}
