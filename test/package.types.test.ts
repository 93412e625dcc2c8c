/** The types of the entries, as the projects that use them find them. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { beforeAll, describe, expect, it } from 'vitest';

import { ensureBuilt } from './support/built.js';
import type { Manifest } from './support/package-graph.js';
import { missingTypes } from './support/public-types.js';

const PATIENCE_MS = 120_000;
const declarations = entryDeclarations();

beforeAll(ensureBuilt, PATIENCE_MS);

describe('the types of an entry', () => {
  it(
    'can all be imported from it',
    () => {
      const { './machines': core = '', ...others } = declarations;
      const missing = missingTypes(core, Object.values(others));
      expect(Object.keys(missing).toSorted()).toEqual(Object.values(declarations).toSorted());
      expect(Object.values(missing).flat()).toEqual([]);
    },
    PATIENCE_MS,
  );
});

/** By the name of the entry, as `./machines`. */
function entryDeclarations(): Record<string, string> {
  const file = fileURLToPath(new URL('../package.json', import.meta.url));
  const { exports } = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  const typed = Object.entries(exports).flatMap(([name, target]) => {
    const types = typeof target === 'string' ? undefined : target['types'];
    return types === undefined ? [] : [[name, types.replace('./', '')] as const];
  });
  return Object.fromEntries(typed);
}
