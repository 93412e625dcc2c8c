/** What users of the package can reach in it: from the entries by imports, from README by links. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript-5.9';

/** A page, and the licenses of what is bundled with it. */
const VIEWER = ['index.html', 'licenses.md', 'licenses-graphviz.md'];

const root: string = fileURLToPath(new URL('../..', import.meta.url));

export interface PackageGraph {
  /** Paths of all files that are reached, from the root of the package. */
  readonly files: readonly string[];
  /** What is imported by name from other packages, without Node's own modules: `name ← importing file`. */
  readonly packages: readonly string[];
  /** `missing file ← file that leads to it`. */
  readonly missing: readonly string[];
}

export interface Manifest {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/** Follows every import, asset and link, in the folder of a built clone or of an installed package. */
export function walkPackage(folder: string = root): PackageGraph {
  const { exports } = JSON.parse(read(folder, 'package.json')) as Manifest;
  const entries = Object.values(exports).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target),
  );
  const files = new Set<string>();
  const packages = new Set<string>();
  const missing = new Set<string>();
  // The first are there for people and registries.
  const open = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', ...entries].map(
    (path): [path: string, from: string] => [posix.normalize(path), 'package.json'],
  );
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [path, from] = next;
    if (files.has(path)) continue;
    if (!existsSync(join(folder, path)) || !statSync(join(folder, path)).isFile()) {
      missing.add(`${path} ← ${from}`);
      continue;
    }
    files.add(path);
    for (const target of targetsOf(folder, path)) {
      if (target.startsWith('.')) open.push([posix.join(dirname(path), target), path]);
      else if (!target.startsWith('node:')) packages.add(`${target} ← ${path}`);
    }
  }
  return { files: sorted(files), packages: sorted(packages), missing: sorted(missing) };
}

/** Paths that begin with a dot, relative to the file; anything else is the name of a package. */
function targetsOf(folder: string, path: string): string[] {
  const text = read(folder, path);
  if (path.endsWith('.d.ts')) return [...importsOf(text).map(toDeclaration), besides(path, '.js')];
  if (path.endsWith('.js')) {
    const declaration = besides(path, '.d.ts');
    const isCompiled = existsSync(join(folder, dirname(path), declaration));
    return [...importsOf(text), ...assetsOf(text), ...(isCompiled ? [declaration] : [])];
  }
  if (path.endsWith('.html')) return pageAssetsOf(text);
  if (path.endsWith('.md')) return linksOf(text);
  return [];
}

function importsOf(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
}

function toDeclaration(specifier: string): string {
  return specifier.startsWith('.') ? specifier.replace(/\.js$/u, '.d.ts') : specifier;
}

/** A module is its code and its declaration: who imports one of them has both. */
function besides(path: string, extension: string): string {
  return `./${posix.basename(path).replace(/(\.d\.ts|\.js)$/u, extension)}`;
}

/** `new URL('…', import.meta.url)`; a folder stands for its page and for the notices of what is bundled there. */
function assetsOf(text: string): string[] {
  const urls = text.matchAll(/new URL\(\s*(['"`])([^'"`]+)\1\s*,\s*import\.meta\.url\s*\)/gu);
  return Array.from(urls, ([, , target = '']) => target).flatMap((target) =>
    target.endsWith('/') ? VIEWER.map((file) => target + file) : [target],
  );
}

function pageAssetsOf(text: string): string[] {
  const places = text.matchAll(/\b(?:src|href)="([^"]+)"/gu);
  return Array.from(places, ([, target = '']) => target).filter((target) => target.startsWith('.'));
}

/** Links to other pages of the documentation. Images are shown where the repository is. */
function linksOf(text: string): string[] {
  const links = text.matchAll(/(?<!!)\]\(([^)\s#]+\.md)(?:#[^)]*)?\)/gu);
  return Array.from(links, ([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/u.test(target))
    .map((target) => (target.startsWith('.') ? target : `./${target}`));
}

function read(folder: string, path: string): string {
  return readFileSync(join(folder, path), 'utf8');
}

function sorted(values: Iterable<string>): string[] {
  return [...values].toSorted();
}
