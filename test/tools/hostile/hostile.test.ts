/** A few of the cases of `npm run hostile` (all with `LONG_TESTS=1`): each in a process of its own with a small heap. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { ensureBuilt } from '../../support/built.js';
import { runs } from '../../support/effort.js';

beforeAll(ensureBuilt, 120_000);

it(
  'neither ends, nor fills, nor stops the process of whoever reads',
  { timeout: runs(60_000, 900_000) },
  () => {
    const script = fileURLToPath(new URL('hostile.mjs', import.meta.url));
    const flags = process.env['LONG_TESTS'] === '1' ? [] : ['--short'];
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...flags], {
      encoding: 'utf8',
    });
    expect(stdout).toContain('ok   sse: a long id');
    expect(stdout).toContain('ok   webSocket: a stopped reader, messages of 65536 bytes');
    expect(stdout).toContain('ok   openaiResponses: ids of items of 1 MiB');
    expect(status, stdout + stderr).toBe(0);
  },
);
