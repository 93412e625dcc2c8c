/** `npm start`: shows on a local server, which misbehaves, what the package does. */

import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';

import { cleanLine } from './clean.js';
import { runDemo } from './demo.js';
import { createLogView } from './log-view.js';
import { createTerminalView } from './terminal-view.js';
import type { View } from './view.js';

const HELP = `Usage: npm start [-- options]

Streams one answer from a local server that fails in five ways, and counts what arrives.
Exit code 0: everything, once and in order. 1: not so. 2: wrong usage. 130: interrupted.

  --once   run once and exit (what happens without it as well)
  --help   print this text

NO_COLOR=1 turns colours off. Without a terminal the output is plain lines.
`;

const wish = readArguments();
if (wish === 'help') process.stdout.write(HELP);
if (wish === 'run') await run();

function readArguments(): 'run' | 'help' | 'nothing' {
  try {
    const { values } = parseArgs({
      options: { once: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
    return values.help === true ? 'help' : 'run';
  } catch (error) {
    process.stderr.write(`${oneLine(error)} (see --help)\n`);
    process.exitCode = 2;
    return 'nothing';
  }
}

async function run(): Promise<void> {
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
  // Once: whoever asks a second time gets what the system does without us.
  process.once('SIGINT', onSigint).once('SIGTERM', onSigterm).once('exit', view.close);
  // The reader of a pipe may leave early, as `head` does.
  process.stdout.on('error', () => stop(1));
  try {
    const whole = await runDemo({ view, signal: abort.signal, now });
    if (!abort.signal.aborted) process.exitCode = whole ? 0 : 1;
  } catch (error) {
    view.close();
    process.stderr.write(`the demo broke: ${oneLine(error)}\n`);
    process.exitCode = 1;
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
