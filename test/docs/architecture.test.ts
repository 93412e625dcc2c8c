/** The folders are layers: arrows point down, there is no circle, and docs/architecture.md shows them as they are. */

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

import { documented, UPDATE } from '../support/documented.js';
import { circleIn, drawImportMap, readImportMap } from '../support/import-map.js';

const FILE = 'architecture.md';
const MOST_FILES = 14;

const map = readImportMap();

it('has no circle of folders', () => {
  expect(circleIn(map.arrows)).toEqual([]);
});

it('would see a circle', () => {
  const [first] = map.arrows;
  if (first === undefined) throw new Error('no folder imports another one');
  expect(circleIn([...map.arrows, [first[1], first[0]]])).toEqual(
    expect.arrayContaining([...first]),
  );
});

it('keeps the folders of src small enough to be read at a glance', () => {
  const large = [...map.folders].filter(
    ([folder, files]) => folder.startsWith('src') && files > MOST_FILES,
  );
  expect(large).toEqual([]);
});

it('is drawn as it is', () => {
  const block = `\`\`\`mermaid\n${drawImportMap(map)}\n\`\`\``;
  expect(documented(FILE, 'map', block), UPDATE).toBe(block);
});

it('has a line for every folder', () => {
  const text = readFileSync(new URL(`../../docs/${FILE}`, import.meta.url), 'utf8');
  const missing = [...map.folders.keys()].filter((folder) => !text.includes(`| \`${folder}/\` |`));
  expect(missing).toEqual([]);
});
