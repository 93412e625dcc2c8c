/** No server can end the process of its consumer. */

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { beforeAll, expect, it } from 'vitest';

import { ensureBuilt } from '../support/built.js';
import { runs } from '../support/effort.js';

const STREAMS = runs(30, 150);
const script = fileURLToPath(new URL('./hostile-process.mjs', import.meta.url));

beforeAll(() => ensureBuilt(), 120_000);

it.each([1, 2, 3])(
  'a process outlives whatever servers send, seed %d',
  { timeout: 300_000 },
  async (seed) => {
    const child = spawn(process.execPath, [
      '--unhandled-rejections=strict',
      script,
      String(seed),
      String(STREAMS),
    ]);
    let out = '';
    child.stdout.on('data', (chunk) => (out += String(chunk)));
    child.stderr.on('data', (chunk) => (out += String(chunk)));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, out]).toEqual([0, `alive after ${STREAMS} streams\n`]);
  },
);
