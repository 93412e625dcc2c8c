/** Every TypeScript snippet in the documentation, and every `@example`, compiles against the built package. */

import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const examples = sourceFiles().flatMap(examplesOf);
const snippets = [...documents().flatMap(snippetsOf), ...examples];
const entries = packageEntries();

let folder = '';
let complaints: string[] = [];

beforeAll(async () => {
  folder = await makeConsumer();
  complaints = [...(await compile('snippets.json')), ...(await compile('entries.json'))];
}, 300_000);

afterAll(async () => {
  if (folder !== '') await rm(folder, { recursive: true, force: true });
});

describe('the documentation', () => {
  it.each(snippets)('compiles: $place', ({ file }) => {
    expect(about(file)).toEqual([]);
  });

  it('has no snippet in a dialect that nobody compiles', () => {
    const untested = documents().filter((path) => /^\s*```(typescript|tsx)\b/m.test(read(path)));
    expect(untested).toEqual([]);
  });
});

describe('an `@example` of a docstring', () => {
  it('is compiled above, as what users paste: each is a module that imports what it needs', () => {
    expect(examples.length).toBeGreaterThan(10);
    const without = examples.filter(({ code }) => !/from 'stream-reconnect[/a-z-]*';/u.test(code));
    expect(without.map(({ place }) => place)).toEqual([]);
  });
});

describe('the public types', () => {
  it('compile in a project without the types of Node', () => {
    expect(complaints.filter((text) => !isAboutSnippet(text) && !isAboutPeer(text))).toEqual([]);
  });
});

interface Snippet {
  /** Where it stands, as `docs/guide.md:12`. */
  readonly place: string;
  readonly file: string;
  readonly code: string;
}

interface Entry {
  readonly name: string;
  readonly file: string;
}

function documents(): string[] {
  const docs = existsSync(join(root, 'docs'))
    ? readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    : [];
  const paths = ['README.md', ...docs.map((name) => join('docs', name)).sort()];
  return paths.filter((path) => path.endsWith('.md') && existsSync(join(root, path)));
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** A snippet may be indented, as inside a list. */
function snippetsOf(path: string): Snippet[] {
  const text = read(path).replaceAll('\r\n', '\n');
  const fences = text.matchAll(/^([ \t]*)```ts\b[^\n]*\n([\s\S]*?)^[ \t]*```[ \t]*$/gm);
  return Array.from(fences, ({ index, 2: code = '' }) => {
    const line = text.slice(0, index).split('\n').length;
    const file = `${path.replace(/\.md$/, '').replaceAll(/\W+/g, '-')}-${line}.ts`;
    return { place: `${path.split(sep).join('/')}:${line}`, file, code };
  });
}

function sourceFiles(): string[] {
  const found = ['src', 'machines'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(folder, name),
    ),
  );
  return found.filter((path) => /\.tsx?$/u.test(path)).sort();
}

/** An example goes to the next tag, or to the end of its comment. Its fence is for editors. */
function examplesOf(path: string): Snippet[] {
  const text = read(path).replaceAll('\r\n', '\n');
  return Array.from(text.matchAll(/\/\*\*[\s\S]*?\*\//gu), ({ index, 0: comment }) => {
    const lines = comment.replaceAll(/^[ \t]*(?:\/\*\*|\*\/|\*) ?/gmu, '');
    const written = lines.matchAll(/^@example\b([\s\S]*?)(?=^@|(?![\s\S]))/gmu);
    return Array.from(written, ({ index: at, 1: example = '' }): Snippet => {
      const line = (text.slice(0, index) + lines.slice(0, at)).split('\n').length;
      const code = /```ts\n([\s\S]*?)```/u.exec(example)?.[1] ?? example;
      const file = `${path.replace(/\.tsx?$/u, '').replaceAll(/\W+/gu, '-')}-example-${line}.ts`;
      return { place: `${path.split(sep).join('/')}:${line}`, file, code };
    });
  }).flat();
}

function packageEntries(): Entry[] {
  const { exports } = JSON.parse(read('package.json')) as { exports: Record<string, unknown> };
  return Object.keys(exports)
    .filter((name) => !name.endsWith('.json'))
    .map((name) => ({
      name: name.replace('.', 'stream-reconnect'),
      file: `entry${name.replaceAll(/\W+/g, '-')}.ts`,
    }));
}

/**
 * A project that has installed the package. It lies in `node_modules`, so that it finds the peers,
 * and reaches the package by a link, so that the `exports` of package.json are what it sees.
 */
async function makeConsumer(): Promise<string> {
  const cache = join(root, 'node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  const home = await mkdtemp(join(cache, 'snippets-'));
  await mkdir(join(home, 'node_modules'));
  await symlink(root, join(home, 'node_modules', 'stream-reconnect'), 'junction');
  const files = [
    ['package.json', JSON.stringify({ type: 'module' })],
    ['snippets.json', project(snippets, { types: ['node'], skipLibCheck: true })],
    ['entries.json', project(entries, { types: [], skipLibCheck: false })],
    ...snippets.map(({ file, code }) => [file, `${code}\nexport {};\n`]),
    ...entries.map(({ file, name }) => [file, `export * from '${name}';\n`]),
  ] as const;
  await Promise.all(files.map(([name = '', text = '']) => writeFile(join(home, name), text)));
  return home;
}

function project(files: readonly { file: string }[], options: object): string {
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    lib: ['ES2023', 'ESNext.Disposable', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    ...options,
  };
  return JSON.stringify({ compilerOptions, files: files.map(({ file }) => file) });
}

/** What the compiler complains about, each text beginning with the file that it is about. */
async function compile(config: string): Promise<string[]> {
  const { files } = JSON.parse(readFileSync(join(folder, config), 'utf8')) as { files: string[] };
  if (files.length === 0) return [];
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const output = await new Promise<string>((resolve) => {
    const args = [tsc, '-p', config, '--pretty', 'false'];
    execFile(process.execPath, args, { cwd: folder }, (error, stdout, stderr) => {
      resolve(error && stdout === '' ? `${stderr}${error.message}` : stdout);
    });
  });
  // Indented lines go on with the complaint above them.
  return output.split(/\n(?! )/).filter((text) => text.trim() !== '');
}

function about(file: string): string[] {
  return complaints.filter((text) => text.startsWith(`${file}(`));
}

function isAboutSnippet(text: string): boolean {
  return snippets.some(({ file }) => text.startsWith(`${file}(`));
}

/** XState's own types do not compile with every strict option; that is not ours to prove. */
function isAboutPeer(text: string): boolean {
  return /^(\.\.\/)+(node_modules\/)?xstate\//.test(text);
}
