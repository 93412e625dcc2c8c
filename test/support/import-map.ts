/** Which folder of the code imports from which, type imports included. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const root: string = fileURLToPath(new URL('../..', import.meta.url));

export interface ImportMap {
  /** Every folder with its number of files, subfolders left out. */
  readonly folders: ReadonlyMap<string, number>;
  /** `from → to`, each once, without those within a folder. */
  readonly arrows: readonly (readonly [from: string, to: string])[];
}

/** Reads `machines` and `src`. */
export function readImportMap(): ImportMap {
  const files = ['machines', 'src'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.config.ts'))
      .map((name) => posix.join(folder, name)),
  );
  const folders = new Map<string, number>();
  const arrows = new Map<string, readonly [string, string]>();
  for (const file of files) {
    const from = dirname(file);
    folders.set(from, (folders.get(from) ?? 0) + 1);
    for (const [, path = ''] of readFileSync(join(root, file), 'utf8').matchAll(IMPORT)) {
      const to = dirname(posix.join(from, path));
      if (to !== from) arrows.set(`${from} ${to}`, [from, to]);
    }
  }
  return { folders, arrows: [...arrows.values()] };
}

const IMPORT = /\bfrom '(\.[^']+)'/g;

/** The folders of a circle, with those that lead into it; nothing where there is none. */
export function circleIn(arrows: ImportMap['arrows']): string[] {
  let open = [...arrows];
  for (;;) {
    // What imports nothing that is left cannot be part of a circle.
    const importing = new Set(open.map(([from]) => from));
    const next = open.filter(([, to]) => importing.has(to));
    if (next.length === open.length) return [...importing];
    open = next;
  }
}

/** The first two levels, as Mermaid draws them: an arrow means "imports". The core is left out, everything imports it. */
export function drawImportMap({ arrows }: ImportMap): string {
  const rooms = new Map(
    arrows
      .map(([from, to]) => [roomOf(from), roomOf(to)] as const)
      .map((pair) => [pair.join(' '), pair]),
  );
  const lines = [...rooms.values()]
    .filter(([from, to]) => from !== to && to !== 'machines')
    .map(([from, to]) => `  ${nameOf(from)} --> ${nameOf(to)}`);
  return ['flowchart TD', ...lines.toSorted()].join('\n');
}

function roomOf(folder: string): string {
  return folder.split('/').slice(0, 2).join('/');
}

function nameOf(room: string): string {
  return room === 'src' ? 'src' : room.replace('src/', '');
}
