/** `setup.mjs` in a repository of its own, with an npm that only keeps a record of what it is asked. */

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Empties `node_modules`, as `npm ci` does, and keeps its arguments. */
const NPM = `
const fs = require('node:fs');
fs.appendFileSync('npm-calls.txt', process.argv.slice(2).join(' ') + '\\n');
fs.mkdirSync('node_modules', { recursive: true });
for (const name of fs.readdirSync('node_modules')) fs.rmSync('node_modules/' + name, { recursive: true });
`;

let folder = '';
let repository = '';
let elsewhere = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'setup-'));
  repository = join(folder, 'repository');
  elsewhere = join(folder, 'elsewhere');
  mkdirSync(join(repository, 'src', 'cli'), { recursive: true });
  for (const name of ['setup.mjs', 'dist.mjs'])
    cpSync(join(root, 'src', 'cli', name), join(repository, 'src', 'cli', name));
  writeFileSync(join(repository, 'package-lock.json'), '{}');
  writeFileSync(join(repository, 'tsconfig.json'), '{}');
  writeFileSync(join(repository, 'npm-cli.js'), NPM);
  for (const page of ['src/inspect/viewer', 'docs/playground', 'machines'])
    mkdirSync(join(repository, page), { recursive: true });
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'precious.txt'), 'not yours');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Each starts processes of Node, which takes its time on a busy machine. */
describe('the script that makes a clone ready', { timeout: 300_000 }, () => {
  it('does not install into a node_modules that is a link', () => {
    symlinkSync(elsewhere, join(repository, 'node_modules'), 'junction');
    const { status, stderr } = setUp();
    expect(status).toBe(1);
    expect(stderr).toContain(`node_modules is a link to ${elsewhere}`);
    expect(stderr).toContain('Remove the link');
    expect(npmCalls()).toEqual([]);
    expect(readdirSync(elsewhere)).toEqual(['precious.txt']);
  });

  it('does not install through a link that leads nowhere either', () => {
    symlinkSync(join(folder, 'nowhere'), join(repository, 'node_modules'), 'junction');
    expect(setUp().status).toBe(1);
    expect(npmCalls()).toEqual([]);
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
  });

  it('installs once what the lock file says, also what only the tests need', () => {
    mkdirSync(join(repository, 'node_modules'));
    makeBuilt();
    expect(setUp()).toEqual({ status: 0, stderr: '' });
    expect(setUp()).toEqual({ status: 0, stderr: '' });
    expect(npmCalls()).toEqual([expect.stringMatching(/^ci --include=dev /u)]);
    writeFileSync(join(repository, 'package-lock.json'), '{ }');
    makeBuilt();
    expect(setUp()).toEqual({ status: 0, stderr: '' });
    expect(npmCalls()).toHaveLength(2);
  });

  it('is run by no test of this project', () => {
    const tests = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' });
    const own = fileURLToPath(import.meta.url);
    const running = tests
      .filter((path) => !path.includes('node_modules') && /\.m?ts$/u.test(path))
      .map((path) => join(root, 'test', path))
      .filter((path) => path !== own && readFileSync(path, 'utf8').includes('setup.mjs'));
    expect(running).toEqual([]);
  });
});

function setUp(): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, ['src/cli/setup.mjs'], {
    cwd: repository,
    encoding: 'utf8',
    env: { ...process.env, npm_execpath: join(repository, 'npm-cli.js') },
  });
  return { status, stderr };
}

/** As if a build had come to its end. */
function makeBuilt(): void {
  for (const page of ['src/inspect/viewer', 'docs/playground']) {
    mkdirSync(join(repository, 'dist', page), { recursive: true });
    writeFileSync(join(repository, 'dist', page, 'index.html'), '');
  }
}

function npmCalls(): string[] {
  const file = join(repository, 'npm-calls.txt');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}
