/** The machine as a model of itself: paths through its graph, and a running actor that walks them. */

import type {
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyStateNode,
  AnyTransitionDefinition,
} from 'xstate';
import { getAdjacencyMap, getShortestPaths, getSimplePaths } from 'xstate/graph';
import { reconnectMachine } from '../../machines/reconnect.machine.js';
import type {
  ReconnectContext,
  ReconnectInput,
  ReconnectMachine,
  ReconnectState,
} from '../../machines/reconnect.types.js';
import { isFreeRotation } from '../../machines/rotation.js';
import { fewModelSteps, modelSteps, rotated } from './model-steps.js';
import type { ModelStep } from './model-steps.js';
import { walkingMachine, walkSteps } from './walk-steps.js';

export interface ReconnectModelOptions {
  /** `reconnectMachine`, extended by `.provide`. @default reconnectMachine */
  readonly machine?: ReconnectMachine | undefined;
  /** What can happen. @default modelSteps */
  readonly steps?: readonly ModelStep[] | undefined;
  /** What of a snapshot can make a difference to where a path leads. @default the state, and what the guards look at */
  readonly key?: ((snapshot: ModelSnapshot) => string) | undefined;
  /** The graph is given up beyond so many keys and events. @default 20000 */
  readonly limit?: number | undefined;
}

export interface ModelSnapshot {
  readonly value: unknown;
  readonly context: ReconnectContext;
}

export interface ModelPath {
  readonly steps: readonly ModelStep[];
  /** Where the graph says that it ends. */
  readonly state: string;
}

/** What a running actor did on a path. */
export interface ModelWalk {
  /** The state after each step. */
  readonly states: readonly ReconnectState[];
  /** The transitions that were taken, in the words of `transitions`. */
  readonly transitions: readonly string[];
}

export interface ReconnectModel {
  /** Every transition that the statechart defines, in words: `waiting: retryNow → connecting`. */
  readonly transitions: readonly string[];
  /** To each state by a shortest way, and from there one step more for each that can happen. */
  paths(input?: ReconnectInput): ModelPath[];
  /** Every way that passes no state twice, by a few steps. */
  simplePaths(input?: ReconnectInput, steps?: readonly ModelStep[]): ModelPath[];
  /**
   * Walks the steps on a running actor under a virtual clock; every delay is waited.
   * @throws Error if the actor dies, leaves a timer behind, or has a context that is not JSON
   */
  walk(path: Pick<ModelPath, 'steps'>, input?: ReconnectInput): Promise<ModelWalk>;
}

/**
 * The model of a machine, for tests of machines that extend ours.
 *
 * ```ts
 * const model = reconnectModel({ machine });
 * const taken = new Set<string>();
 * for (const path of model.paths()) {
 *   const { states, transitions } = await model.walk(path);
 *   for (const transition of transitions) taken.add(transition);
 * }
 * const missing = model.transitions.filter((transition) => !taken.has(transition));
 * ```
 */
export function reconnectModel(options: ReconnectModelOptions = {}): ReconnectModel {
  const { steps = modelSteps, key = keyOf, limit = 20_000 } = options;
  // One machine for graph and actors: its transitions are known by their identity.
  const machine = walkingMachine(options.machine ?? reconnectMachine);
  // The functions of the graph know no emitted events.
  const graphed = machine as unknown as AnyStateMachine;
  const words = wordsOf(transitionsOf(graphed.root));
  const keyed = (snapshot: AnyMachineSnapshot): string => key(snapshot as ModelSnapshot);
  const traversal = {
    events: steps,
    serializeState: keyed,
    stopWhen: ({ status }: AnyMachineSnapshot) => status !== 'active',
    limit,
  };
  return {
    transitions: [...words.values()],
    paths(input = {}) {
      const ways = getShortestPaths(graphed, { ...traversal, input });
      const wayTo = new Map(ways.map((way) => [keyed(way.state), stepsOf(way)]));
      const map = getAdjacencyMap(graphed, { ...traversal, input }) as unknown as Adjacency;
      return Object.values(map).flatMap(({ state, transitions }) =>
        Object.values(transitions).map(({ event, state: end }) => ({
          steps: [...(wayTo.get(keyed(state)) ?? []), event as ModelStep],
          state: String(end.value),
        })),
      );
    },
    simplePaths(input = {}, few = fewModelSteps) {
      const ways = getSimplePaths(graphed, { ...traversal, events: few, input });
      return ways.map((way) => ({ steps: stepsOf(way), state: String(way.state.value) }));
    },
    async walk(path, input = {}) {
      const { taken, ...walked } = await walkSteps(machine, input, path.steps);
      const transitions = [...taken].map((transition) => words.get(transition) ?? '');
      return { ...walked, transitions: transitions.filter((one) => one !== '') };
    },
  };
}

/** What the guards look at; the rest of the context makes no difference to where a path can lead. */
function keyOf({ value, context }: ModelSnapshot): string {
  const { attempt, policy, pausedBy, outcome, retryAt } = context;
  const { source, streamState, progress } = context;
  return JSON.stringify({
    value,
    isSpent: attempt >= policy.maxAttempts,
    pausedBy,
    isOver: outcome !== null,
    isTimed: retryAt !== null,
    // Elsewhere it would only double the graph.
    ...(isConnection(value) && { isFree: isFreeRotation(context, rotated) }),
    ...(source !== null && {
      hasData: streamState.chunksReceived > 0,
      hasCursor: progress.cursor !== null,
    }),
  });
}

function isConnection(value: unknown): boolean {
  return value === 'connecting' || value === 'connected';
}

function transitionsOf(node: AnyStateNode): AnyTransitionDefinition[] {
  const own = [...node.transitions.values()].flat();
  return [...own, ...Object.values(node.states).flatMap((child) => transitionsOf(child))];
}

/** Two that read the same get a number each. */
function wordsOf(
  transitions: readonly AnyTransitionDefinition[],
): Map<AnyTransitionDefinition, string> {
  const times = new Map<string, number>();
  return new Map(
    transitions.map((transition) => {
      const text = inWords(transition);
      const nth = (times.get(text) ?? 0) + 1;
      times.set(text, nth);
      return [transition, nth === 1 ? text : `${text} (${nth})`];
    }),
  );
}

function inWords({ eventType, source, target, guard }: AnyTransitionDefinition): string {
  const to = target?.map(({ key }) => key).join() ?? 'stays';
  const name = typeof guard === 'object' ? guard.type : String(guard);
  return `${source.key}: ${eventType}${guard === undefined ? '' : ` if ${name}`} → ${to}`;
}

function stepsOf({ steps }: { steps: readonly { event: AnyEventObject }[] }): ModelStep[] {
  return steps.map(({ event }) => event as ModelStep).filter(({ type }) => !isInit(type));
}

function isInit(type: string): boolean {
  return type === 'xstate.init';
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
