/** What docs/CONTRIBUTING.md and docs/architecture.md say of the tree is true of it. */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import * as sources from '../../src/sources/index.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe.each(['docs/CONTRIBUTING.md', 'docs/architecture.md'])('%s', (page) => {
  it('names only files and folders that exist', () => {
    const named = Array.from(
      read(page).matchAll(/`((?:\.ci|\.changeset|docs|machines|src|test)\/[\w./-]*)`/g),
      ([, path = '']) => path,
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !existsSync(root + path))).toEqual([]);
  });
});

describe('docs/architecture.md', () => {
  it('names only files that exist in its routes', () => {
    const [, routes = ''] = read('docs/architecture.md').split('## Routes\n');
    const named = Array.from(routes.matchAll(/`([\w-]+\/[\w./-]+\.ts)`/g), ([, path = '']) => path);
    expect(named.length).toBeGreaterThan(8);
    const missing = named.filter((path) => !existsSync(`${root}src/${path}`));
    expect(missing.filter((path) => !existsSync(root + path))).toEqual([]);
  });
});

describe('package.json', () => {
  it('has every command that docs/CONTRIBUTING.md names', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = Array.from(
      read('docs/CONTRIBUTING.md').matchAll(/`npm run ([\w:]+)`/g),
      ([, name = '']) => name,
    );
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

/** Where every source is listed, as docs/CONTRIBUTING.md says. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  'the README': ['README.md'],
  'the index': ['docs/README.md'],
  'the page of the sources': ['docs/sources.md'],
  'the polling floor': ['test/sources/polling-floor.test.ts'],
  'careless code': [
    'test/junk/http-sources.ts',
    'test/junk/iterable-source.ts',
    'test/junk/socket-source.ts',
  ],
  'hostile peers': ['test/tools/hostile/cases.mjs'],
};

/** It has no peer of its own: it joins a source that is listed to a list. */
const JOINED = 'liveWithHistory';

describe('every source', () => {
  it.each(Object.keys(LISTS))('is listed in %s', (list) => {
    const text = (LISTS[list] ?? []).map(read).join('\n');
    const missing = Object.keys(sources).filter((name) => !new RegExp(`\\b${name}\\b`).test(text));
    expect(missing).toEqual(list === 'careless code' ? [JOINED] : []);
  });

  it('has a page with a snippet, its options and what goes wrong', () => {
    const pages = Object.keys(sources).map((name) => `docs/sources/${fileOf(name)}.md`);
    expect(pages.filter((page) => !existsSync(root + page))).toEqual([]);
    const incomplete = pages.filter((page) => {
      const text = read(page);
      const isOptionsShared = text.includes('It has the options of [');
      const hasOptions = isOptionsShared || text.includes('| option | default | what it does |');
      return !hasOptions || !text.includes('```ts\n') || !text.includes('## What goes wrong\n');
    });
    expect(incomplete).toEqual([]);
  });
});

/** `openaiChat` is described in `openai-chat.md`. */
function fileOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function read(path: string): string {
  return readFileSync(root + path, 'utf8');
}
