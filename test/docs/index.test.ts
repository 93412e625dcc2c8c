/** Every page of the documentation is found from the index, and leads back to it; no link is dead. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const INDEX = 'docs/README.md';
const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => join('docs', name));

describe('the documentation', () => {
  it('has every page in its index', () => {
    expect(pages.filter((page) => page !== INDEX && !linksOf(INDEX).includes(page))).toEqual([]);
  });

  it('leads back to the index from every page', () => {
    expect(pages.filter((page) => page !== INDEX && !linksOf(page).includes(INDEX))).toEqual([]);
  });

  it('has no dead link', () => {
    const dead = ['README.md', ...pages].flatMap((page) =>
      linksOf(page)
        .filter((target) => !existsSync(join(root, target)))
        .map((target) => `${page}: ${target}`),
    );
    expect(dead).toEqual([]);
  });

  it('has a heading for every link into a page', () => {
    const missing = ['README.md', ...pages].flatMap((page) =>
      anchorsOf(page)
        .filter(({ target, anchor }) => !headingsOf(target).includes(anchor))
        .map(({ target, anchor }) => `${page}: ${target}#${anchor}`),
    );
    expect(missing).toEqual([]);
  });
});

/** Files that a page links to, from the root. */
function linksOf(page: string): string[] {
  return targetsOf(page).map(({ target }) => target);
}

function anchorsOf(page: string): { target: string; anchor: string }[] {
  return targetsOf(page).flatMap(({ target, anchor }) =>
    anchor === undefined ? [] : [{ target, anchor }],
  );
}

function targetsOf(page: string): { target: string; anchor: string | undefined }[] {
  const text = read(page).replaceAll(/```[\s\S]*?```/g, '');
  return Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : relative(root, join(root, dirname(page), path));
      return { target, anchor };
    });
}

/** Anchors as GitHub makes them. */
function headingsOf(page: string): string[] {
  return Array.from(read(page).matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function read(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}
