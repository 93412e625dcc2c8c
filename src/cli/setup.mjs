/**
 * Makes a clone ready to run: installs the packages of the lock file, and builds what is out of date.
 *
 * It runs before `npm start`, `npm test` and `npm run bench`, so it must work without
 * `node_modules`: plain JavaScript, and nothing but Node's own modules.
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build, isBuilt } from './dist.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const modules = join(root, 'node_modules');
const stampFile = join(modules, '.stream-reconnect-lock');

try {
  if (!isInstalled()) install();
  if (!isBuilt()) {
    console.log('setup: building dist (tsc, vite)');
    await build();
  }
} catch (error) {
  console.error(`setup: failed: ${error.message}`);
  process.exitCode = 1;
}

/** By hash, not by date: a fresh checkout gives every file the same date. */
function isInstalled() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lockHash();
}

function install() {
  refuseLink();
  console.log('setup: installing the dependencies (npm ci)');
  // `include=dev` because NODE_ENV=production would leave out the compiler and the test runner.
  npm('ci', '--include=dev', '--loglevel=error', '--no-audit', '--no-fund');
  writeFileSync(stampFile, lockHash());
}

/** `npm ci` empties the folder first, even if it is a link to a folder of another project. */
function refuseLink() {
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return;
  throw new Error(
    `node_modules is a link to ${readlinkSync(modules)}, and installing would empty that folder. ` +
      'Remove the link, or install there what package-lock.json says.',
  );
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

/** Prints nothing if all goes well; throws what npm printed if it fails. */
function npm(...args) {
  const cli = process.env.npm_execpath;
  const own = cli?.endsWith('npm-cli.js');
  const [command, ...before] = own ? [process.execPath, cli] : ['npm'];
  const shell = !own && process.platform === 'win32';
  const options = { cwd: root, shell, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 };
  const { status, stdout, stderr, error } = spawnSync(command, [...before, ...args], options);
  if (status !== 0)
    throw new Error(`npm ${args.join(' ')}\n${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`);
}
