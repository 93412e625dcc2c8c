/** The types of the entries, as the projects that use them find them. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ensureBuilt } from '../support/built.js';
import { createConsumer, pack } from '../support/consumer.js';
import type { Consumer } from '../support/consumer.js';
import type { Manifest } from '../support/package-graph.js';
import { missingTypes } from '../support/public-types.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PATIENCE_MS = 120_000;
const declarations = entryDeclarations();

let project: Consumer;

beforeAll(() => {
  ensureBuilt();
  const tarball = pack();
  project = createConsumer(tarball, 'xstate', { 'package.json': '{"type":"module"}', ...files() });
  tarball.remove();
}, PATIENCE_MS);

afterAll(() => project?.remove());

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

  // Each by itself: what one entry brings along would help the others.
  it.each(Object.keys(declarations))(
    'compile with TypeScript 7, the library of ES2022 and no types of Node: %s',
    (entry) => expect(compile('typescript', configOf(entry))).toBe(''),
    PATIENCE_MS,
  );

  it(
    'compile so with TypeScript 5.9 as well',
    () => expect(compile('typescript-5.9', 'all.json')).toBe(''),
    PATIENCE_MS,
  );

  it(
    'do not compile so without the DOM, so that silence means something',
    () => expect(compile('typescript', 'no-dom.json')).toContain("Cannot find name 'AbortSignal'"),
    PATIENCE_MS,
  );
});

/** What the compiler prints; the declarations of the package and of its peer are checked too. */
function compile(typescript: string, config: string): string {
  const tsc = join(root, 'node_modules', typescript, 'bin', 'tsc');
  const args = [tsc, '-p', config, '--pretty', 'false'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: project.folder,
    encoding: 'utf8',
  });
  return status === 0 ? '' : `${stdout}${stderr}`;
}

/** A file and a configuration for each entry, and configurations for all. */
function files(): Record<string, string> {
  const entries = Object.keys(declarations);
  const sources = entries.map((entry): [string, string] => [
    sourceOf(entry),
    `export * from '${entry.replace('.', 'stream-reconnect')}';\n`,
  ]);
  const configs = entries.map((entry): [string, string] => [
    configOf(entry),
    configWith([sourceOf(entry)]),
  ]);
  return {
    ...Object.fromEntries([...sources, ...configs]),
    'all.json': configWith(entries.map(sourceOf)),
    'no-dom.json': configWith(entries.map(sourceOf), ['ES2022']),
  };
}

function sourceOf(entry: string): string {
  return `entry${entry.replaceAll(/\W+/gu, '-')}.ts`;
}

function configOf(entry: string): string {
  return sourceOf(entry).replace('.ts', '.json');
}

function configWith(names: readonly string[], lib: readonly string[] = ['ES2022', 'DOM']): string {
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    lib,
    types: [],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  };
  return JSON.stringify({ compilerOptions, files: names });
}

/** By the name of the entry, as `./machines`. */
function entryDeclarations(): Record<string, string> {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  const typed = Object.entries(exports).flatMap(([name, target]) => {
    const types = typeof target === 'string' ? undefined : target['types'];
    return types === undefined ? [] : [[name, types.replace('./', '')] as const];
  });
  return Object.fromEntries(typed);
}
