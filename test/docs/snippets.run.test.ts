/** Where a page of the documentation says what a snippet prints, the snippet prints that. */

import { spawnSync } from 'node:child_process';
import {
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

import ts from 'typescript-5.9';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ensureBuilt } from '../support/built.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const snippets = pages().flatMap(snippetsOf);

let project = '';

beforeAll(() => {
  ensureBuilt();
  project = mkdtempSync(join(tmpdir(), 'snippets-'));
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(root, join(project, 'node_modules', 'stream-reconnect'), 'junction');
  symlinkSync(join(root, 'node_modules', 'xstate'), join(project, 'node_modules', 'xstate'));
}, 300_000);

afterAll(() => {
  if (project !== '') rmSync(project, { recursive: true, force: true });
});

describe('a snippet of the documentation', { timeout: 300_000 }, () => {
  it('is run where the page says what it prints', () => {
    expect(snippets.map(({ page }) => page)).toContain('docs/manager-and-wire.md');
  });

  it.each(snippets)('prints what $page says', ({ code, printed }) => {
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 },
    });
    writeFileSync(join(project, 'snippet.mjs'), outputText);
    const run = spawnSync(process.execPath, ['snippet.mjs'], { cwd: project, encoding: 'utf8' });
    expect(run).toMatchObject({ status: 0, stderr: '', stdout: printed });
  });
});

interface RunSnippet {
  readonly page: string;
  readonly code: string;
  readonly printed: string;
}

function pages(): string[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  return ['README.md', ...docs.map((name) => `docs/${name}`).sort()].filter((path) =>
    path.endsWith('.md'),
  );
}

/** A block of TypeScript, the words `It prints:`, and a block of text. */
function snippetsOf(page: string): RunSnippet[] {
  const text = readFileSync(join(root, page), 'utf8');
  const pairs = text.matchAll(
    /^```ts\n((?:(?!```).*\n)*)```\n+It prints:\n+```text\n([\s\S]*?)^```$/gmu,
  );
  return Array.from(pairs, ([, code = '', printed = '']) => ({ page, code, printed }));
}
