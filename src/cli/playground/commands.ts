/** The commands of the page to its server. */

import { randomBytes } from 'node:crypto';

import { answerOf, SAMPLES } from './answer.js';
import type { AnswerServer } from './answer-server.js';
import { Refusal } from './guard.js';
import { FAULTS, startRun } from './run.js';
import type { Run } from './run.js';

/** Number of responses that are kept: a new one replaces the oldest. */
const MAX_RUNS = 16;

/** The range of the time between two records, in ms. */
const PACE_MS = { min: 1, max: 1000 } as const;

export interface Commands {
  /** Carries out the command in the body; the result is sent as JSON. @throws Refusal */
  run(name: string, body: Readonly<Record<string, unknown>>): Promise<object>;
}

export function createCommands(runs: Map<string, Run>, server: AnswerServer): Commands {
  return { run: carryOut };

  async function carryOut(name: string, body: Readonly<Record<string, unknown>>): Promise<object> {
    switch (name) {
      case 'start':
        return start(body);
      case 'log':
        return log(body);
      case 'fault':
        return known(body).injectFault(oneOf('fault', body['fault'], FAULTS));
      case 'pace':
        known(body).setPace(paceOf(body));
        return { done: true };
      case 'cancel':
        known(body).cancel();
        return { done: true };
      case 'kill':
        await server.kill();
        return { up: server.isUp };
      case 'restart':
        await restart();
        return { up: server.isUp };
      default:
        throw new Refusal(404, 'there is no such command');
    }
  }

  function start(body: Readonly<Record<string, unknown>>): object {
    const sample = oneOf('sample', body['sample'], SAMPLES);
    const paceMs = paceOf(body);
    for (const [oldest, old] of runs) {
      if (runs.size < MAX_RUNS) break;
      old.close();
      runs.delete(oldest);
    }
    const id = randomBytes(12).toString('base64url');
    const run = startRun(answerOf(sample), paceMs);
    runs.set(id, run);
    return { run: id, of: run.of };
  }

  /** Returns what the server has written, which the page compares with what it received. */
  function log(body: Readonly<Record<string, unknown>>): object {
    const run = known(body);
    const after = wholeNumber('after', body['after'], 0, run.of);
    const { status, of } = run;
    return { status, of, up: server.isUp, records: run.recordsAfter(after) };
  }

  function known(body: Readonly<Record<string, unknown>>): Run {
    const run = typeof body['run'] === 'string' ? runs.get(body['run']) : undefined;
    if (run === undefined) throw new Refusal(404, 'there is no such answer: start a new one');
    return run;
  }

  async function restart(): Promise<void> {
    try {
      await server.restart();
    } catch {
      throw new Refusal(409, 'the port was taken meanwhile: try again');
    }
  }
}

function paceOf(body: Readonly<Record<string, unknown>>): number {
  return wholeNumber('paceMs', body['paceMs'], PACE_MS.min, PACE_MS.max);
}

function oneOf<T extends string>(name: string, value: unknown, words: readonly T[]): T {
  const word = words.find((each) => each === value);
  if (word === undefined) throw new Refusal(400, `${name} must be one of: ${words.join(', ')}`);
  return word;
}

function wholeNumber(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    throw new Refusal(400, `${name} must be a whole number from ${min} to ${max}`);
  return value;
}
