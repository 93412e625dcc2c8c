/** For tests that run what is in `dist`. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { expect } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Builds `dist` if it is out of date, which it is not under `npm test`. Installs nothing. */
export function ensureBuilt(): void {
  const { status, stderr } = spawnSync(process.execPath, ['src/cli/build.mjs', '--if-stale'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
}
