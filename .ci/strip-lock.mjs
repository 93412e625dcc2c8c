/** Takes everything that holds an address out of the lock file: it is not needed to install. */

import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));

for (const entry of Object.values(lock.packages)) {
  delete entry.funding;
  // A link's is a folder of this repository, without which it cannot be made.
  if (!entry.link) delete entry.resolved;
}

writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
