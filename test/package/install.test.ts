/**
 * The package installs by the line of README, with each package manager, into an empty folder. The managers come from
 * the registry, as does xstate: nothing else is reached.
 */

import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ensureBuilt } from '../support/built.js';
import { pack } from '../support/consumer.js';
import type { Tarball } from '../support/consumer.js';
import type { Manifest } from '../support/package-graph.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A first run downloads the manager as well. */
const PATIENCE_MS = 180_000;

/** What a manager prints of packages that do not go together, or not with this Node. */
const COMPLAINT = /peer|engine|unsupported|incompatible|ERESOLVE|YN0002|YN0060|YN0086/iu;

const MANAGERS: readonly Manager[] = [
  { name: 'npm of this machine', add: ['npm', 'install'] },
  { name: 'npm 8', from: 'npm@8.19.4', add: ['npm', 'install'] },
  { name: 'pnpm', from: 'pnpm@10.34.8', add: ['pnpm', 'add'] },
  { name: 'Yarn 1', from: 'yarn@1.22.22', add: ['yarn', 'add'] },
  // Without node_modules: what a module does not declare it does not find.
  {
    name: 'Yarn 4',
    from: '@yarnpkg/cli-dist@4.18.1',
    add: ['yarn', 'add'],
    node: ['yarn', 'node'],
  },
];

/** Imports every entry, and prints which gave nothing. */
const IMPORT_ALL = `
const empty = [];
for (const entry of ${JSON.stringify(entries())}) {
  const attributes = entry.endsWith('.json') ? { with: { type: 'json' } } : {};
  if (Object.keys(await import(entry, attributes)).length === 0) empty.push(entry);
}
console.log('empty: ' + empty.join());
`;

let tarball: Tarball;
let folder = '';

beforeAll(() => {
  ensureBuilt();
  tarball = pack();
  folder = mkdtempSync(join(tmpdir(), 'install-'));
}, 300_000);

afterAll(async () => {
  tarball?.remove();
  if (folder !== '') await rm(folder, { recursive: true, force: true });
}, 300_000);

describe('`npm install`, as README says', () => {
  it('names this package and its peer', () => {
    expect(namesInReadme()).toEqual(['stream-reconnect', 'xstate']);
  });

  it.each(MANAGERS)(
    'works with $name, which has nothing to complain of',
    async ({ name, from, add, node }) => {
      const project = join(folder, name.replaceAll(/\W+/gu, '-'));
      mkdirSync(project);
      // An empty one keeps Yarn 4 from looking for a project in the folders above.
      if (node !== undefined) writeFileSync(join(project, 'package.json'), '{}');
      const packages = namesInReadme().map((each) =>
        each === 'stream-reconnect' ? `${each}@file:${tarball.file}` : each,
      );
      const installed = await run(project, from, ...add, ...packages);
      expect(installed, installed.printed).toMatchObject({ code: 0 });
      expect(installed.printed.split('\n').filter((line) => COMPLAINT.test(line))).toEqual([]);
      writeFileSync(join(project, 'import-all.mjs'), IMPORT_ALL);
      const imported = await (node === undefined
        ? run(project, undefined, process.execPath, 'import-all.mjs')
        : run(project, from, ...node, 'import-all.mjs'));
      expect(imported, imported.printed).toMatchObject({ code: 0 });
      expect(imported.printed).toContain('empty: \n');
    },
    PATIENCE_MS,
  );
});

interface Manager {
  readonly name: string;
  /** The package of the registry that it is in; the machine's own if left out. */
  readonly from?: string;
  readonly add: readonly string[];
  /** How Node is run where it finds packages by the manager's help only. */
  readonly node?: readonly string[];
}

function namesInReadme(): string[] {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, names = ''] = /^npm install (.+)$/mu.exec(readme) ?? [];
  return names.trim().split(/\s+/u);
}

function entries(): string[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  return Object.keys(exports).map((name) => name.replace('.', 'stream-reconnect'));
}

interface Finished {
  readonly code: unknown;
  readonly printed: string;
}

/** Runs a command of the project, by the manager that `npm exec` fetches into its cache. */
function run(project: string, from: string | undefined, ...command: string[]): Promise<Finished> {
  const [first = '', ...rest] =
    from === undefined ? command : ['npm', 'exec', '--yes', `--package=${from}`, '--', ...command];
  const options = { cwd: project, env: environment(), shell: process.platform === 'win32' };
  return new Promise((resolve) => {
    execFile(first, rest, options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, printed: `${stdout}${stderr}` }),
    );
  });
}

let registry: string | undefined;

/** As in a shell of the user: without what `npm test` adds, and with caches that do not outlive the test. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, INIT_CWD: __, ...inherited } = process.env;
  const own =
    /^npm_(lifecycle|package|command|execpath|node_execpath|config_(local|global)?_?prefix)/u;
  const env = Object.fromEntries(Object.entries(inherited).filter(([name]) => !own.test(name)));
  registry ??= execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8', env }).trim();
  return {
    ...env,
    CI: 'true',
    NO_COLOR: '1',
    YARN_CACHE_FOLDER: join(folder, 'cache-yarn'),
    YARN_ENABLE_GLOBAL_CACHE: 'false',
    YARN_ENABLE_TELEMETRY: 'false',
    // CI wants the lock file that the line just now makes.
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    YARN_NPM_REGISTRY_SERVER: registry,
    npm_config_store_dir: join(folder, 'store-pnpm'),
  };
}
