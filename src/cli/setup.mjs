/**
 * Makes a clone ready to run: installs what the lock file says, builds what is out of date.
 *
 * It runs before `npm start`, `npm test` and `npm run bench`, so it must work without
 * `node_modules`: plain JavaScript, and nothing but Node's own modules.
 */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const stampFile = join(root, 'node_modules', '.stream-reconnect-lock');

if (!isInstalled()) await install();
if (!isBuilt()) await build();

/** By hash, not by date: a fresh checkout gives every file the same date. */
function isInstalled() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lockHash();
}

async function install() {
  console.log('setup: installing the dependencies (npm ci)');
  // `include=dev` because NODE_ENV=production would leave out the compiler and the test runner.
  await npm('ci', '--include=dev', '--loglevel=error', '--no-audit', '--no-fund');
  writeFileSync(stampFile, lockHash());
}

/** Directories count as well: their date tells that a file was removed. */
function isBuilt() {
  // What a build makes last, in no fixed order: one that was interrupted is done again.
  const pages = [join('src', 'inspect', 'viewer'), join('docs', 'playground')];
  const built = pages.map((folder) => join(root, 'dist', folder, 'index.html'));
  const trees = ['src', 'machines', join('docs', 'playground')].flatMap(tree);
  const inputs = [...trees, join(root, 'tsconfig.json'), stampFile];
  const newest = Math.max(...inputs.map(modifiedAt));
  return built.every((page) => existsSync(page) && modifiedAt(page) >= newest);
}

async function build() {
  console.log('setup: building dist (tsc, vite)');
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  await run(process.execPath, join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', root);
  // Side by side: neither needs what the other makes.
  await Promise.all([buildPage('src', 'inspect', 'viewer'), buildPage('docs', 'playground')]);
}

function buildPage(...folder) {
  const config = join(root, ...folder, 'vite.config.ts');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  return run(process.execPath, vite, 'build', '--config', config);
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

function tree(folder) {
  const path = join(root, folder);
  return [path, ...readdirSync(path, { recursive: true }).map((name) => join(path, name))];
}

function modifiedAt(path) {
  return statSync(path).mtimeMs;
}

function npm(...args) {
  const cli = process.env.npm_execpath;
  if (cli?.endsWith('npm-cli.js')) return run(process.execPath, cli, ...args);
  return run('npm', ...args);
}

/** Quiet while all goes well; on a failure shows what the command printed and leaves with its code. */
function run(command, ...args) {
  const shell = process.platform === 'win32' && command === 'npm';
  const child = spawn(command, args, { cwd: root, shell, stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes) => printed.push(bytes));
  return new Promise((resolve) => {
    child.once('error', (error) => fail(1, error.message));
    child.once('close', (code) => (code === 0 ? resolve() : fail(code)));
  });

  function fail(code, reason = '') {
    console.error(`setup: failed: ${[command, ...args].join(' ')}`);
    console.error(Buffer.concat(printed).toString() + reason);
    process.exit(code || 1);
  }
}
