/** What is packed is what users reach, and the addresses in it lead to what is there. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { beforeAll, describe, expect, it } from 'vitest';

import { ensureBuilt } from '../support/built.js';
import { packedFiles } from '../support/consumer.js';
import { walkPackage } from '../support/package-graph.js';
import type { PackageGraph } from '../support/package-graph.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

let packed: readonly string[] = [];
let reached: PackageGraph;

beforeAll(() => {
  ensureBuilt();
  packed = packedFiles();
  reached = walkPackage();
}, 300_000);

describe('the packed files', () => {
  it('are those that an entry imports, or a page of the documentation links to', () => {
    expect(packed.filter((path) => !reached.files.includes(path))).toEqual([]);
  });

  it('are all that an entry imports, and all that a page links to', () => {
    expect(reached.missing).toEqual([]);
    expect(reached.files.filter((path) => !packed.includes(path))).toEqual([]);
  });

  it('import no package but the peer', () => {
    const others = reached.packages.filter((line) => !/^xstate(\/graph)? ← /u.test(line));
    expect(others).toEqual([]);
    expect(reached.packages).not.toEqual([]);
  });

  it('hold the text of the license of what is bundled, and of what was compiled into it', async () => {
    expect(read('dist/src/sources/sse/event-stream-parser.js')).toContain(
      read('node_modules/eventsource-parser/LICENSE').trim(),
    );
    expect(read('dist/src/inspect/viewer/licenses.md')).toContain('@hpcc-js/wasm-graphviz');
    expect(read('dist/src/inspect/viewer/licenses.md')).toContain('preact');
    const { Graphviz } = await import('@hpcc-js/wasm-graphviz');
    const compiled = `## Graphviz ${(await Graphviz.load()).version()} (EPL-1.0)`;
    expect(read('dist/src/inspect/viewer/licenses-graphviz.md')).toContain(compiled);
  });
});

describe('the addresses in the package', () => {
  // The one place: everything else is made of it.
  const { repository, homepage, bugs } = JSON.parse(read('package.json')) as Addresses;
  const [, owner = '', name = ''] =
    /^git\+https:\/\/github\.com\/([\w-]+)\/([\w-]+)\.git$/u.exec(repository.url) ?? [];

  it('name one repository', () => {
    expect(repository.type).toBe('git');
    expect([owner, name]).not.toContain('');
    expect(homepage).toBe(`https://github.com/${owner}/${name}#readme`);
    expect(bugs).toBe(`https://github.com/${owner}/${name}/issues`);
  });

  it('of images in README work outside of the repository, and lead to a file in it', () => {
    const images = imagesOf(read('README.md'));
    const base = `https://raw.githubusercontent.com/${owner}/${name}/main/`;
    expect(images.filter((address) => !address.startsWith(base))).toEqual([]);
    const paths = images.map((address) => address.slice(base.length));
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(paths).not.toEqual([]);
  });
});

interface Addresses {
  readonly repository: { readonly type: string; readonly url: string };
  readonly homepage: string;
  readonly bugs: string;
}

function imagesOf(markdown: string): string[] {
  const written = markdown.matchAll(/!\[[^\]]*\]\(([^)\s]+)[^)]*\)|<img\b[^>]*\bsrc="([^"]+)"/gu);
  return Array.from(written, ([, a, b]) => a ?? b ?? '');
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
