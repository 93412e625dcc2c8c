/** Our own rows of the fault matrix, in the columns that need no waiting. All of it: `npm run evidence`. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('evidence.mjs', import.meta.url));

it('our rows have no failure in the fault matrix', { timeout: 300_000 }, async () => {
  const columns = ['mid-eof', 'tool', 'post-ids', 'odd-call', 'word', 'over'].join(',');
  const args = [SCRIPT, '--only', 'ours', '--column', columns];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const verdicts = stdout.split('\n').map((line) => line.split(' ')[0]);
  expect(verdicts.filter((word) => word === 'ok').length).toBeGreaterThan(10);
  expect(stdout).not.toMatch(/^failed/mu);
});
