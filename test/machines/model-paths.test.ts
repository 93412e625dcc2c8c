/** Every transition of the statechart, by paths that the machine itself gives, replayed on a running actor. */

import { createActor, fromCallback, fromPromise } from 'xstate';
import type {
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyStateNode,
  AnyTransitionDefinition,
} from 'xstate';
import { getAdjacencyMap, getShortestPaths, getSimplePaths } from 'xstate/graph';
import type { StatePath } from 'xstate/graph';
import { describe, expect, it } from 'vitest';
import { toCheckpoint } from '../../machines/checkpoint.js';
import type { Checkpoint } from '../../machines/checkpoint.js';
import { reconnectMachine } from '../../machines/index.js';
import type {
  ReconnectContext,
  ReconnectInput,
  ReconnectMachineEvent,
} from '../../machines/index.js';
import { virtualClock } from '../../src/testing/index.js';
import { ledger, loss } from '../support/reports.js';

/** What the actor does by itself, as the graph sees it: the wait is over, a child is done or broken. */
type Internal =
  | { type: 'xstate.after.backoff.reconnect.waiting' }
  | { type: 'xstate.done.actor.open'; actorId: 'open'; output: { connection: number } }
  | { type: 'xstate.error.actor.open'; actorId: 'open'; error: unknown }
  | { type: 'xstate.error.actor.reader'; actorId: 'reader'; error: unknown };

type Step = ReconnectMachineEvent | Internal;

const moment = { now: 1_000, date: 1_000, draw: 0.5 };
const streamState = ledger({ chunksReceived: 3, cursor: 'c3' });
const fatal = {
  failure: { error: { kind: 'http', message: 'gone', status: 404 }, fatal: true },
} as const;

/** One event of each kind, and of each kind that a guard tells apart. */
const STEPS: readonly Step[] = [
  { type: 'connect' },
  { type: 'retryNow' },
  { type: 'pause' },
  { type: 'pause', reason: 'page' },
  { type: 'resume' },
  { type: 'resume', reason: 'page' },
  { type: 'close' },
  { type: 'cancel', reason: 'no more' },
  { type: 'reset' },
  { type: 'attempt.start', delayMs: 50 },
  { type: 'attempt.connecting' },
  { type: 'attempt.connected' },
  { type: 'attempt.failed', error: 'the host gives up' },
  { type: 'stream.dropped', ...loss('network'), moment },
  { type: 'stream.dropped', ...loss('network') },
  { type: 'stream.dropped', ...fatal, moment },
  { type: 'stream.dropped', ...loss('eof'), moment, proven: true, ledger: streamState },
  { type: 'stream.dropped', ...loss('network'), moment, connection: -1 },
  { type: 'stream.ended', outcome: 'complete' },
  { type: 'stream.ended', outcome: 'complete', connection: -1 },
  { type: 'stream.stopped', command: { type: 'pause' } },
  { type: 'stream.stopped', command: { type: 'retryNow' } },
  { type: 'stream.stopped', command: { type: 'close' } },
  { type: 'stream.stopped', command: { type: 'close' }, connection: -1 },
  { type: 'stream.progress', ledger: streamState },
  { type: 'stream.progress', ledger: streamState, connection: -1 },
  { type: 'stream.toolCall', id: 'a', name: 'f', status: 'streaming', ledger: streamState },
  { type: 'stream.reset', scope: 'pending', why: 'why' },
  { type: 'stream.replayed', items: 1 },
  { type: 'stream.replayed', items: 1, connection: -1 },
  { type: 'stream.gap', from: '1', to: '3' },
  { type: 'stream.stalled', silentMs: 5 },
  { type: 'stream.stalled', silentMs: 5, connection: -1 },
  { type: 'stream.diagnostic', code: 'c', message: 'm' },
  { type: 'environment.online', moment: { ...moment, now: 1e9, date: 1e9 } },
  { type: 'environment.awake', moment: { ...moment, now: 1e9, date: 1e9 } },
  { type: 'xstate.after.backoff.reconnect.waiting' },
  { type: 'xstate.done.actor.open', actorId: 'open', output: { connection: 1 } },
  { type: 'xstate.error.actor.open', actorId: 'open', error: loss('network') },
  { type: 'xstate.error.actor.reader', actorId: 'reader', error: loss('network') },
];

/** What the guards look at; the rest of the context makes no difference to where a path can lead. */
function keyOf({ value, context }: Pick<AnyMachineSnapshot, 'value' | 'context'>): string {
  const {
    attempt,
    policy,
    stopping,
    pausedBy,
    outcome,
    retryAt,
    source,
    streamState,
    ledger: account,
  } = context as ReconnectContext;
  return JSON.stringify({
    value: value as unknown,
    isSpent: attempt >= policy.maxAttempts,
    stopping,
    pausedBy,
    isOver: outcome !== null,
    isTimed: retryAt !== null,
    ...(source !== null && {
      hasData: streamState.chunksReceived > 0,
      hasCursor: account.cursor !== null,
    }),
  });
}

const config = { maxAttempts: 2, jitter: 'none', initialBackoffMs: 10 } as const;
const once = {
  name: 'post',
  resume: 'none',
  reopen: 'restarts-work',
  allowRestart: false,
} as const;
const INPUTS: readonly (readonly [string, ReconnectInput])[] = [
  ['a host that drives it', { config }],
  ['a source that runs work once', { config, source: once }],
  [
    'a checkpoint of a stream that waits',
    {
      config,
      checkpoint: checkpointOf([
        { type: 'connect' },
        { type: 'stream.dropped', ...loss('network'), moment },
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

/** What the test does in place of the network. */
interface Hands {
  open: { resolve(opened: { connection: number }): void; reject(error: unknown): void } | null;
  /** What the reader tells while it is asked to stop. */
  lastWords: ReconnectMachineEvent[];
}

const hands: Hands = { open: null, lastWords: [] };

/** One machine for graph and actors: its transitions are known by their identity. */
const machine = reconnectMachine.provide({
  actors: {
    open: fromPromise(
      () => new Promise((resolve, reject) => void (hands.open = { resolve, reject })),
    ),
    reader: fromCallback(({ receive, sendBack }) => {
      receive((event: { type: string }) => {
        if (event.type === BREAK.type) throw new Error('the reader broke');
        for (const word of hands.lastWords.splice(0)) sendBack(word);
      });
    }),
  },
});

const BREAK = { type: 'break' };

/** For the functions of the graph, which know no emitted events. */
const graphed = machine as unknown as AnyStateMachine;

const options = {
  events: STEPS,
  serializeState: (snapshot: AnyMachineSnapshot) => keyOf(snapshot),
  stopWhen: ({ status }: AnyMachineSnapshot) => status !== 'active',
  limit: 20_000,
};

/** Every transition that the statechart defines, in words. */
function transitionsOf(node: AnyStateNode): AnyTransitionDefinition[] {
  const own = [...node.transitions.values()].flat();
  return [...own, ...Object.values(node.states).flatMap((child) => transitionsOf(child))];
}

function inWords({ eventType, source, target, guard }: AnyTransitionDefinition): string {
  const to = target?.map(({ key }) => key).join() ?? 'stays';
  const condition =
    guard === undefined ? '' : ` if ${typeof guard === 'object' ? guard.type : String(guard)}`;
  return `${source.key}: ${eventType}${condition} → ${to}`;
}

interface Replay {
  readonly values: string[];
  readonly taken: Set<AnyTransitionDefinition>;
  /** A reader was asked to stop, and has answered: the graph knows no reader. */
  readonly isAsked: boolean;
}

/** Walks the steps on a running actor; time is virtual, and every delay is waited. */
async function replay(input: ReconnectInput, steps: readonly Step[]): Promise<Replay> {
  const clock = virtualClock();
  const taken = new Set<AnyTransitionDefinition>();
  const values: string[] = [];
  const actor = createActor(machine, {
    input,
    clock,
    inspect: (event) => {
      if (event.type === '@xstate.microstep')
        for (const transition of event._transitions) taken.add(transition);
    },
  });
  const died: unknown[] = [];
  let isAsked = false;
  actor.subscribe({ error: (error) => died.push(error) });
  actor.start();
  for (let n = 0; n < steps.length && actor.getSnapshot().status === 'active'; n++) {
    const step = steps[n] as Step;
    const { children, context } = actor.getSnapshot();
    // The reader answers in the same turn: what comes meanwhile is told by it.
    if (children.reader !== undefined && isCommand(step)) {
      hands.lastWords = steps.slice(n + 1).filter(isReport);
      isAsked = true;
    }
    if (step.type === 'xstate.after.backoff.reconnect.waiting')
      await clock.advance(context.delayMs ?? 0);
    else if (step.type === 'xstate.done.actor.open')
      hands.open?.resolve({ connection: context.connection });
    else if (step.type === 'xstate.error.actor.open') hands.open?.reject(step.error);
    else if (step.type === 'xstate.error.actor.reader') children.reader?.send(BREAK as never);
    else actor.send(step);
    await clock.settle();
    values.push(actor.getSnapshot().value);
    const now = actor.getSnapshot().context;
    expect(JSON.parse(JSON.stringify(now))).toStrictEqual(now);
  }
  hands.lastWords = [];
  const isOver = actor.getSnapshot().status !== 'active';
  actor.stop();
  expect(died).toEqual([]);
  expect(clock.armed).toBe(0);
  if (isOver) expect(values.at(-1)).toBe('closed');
  return { values, taken, isAsked };
}

const COMMANDS: readonly string[] = ['pause', 'close', 'cancel', 'retryNow'];

function isCommand({ type }: Step): boolean {
  return COMMANDS.includes(type);
}

function isReport(step: Step): step is ReconnectMachineEvent {
  return !step.type.startsWith('xstate.');
}

function stepsOf({ steps }: Pick<StatePath<AnyMachineSnapshot, AnyEventObject>, 'steps'>): Step[] {
  return steps
    .map(({ event }) => event as Step)
    .filter(({ type }) => (type as string) !== 'xstate.init');
}

/** What can happen in each state. */
type Adjacency = Record<
  string,
  {
    readonly state: AnyMachineSnapshot;
    readonly transitions: Record<
      string,
      { readonly event: AnyEventObject; readonly state: AnyMachineSnapshot }
    >;
  }
>;

/** A path to each state, and from each state one step more for each event. */
function edgesOf(input: ReconnectInput): { steps: Step[]; end: AnyMachineSnapshot }[] {
  const paths = getShortestPaths(graphed, { ...options, input });
  const wayTo = new Map(paths.map((path) => [keyOf(path.state), stepsOf(path)]));
  const map = getAdjacencyMap(graphed, { ...options, input }) as unknown as Adjacency;
  return Object.values(map).flatMap(({ state, transitions }) =>
    Object.values(transitions).map(({ event, state: end }) => ({
      steps: [...(wayTo.get(keyOf(state)) ?? []), event as Step],
      end,
    })),
  );
}

describe('the statechart', () => {
  const taken = new Set<AnyTransitionDefinition>();

  it.each(INPUTS)(
    'does on a running actor what the graph of it says, for %s',
    { timeout: 60_000 },
    async (_, input) => {
      const edges = edgesOf(input);
      expect(edges.length).toBeGreaterThan(20);
      for (const { steps, end } of edges) {
        const replayed = await replay(input, steps);
        for (const transition of replayed.taken) taken.add(transition);
        const way = steps.map(({ type }) => type).join();
        if (!replayed.isAsked) expect([way, replayed.values.at(-1)]).toEqual([way, end.value]);
      }
    },
  );

  it('has no transition that these paths leave out', () => {
    const all = transitionsOf(machine.root);
    expect(all.length).toBeGreaterThan(60);
    expect(all.filter((transition) => !taken.has(transition)).map(inWords)).toEqual([]);
  });

  it(
    'comes to each of its states by simple paths, and to its end from each',
    { timeout: 60_000 },
    async () => {
      const paths = getSimplePaths(graphed, {
        ...options,
        events: FEW,
        input: { config },
      });
      const seen = new Set<string>(['idle']);
      for (const path of paths) {
        const { values, isAsked } = await replay({ config }, stepsOf(path));
        for (const value of values) seen.add(value);
        if (!isAsked) expect(values.at(-1) ?? 'idle').toBe(path.state.value);
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

/** Enough to come to each state; more would make millions of paths. */
const FEW: readonly Step[] = [
  { type: 'connect' },
  { type: 'resume' },
  { type: 'attempt.failed', error: 'the host gives up' },
  { type: 'pause' },
  { type: 'stream.dropped', ...loss('network'), moment },
  { type: 'stream.ended', outcome: 'complete' },
  { type: 'xstate.done.actor.open', actorId: 'open', output: { connection: 1 } },
  { type: 'xstate.after.backoff.reconnect.waiting' },
];
