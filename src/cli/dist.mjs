/** The folder `dist`: whether it is up to date, and how it is made. */

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const modules = join(root, 'node_modules');

/** The pages, each with its own Vite configuration. They are built last. */
const pages = [join('src', 'inspect', 'viewer'), join('docs', 'playground')];

/** Returns true if no input of `dist` is newer than its pages. */
export function isBuilt() {
  // They are built in no fixed order: a build that was interrupted is done again.
  const built = pages.map((folder) => join(root, 'dist', folder, 'index.html'));
  const trees = ['src', 'machines', join('docs', 'playground')].flatMap(tree);
  const others = ['tsconfig.json', 'package-lock.json'].map((name) => join(root, name));
  const newest = Math.max(...[...trees, ...others].map(modifiedAt));
  return built.every((page) => existsSync(page) && modifiedAt(page) >= newest);
}

/** Compiles, bundles the parser, builds the pages. Rejects with what the failing command printed. */
export async function build() {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  await run(join(modules, 'typescript', 'bin', 'tsc'), '-p', root);
  // The playground is made of the build, so the parser has to be in it.
  await bundleParser();
  await Promise.all(pages.map(buildPage));
}

/** Replaces the import of the parser by its code, so that the package has no dependency. */
async function bundleParser() {
  const { build: bundle } = await import('vite');
  const file = join(root, 'dist', 'src', 'sources', 'sse', 'event-stream-parser.js');
  const licence = readFileSync(join(modules, 'eventsource-parser', 'LICENSE'), 'utf8').trim();
  await bundle({
    root,
    configFile: false,
    logLevel: 'warn',
    build: {
      lib: { entry: file, formats: ['es'], fileName: () => 'event-stream-parser.js' },
      outDir: dirname(file),
      emptyOutDir: false,
      copyPublicDir: false,
      minify: false,
      target: 'es2022',
      reportCompressedSize: false,
      rolldownOptions: { output: { banner: `/*!\neventsource-parser\n\n${licence}\n*/` } },
    },
  });
}

/** Directories count as well: their date changes when a file is removed. */
function tree(folder) {
  const path = join(root, folder);
  return [path, ...readdirSync(path, { recursive: true }).map((name) => join(path, name))];
}

function modifiedAt(path) {
  return statSync(path).mtimeMs;
}

function buildPage(folder) {
  const config = join(root, folder, 'vite.config.ts');
  return run(join(modules, 'vite', 'bin', 'vite.js'), 'build', '--config', config);
}

/** Runs a Node script, without output unless it fails. */
function run(...args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes) => printed.push(bytes));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${args.join(' ')}\n${Buffer.concat(printed).toString()}`));
    });
  });
}
