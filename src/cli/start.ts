/** `npm start`: shows what the package does with a local server that fails five times; then serves the playground. */

import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';

import { cleanLine } from './terminal/clean.js';
import { runDemo } from './demo/demo.js';
import { createLogView } from './terminal/log-view.js';
import { servePlayground } from './playground/serve.js';
import { createTerminalView } from './terminal/terminal-view.js';
import type { View } from './terminal/view.js';

const HELP = `Usage: npm start [-- options]

Streams one answer from a local server that fails in five ways, and counts what arrives. On a
terminal it then serves the playground: a page where you break the line yourself. Ctrl-C ends it.
Exit code 0: everything, once and in order. 1: not so. 2: wrong usage. 130: interrupted.

  --once        run once and exit, without the playground
  --playground  serve the playground only, on a terminal or not
  --port N      where the playground is served (default: a free port)
  --help        print this text

NO_COLOR=1 turns colours off. Without a terminal the output is plain lines, and nothing is served.
`;

interface Wish {
  readonly runs: boolean;
  readonly serves: boolean;
  readonly port: number;
}

const wish = readArguments();
if (wish === 'help') process.stdout.write(HELP);
if (typeof wish === 'object') await fulfil(wish);

function readArguments(): Wish | 'help' | 'nothing' {
  try {
    const { values } = parseArgs({
      options: {
        once: { type: 'boolean' },
        playground: { type: 'boolean' },
        port: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help === true) return 'help';
    const isOnly = values.playground === true;
    if (isOnly && values.once === true) throw new Error('--once leaves the playground out');
    return {
      runs: !isOnly,
      serves: isOnly || (values.once !== true && process.stdout.isTTY),
      port: portOf(values.port),
    };
  } catch (error) {
    process.stderr.write(`${oneLine(error)} (see --help)\n`);
    process.exitCode = 2;
    return 'nothing';
  }
}

function portOf(text: string | undefined): number {
  if (text === undefined) return 0;
  if (/^\d{1,5}$/u.test(text) && Number(text) <= 65_535) return Number(text);
  throw new Error(`--port takes a number from 0 to 65535, not ${text}`);
}

async function fulfil({ runs, serves, port }: Wish): Promise<void> {
  if (runs && !(await run())) return;
  if (!serves) return;
  try {
    await servePlayground({ port, write: (text) => process.stdout.write(text) });
  } catch (error) {
    process.stderr.write(`the playground cannot be served: ${oneLine(error)}\n`);
    process.exitCode = 1;
  }
}

/** Returns true if the demo ran to its end, whatever the result. */
async function run(): Promise<boolean> {
  const now = (): number => performance.now();
  const view = chooseView(now);
  const abort = new AbortController();
  const stop = (exitCode: number): void => {
    process.exitCode = exitCode;
    view.close();
    abort.abort();
  };
  const onSigint = (): void => stop(130);
  const onSigterm = (): void => stop(143);
  // Only once: a second signal ends the process at once.
  process.once('SIGINT', onSigint).once('SIGTERM', onSigterm).once('exit', view.close);
  // The reader of a pipe may leave early, as `head` does.
  process.stdout.on('error', () => stop(1));
  try {
    const whole = await runDemo({ view, signal: abort.signal, now });
    if (abort.signal.aborted) return false;
    process.exitCode = whole ? 0 : 1;
    return true;
  } catch (error) {
    view.close();
    process.stderr.write(`the demo broke: ${oneLine(error)}\n`);
    process.exitCode = 1;
    return false;
  } finally {
    process.off('SIGINT', onSigint).off('SIGTERM', onSigterm);
    view.close();
  }
}

function chooseView(now: () => number): View {
  const { stdout, env } = process;
  const write = (text: string): void => void stdout.write(text);
  if (!stdout.isTTY || env['TERM'] === 'dumb') return createLogView({ write, now });
  const colours = (env['NO_COLOR'] ?? '') === '';
  return createTerminalView({ write, now, colours, columns: () => stdout.columns });
}

function oneLine(error: unknown): string {
  return cleanLine(error instanceof Error ? error.message : String(error));
}
