/** How the tests run. With `CI_REPORT` set, a JSON report is written to that file as well. */

import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));
const STRICT = '--unhandled-rejections=strict';
const report = process.env['CI_REPORT'];

export default defineConfig({
  root,
  test: {
    include: ['test/**/*.test.ts'],
    // A limit is there to end what hangs: no test waits for time, and a busy machine is slow.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Nearly half of the time of the tests is spent waiting for browsers, sockets and other processes.
    maxWorkers: availableParallelism() + 1,
    setupFiles: ['test/support/no-warnings.ts'],
    // A rejection that nobody owns ends the process, in the workers and in what they start.
    execArgv: [STRICT],
    env: { NODE_OPTIONS: STRICT },
    typecheck: {
      enabled: true,
      include: ['test/**/*.test-d.ts'],
      tsconfig: 'test/tsconfig.json',
    },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'machines/**/*.ts'],
      reportsDirectory: 'coverage',
    },
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
});
