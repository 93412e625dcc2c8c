import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../support/built.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('npm start', () => {
  beforeAll(ensureBuilt, 120_000);

  it('survives five faults, loses nothing, doubles nothing, and exits by itself', async () => {
    const startedAt = performance.now();
    const { code, out, err } = await finished(start('--once'));
    expect({ code, err }, out).toEqual({ code: 0, err: '' });
    expect(performance.now() - startedAt).toBeLessThan(30_000);
    expect(out.match(/fault +\d of 5, event \d+: the server .*/gu)).toEqual([
      expect.stringContaining('1 of 5, event 60: the server resets the socket in mid-event'),
      expect.stringContaining('2 of 5, event 251: the server hangs up without the end marker'),
      expect.stringContaining('3 of 5, event 251: the server accepts, then hangs up'),
      expect.stringContaining('4 of 5, event 251: the server answers 503, Retry-After: 1'),
      expect.stringContaining('5 of 5, event 304: the server goes silent on an open socket'),
    ]);
    expect(out.match(/dropped +[\w-]+/gu)?.map((drop) => drop.split(/ +/u)[1])).toEqual([
      'network',
      'eof',
      'eof',
      'stall',
    ]);
    expect(out.match(/^done in .*$/gmu)).toEqual([
      expect.stringMatching(
        /^done in \d+\.\d s: 415 chunks, 5 faults, 4 drops, 3 resumes, 0 lost, 0 duplicated$/u,
      ),
    ]);
    expect(out.trimEnd().split('\n').at(-1)).toMatch(/^done in /u);
  }, 300_000);

  it('writes no control codes where there is no terminal', async () => {
    const child = start();
    const { out } = await interrupted(child, /text/u);
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(out).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/u);
  });

  it('closes everything on SIGINT and exits with 130', async () => {
    const { code, err } = await interrupted(start(), /waiting/u);
    expect({ code, err }).toEqual({ code: 130, err: '' });
  });

  it('explains itself with --help', async () => {
    const { code, out } = await finished(start('--help'));
    expect(code).toBe(0);
    expect(out).toContain('Usage: npm start');
  });

  it('serves the playground without a terminal when asked to, until SIGINT', async () => {
    const child = start('--playground');
    const over = finished(child);
    const url = await printed(child, /http:\S+/u);
    const page = await fetch(url);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<title>')]);
    child.kill('SIGINT');
    const { code, out, err } = await over;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.trim()).toBe(`playground: ${url}   (Ctrl-C ends it)`);
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  it('says why the playground cannot be served', async () => {
    const child = start('--playground');
    const over = finished(child);
    const { port } = new URL(await printed(child, /http:\S+/u));
    const second = await finished(start('--playground', '--port', port));
    expect(second.code).toBe(1);
    expect(second.err).toMatch(/^the playground cannot be served: [^\n]*EADDRINUSE[^\n]*\n$/u);
    child.kill('SIGTERM');
    expect((await over).code).toBe(0);
  });

  it.each([
    ['--port', '65536'],
    ['--port', 'x'],
    ['--once', '--playground'],
  ])('refuses %s %s in one line', async (...args) => {
    const { code, out, err } = await finished(start(...args));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^[^\n]+\(see --help\)\n$/u);
  });

  it('refuses an unknown option in one line', async () => {
    const { code, out, err } = await finished(start('--twice'));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^[^\n]*'--twice'[^\n]*\n$/u);
  });
});

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, ['dist/src/cli/start.js', ...args], { cwd: root });
}

/** The first text of the output that looks so. */
function printed(child: ChildProcess, seen: RegExp): Promise<string> {
  let out = '';
  return new Promise((resolve) => {
    child.stdout?.on('data', (bytes: Buffer) => {
      out += bytes.toString();
      const [found] = seen.exec(out) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
}

interface Finished {
  code: number | null;
  out: string;
  err: string;
}

async function finished(child: ChildProcess): Promise<Finished> {
  let [out, err] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

/** Sends SIGINT as soon as the output shows what is expected. */
function interrupted(child: ChildProcess, seen: RegExp): Promise<Finished> {
  let out = '';
  child.stdout?.on('data', (bytes: Buffer) => {
    const before = seen.test(out);
    out += bytes.toString();
    if (!before && seen.test(out)) child.kill('SIGINT');
  });
  return finished(child);
}
