/** A project that uses the package from its tarball: files only, nothing is downloaded. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root: string = fileURLToPath(new URL('../..', import.meta.url));

export interface Tarball {
  readonly file: string;
  /** Paths inside the package. */
  readonly files: readonly string[];
  remove(): void;
}

/** Packs what is in `dist` now. */
export function pack(): Tarball {
  const folder = mkdtempSync(join(tmpdir(), 'packed-'));
  const { filename, files } = npmPack('--pack-destination', folder);
  return {
    file: join(folder, filename),
    files: files.map(({ path }) => path),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Paths inside the package that `npm pack` would make. */
export function packedFiles(): readonly string[] {
  return npmPack('--dry-run').files.map(({ path }) => path);
}

function npmPack(...options: readonly string[]): Packed {
  const npm = process.env['npm_execpath'];
  const args = ['pack', '--json', '--offline', '--ignore-scripts', ...options];
  const answer = npm?.endsWith('npm-cli.js')
    ? run(root, process.execPath, npm, ...args)
    : run(root, 'npm', ...args);
  const [packed] = Object.values(JSON.parse(answer) as Record<string, Packed>);
  return packed!;
}

export interface Consumer {
  readonly folder: string;
  /** Runs Node in the folder of the project and gives what it printed. */
  node(...args: string[]): string;
  /**
   * Compiles the project and gives the errors, but for those inside the declarations of xstate:
   * they do not compile under `exactOptionalPropertyTypes`, with or without this package.
   *
   * @param typescript the folder under `node_modules` that holds the compiler.
   */
  compile(typescript: string): readonly string[];
  remove(): void;
}

/**
 * Unpacks the tarball into a new project, beside the one package it needs.
 *
 * @param xstate the folder under `node_modules` that stands for xstate.
 */
export function createConsumer(tarball: Tarball, xstate: string, files: Files): Consumer {
  const folder = mkdtempSync(join(tmpdir(), 'consumer-'));
  const modules = join(folder, 'node_modules');
  const own = join(modules, 'stream-reconnect');
  mkdirSync(own, { recursive: true });
  run(folder, 'tar', '-xzf', tarball.file, '-C', own, '--strip-components=1');
  symlinkSync(join(root, 'node_modules', xstate), join(modules, 'xstate'), 'junction');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return {
    folder,
    node: (...args) => run(folder, process.execPath, ...args),
    compile: (typescript) => {
      const tsc = join(root, 'node_modules', typescript, 'bin', 'tsc');
      const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', '.'], {
        cwd: folder,
        encoding: 'utf8',
      });
      const errors = stdout.split('\n').filter((line) => /^\S.*error TS\d+/u.test(line));
      if (status !== 0 && errors.length === 0) throw new Error(`tsc broke: ${stdout}${stderr}`);
      return errors.filter((line) => !/node_modules\/xstate(-lowest)?\//u.test(line));
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

type Files = Readonly<Record<string, string>>;

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

function run(cwd: string, command: string, ...args: readonly string[]): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed\n${stdout}${stderr}`, { cause: error });
  }
}
