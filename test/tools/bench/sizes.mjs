/**
 * What each entry costs a page: bundled by esbuild from the built package, minified, then gzip. Prints a table; with
 * `--write` the README is given the table of now.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';

const { values: flags } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const root = fileURLToPath(new URL('../../..', import.meta.url));
const readme = `${root}README.md`;
const [BEGIN, END] = ['<!-- sizes: made by npm run sizes -->\n', '<!-- /sizes -->'];

/** What a page imports, and how the README calls it. */
const IMPORTS = [
  ['`reconnectStream` with `sse()`', { index: 'reconnectStream', sources: 'sse' }],
  ['`reconnectStream` with `webSocket()`', { index: 'reconnectStream', sources: 'webSocket' }],
  [
    '`reconnectStream` with `openaiResponses()`',
    { index: 'reconnectStream', sources: 'openaiResponses' },
  ],
  ['`createReconnectManager`', { index: 'createReconnectManager' }],
];

/** @type {string[][]} */
const rows = [];
for (const [title, names] of IMPORTS) {
  const own = await sizeOf(names, ['xstate']);
  const whole = await sizeOf(names, []);
  rows.push([title, kilobytes(own), kilobytes(whole)]);
}
/** @type {string[][]} */
const lines = [['a page that imports', 'ours', 'with xstate'], ['---', '---', '---'], ...rows];
const table = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
console.log(table);
if (flags.write) {
  const text = readFileSync(readme, 'utf8');
  const from = text.indexOf(BEGIN) + BEGIN.length;
  const note = 'Minified and compressed by gzip, in KB of 1,000 bytes (`npm run sizes`, esbuild).';
  writeFileSync(
    readme,
    `${text.slice(0, from)}\n${table}\n\n${note}\n\n${text.slice(text.indexOf(END))}`,
  );
}

async function sizeOf(names, external) {
  const contents = Object.entries(names)
    .map(
      ([entry, name]) =>
        `export { ${name} } from './dist/src/${entry === 'index' ? 'index' : `${entry}/index`}.js';`,
    )
    .join('\n');
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
    external,
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

function kilobytes(bytes) {
  return `${(bytes / 1_000).toFixed(1)} KB`;
}
