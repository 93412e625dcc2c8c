/** Builds the viewer into `dist/src/inspect/viewer`, beside the output of the compiler. */

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));

export default defineConfig({
  root,
  base: './',
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: fileURLToPath(new URL('../../../dist/src/inspect/viewer', import.meta.url)),
    emptyOutDir: false,
    target: 'es2022',
    modulePreload: false,
    // The licenses of bundled packages require their notices.
    license: { fileName: 'licenses.md' },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1024,
    rolldownOptions: {
      output: {
        // The server sends files of these names, and no others.
        entryFileNames: 'viewer.js',
        chunkFileNames: '[name].js',
        assetFileNames: 'viewer[extname]',
      },
    },
  },
});
