/** Every transition of the statechart, by paths that the machine itself gives, walked by a running actor. */

import { createActor } from 'xstate';
import { describe, expect, it } from 'vitest';
import { toCheckpoint } from '../../machines/checkpoint.js';
import type { Checkpoint } from '../../machines/checkpoint.js';
import { reconnectMachine } from '../../machines/index.js';
import type { ReconnectInput, ReconnectMachineEvent } from '../../machines/index.js';
import { reconnectModel, virtualClock } from '../../src/testing/index.js';
import { loss } from '../support/reports.js';

const config = { maxAttempts: 2, jitter: 'none', initialBackoffMs: 10 } as const;
const once = {
  name: 'post',
  resume: 'none',
  reopen: 'restarts-work',
  allowRestart: false,
} as const;
const reading = { monotonicMs: 1_000, epochMs: 1_000, random: 0.5 };

const INPUTS: readonly (readonly [string, ReconnectInput])[] = [
  ['a host that drives it', { config }],
  ['a source that runs work once', { config, source: once }],
  [
    'a checkpoint of a stream that waits',
    {
      config,
      checkpoint: checkpointOf([
        { type: 'connect' },
        { type: 'stream.dropped', ...loss('network'), reading },
      ]),
    },
  ],
  [
    'a checkpoint of a stream that is over',
    {
      config,
      checkpoint: checkpointOf([
        { type: 'connect' },
        { type: 'attempt.connected' },
        { type: 'stream.ended', outcome: 'complete' },
      ]),
    },
  ],
];

function checkpointOf(steps: readonly ReconnectMachineEvent[]): Checkpoint {
  const actor = createActor(reconnectMachine, { input: { config }, clock: virtualClock() });
  actor.start();
  for (const step of steps) actor.send(step);
  const { value, context } = actor.getSnapshot();
  return toCheckpoint(value, context);
}

describe('the statechart', () => {
  const model = reconnectModel();
  const taken = new Set<string>();

  it.each(INPUTS)(
    'does on a running actor what the graph of it says, for %s',
    { timeout: 300_000 },
    async (_, input) => {
      const paths = model.paths(input);
      expect(paths.length).toBeGreaterThan(20);
      for (const path of paths) {
        const { states, transitions } = await model.walk(path, input);
        for (const transition of transitions) taken.add(transition);
        const way = path.steps.map(({ type }) => type).join();
        expect([way, states.at(-1)]).toEqual([way, path.state]);
      }
    },
  );

  it('is walked with the delays of a machine that extends ours', async () => {
    const slow = reconnectModel({
      machine: reconnectMachine.provide({ delays: { backoff: 60_000 } }),
    });
    const waits = slow.paths().filter(({ steps }) => steps.at(-1)?.type.startsWith('xstate.after'));
    expect(waits.length).toBeGreaterThan(0);
    for (const path of waits) {
      const { states } = await slow.walk(path);
      expect(states.at(-1)).toBe(path.state);
    }
  });

  it('has no transition that these paths leave out', () => {
    expect(model.transitions.length).toBeGreaterThan(55);
    expect(model.transitions.filter((transition) => !taken.has(transition))).toEqual([]);
  });

  it(
    'comes to each of its states by simple paths, and to its end from each',
    { timeout: 300_000 },
    async () => {
      const paths = model.simplePaths({ config });
      const seen = new Set<string>(['idle']);
      for (const path of paths) {
        const { states } = await model.walk(path, { config });
        for (const state of states) seen.add(state);
        expect(states.at(-1) ?? 'idle').toBe(path.state);
      }
      expect([...seen].sort()).toEqual([
        'closed',
        'connected',
        'connecting',
        'failed',
        'idle',
        'paused',
        'waiting',
      ]);
      expect(paths.length).toBeGreaterThan(30);
    },
  );
});
