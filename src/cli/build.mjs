/** `npm run build`: makes `dist`. With `--if-stale`, only if it is out of date. */

import { build, isBuilt } from './dist.mjs';

try {
  if (!process.argv.includes('--if-stale') || !isBuilt()) await build();
} catch (error) {
  console.error(`build: failed: ${error.message}`);
  process.exitCode = 1;
}
