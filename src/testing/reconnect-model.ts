/** The machine as a model of itself: paths through its graph, and a running actor that follows them. */

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
  /** The events that can happen. @default modelSteps */
  readonly steps?: readonly ModelStep[] | undefined;
  /** Returns the part of a snapshot that decides where a path leads. @default the state, and the context that guards read */
  readonly key?: ((snapshot: ModelSnapshot) => string) | undefined;
  /** Number of keys and events beyond which the graph is abandoned. @default 20000 */
  readonly limit?: number | undefined;
}

export interface ModelSnapshot {
  readonly value: unknown;
  readonly context: ReconnectContext;
}

export interface ModelPath {
  readonly steps: readonly ModelStep[];
  /** The state in which the path ends, by the graph. */
  readonly state: string;
}

/** What a running actor did on a path. */
export interface ModelWalk {
  /** The state after each step. */
  readonly states: readonly ReconnectState[];
  /** The transitions that were taken, named as in `transitions`. */
  readonly transitions: readonly string[];
}

export interface ReconnectModel {
  /** Every transition of the statechart, as text: `waiting: retryNow → connecting`. */
  readonly transitions: readonly string[];
  /** Returns a shortest path to each state, and each of them continued by every step that can happen. */
  paths(input?: ReconnectInput): ModelPath[];
  /** Returns every path that passes no state twice, with a few steps. */
  simplePaths(input?: ReconnectInput, steps?: readonly ModelStep[]): ModelPath[];
  /**
   * Sends the steps to a running actor under a virtual clock, and waits for every delay.
   * @throws Error if the actor dies, leaves a timer behind, or has a context that is not JSON
   */
  walk(path: Pick<ModelPath, 'steps'>, input?: ReconnectInput): Promise<ModelWalk>;
}

/**
 * Returns the model of a machine, for tests of machines that extend `reconnectMachine`.
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
  // One machine for graph and actors: transitions are compared by identity.
  const machine = walkingMachine(options.machine ?? reconnectMachine);
  // XState's graph functions have no type for emitted events.
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

/** Returns the context that guards read; the rest does not decide where a path leads. */
function keyOf({ value, context }: ModelSnapshot): string {
  const { attempt, policy, pausedBy, outcome, retryAt } = context;
  const { source, streamState, progress } = context;
  return JSON.stringify({
    value,
    isSpent: attempt >= policy.maxAttempts,
    pausedBy,
    isOver: outcome !== null,
    isTimed: retryAt !== null,
    // In other states it would only double the graph.
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

/** Adds a number to transitions with the same text. */
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

/** Returns the steps that can happen in each state. */
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
