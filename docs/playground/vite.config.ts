/** Builds the page of the playground from the package's own build, and draws the statechart. */

import { fileURLToPath } from 'node:url';

import { Graphviz } from '@hpcc-js/wasm-graphviz';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';

import { reconnectMachine } from '../../dist/machines/index.js';
import { toDot } from '../../dist/src/inspect/viewer/model/dot.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));

export default defineConfig({
  root: here,
  base: './',
  logLevel: 'warn',
  plugins: [statechart()],
  resolve: {
    alias: [
      { find: /^stream-reconnect$/u, replacement: `${root}dist/src/index.js` },
      { find: /^stream-reconnect\/sources$/u, replacement: `${root}dist/src/sources/index.js` },
    ],
  },
  build: {
    outDir: `${root}dist/docs/playground`,
    emptyOutDir: true,
    // No inline script in the HTML: the content security policy forbids it.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
});

/** Leaves out the reports of a host that connects by itself, which the page has not. */
const shows = ({ event }: { readonly event: string }): boolean => !event.startsWith('attempt.');

/** `virtual:statechart` is the chart as SVG: the machine cannot change after the build, so its layout cannot either. */
function statechart(): Plugin {
  const name = 'virtual:statechart';
  return {
    name: 'statechart',
    resolveId: (id) => (id === name ? `\0${name}` : null),
    async load(id) {
      if (id !== `\0${name}`) return null;
      const graphviz = await Graphviz.load();
      const svg = graphviz.dot(toDot(reconnectMachine.definition, { shows }));
      // What comes before the element is for files; what has a name would be shown as a tooltip.
      const element = svg.slice(svg.indexOf('<svg')).replaceAll(/<title>[^<]*<\/title>/gu, '');
      return `export const statechartSvg = ${JSON.stringify(element)};`;
    },
  };
}
