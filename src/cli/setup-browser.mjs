/**
 * Finds the browser that some tests need, and installs it if possible: Debian's package, as root.
 * Elsewhere the tests say in one line what is missing, and skip.
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const path = process.env.CHROMIUM ?? '/usr/bin/chromium';

if (!existsSync(path) && process.env.CHROMIUM === undefined && isRootOnDebian()) {
  console.log('setup: installing a browser for the tests (apt-get install chromium)');
  apt('update');
  apt('install', '--yes', '--no-install-recommends', 'chromium');
}

function isRootOnDebian() {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stderr } = spawnSync('apt-get', ['-qq', ...args], { env, encoding: 'utf8' });
  if (status !== 0) console.error(`setup: apt-get ${args[0]} failed: ${stderr.trim()}`);
}
