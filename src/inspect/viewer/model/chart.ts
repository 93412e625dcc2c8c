/** A statechart as a plain tree, read from the definition of any XState 5 machine or from its JSON. */

export interface ChartState {
  readonly id: string;
  readonly key: string;
  readonly type: ChartStateType;
  /** Ids of the states that are entered together with this state. */
  readonly initial: readonly string[];
  readonly states: readonly ChartState[];
  readonly transitions: readonly ChartTransition[];
  readonly invokes: readonly string[];
}

export type ChartStateType = 'atomic' | 'compound' | 'parallel' | 'final' | 'history';

export interface ChartTransition {
  /** The event in readable words: `after backoff`, `open done`. */
  readonly name: string;
  /** The event with its guard. */
  readonly label: string;
  readonly event: string;
  readonly source: string;
  /** Ids of target states; empty: the state does not change. */
  readonly targets: readonly string[];
}

/** The state of an actor: XState's state value. */
export type ChartValue = string | { readonly [key: string]: ChartValue | undefined };

/**
 * Reads a definition. Anything else results in a chart without states.
 * @param definition `machine.definition`, or its parsed JSON.
 */
export function readChart(definition: object): ChartState {
  // The live definition holds its targets as objects; JSON holds their ids.
  return readState(fields(JSON.parse(JSON.stringify(definition))), 'machine', 0);
}

/** Returns the ids of all states that are active with this value, outermost first. */
export function activeStates(chart: ChartState, value: unknown): string[] {
  const inner = typeof value === 'string' ? { [value]: undefined } : fields(value);
  return [
    chart.id,
    ...chart.states
      .filter(({ key }) => Object.hasOwn(inner, key))
      .flatMap((state) => activeStates(state, inner[state.key])),
  ];
}

/** Returns the events that a person can send: all but XState's own. */
export function eventsOf(chart: ChartState): string[] {
  const own = chart.transitions.map(({ event }) => event);
  const all = [...own, ...chart.states.flatMap(eventsOf)];
  return [...new Set(all)].filter((event) => !/^xstate\.|^$|\*/u.test(event));
}

/** Returns whether the machine handles events by a wildcard: `mouse.*`, or all. */
export function acceptsMore(chart: ChartState): boolean {
  return allTransitions(chart).some(({ event }) => event.includes('*'));
}

/** Returns the text of an event in the chart, if a transition has it. */
export function nameOf(chart: ChartState | null, event: string): string {
  if (chart === null || !event.startsWith('xstate.')) return event;
  const found = allTransitions(chart).find((one) => one.event === event);
  return found?.name ?? labelOf(event, undefined);
}

export function allTransitions(state: ChartState): ChartTransition[] {
  return [...state.transitions, ...state.states.flatMap((inner) => allTransitions(inner))];
}

/** Maximum depth of nesting that is read. */
const MAX_DEPTH = 32;

function readState(from: Fields, key: string, depth: number): ChartState {
  const id = text(from['id']) ?? key;
  const states = depth < MAX_DEPTH ? Object.entries(fields(from['states'])) : [];
  const inner = states.map(([name, state]) => readState(fields(state), name, depth + 1));
  // A definition has the ids of the initial states, a configuration the key of one.
  const initial = from['initial'];
  const first = typeof initial === 'string' ? [initial] : targetsOf(fields(initial)['target']);
  return {
    id,
    key: text(from['key']) ?? key,
    type: typeOf(from['type']),
    initial: first.map((name) => inner.find((one) => one.key === name)?.id ?? name),
    states: inner,
    transitions: list(from['transitions']).map((transition) => readTransition(transition, id)),
    invokes: list(from['invoke']).map((invoke) => text(fields(invoke)['src']) ?? 'an actor'),
  };
}

function readTransition(from: unknown, source: string): ChartTransition {
  const transition = fields(from);
  const event = text(transition['eventType']) ?? text(transition['event']) ?? '';
  const guard = guardOf(transition['guard']);
  const name = labelOf(event, transition['delay']);
  return {
    event,
    name,
    label: guard === null ? name : `${name} [${guard}]`,
    source,
    targets: targetsOf(transition['target']),
  };
}

/** Translates XState's internal event names into words. */
function labelOf(event: string, delay: unknown): string {
  if (typeof delay === 'number') return `after ${delay} ms`;
  if (typeof delay === 'string') return `after ${delay}`;
  const [, what, actor] = /^xstate\.(done|error)\.actor\.(.+)$/u.exec(event) ?? [];
  if (actor !== undefined) return `${actor} ${what}`;
  if (event.startsWith('xstate.done.state.')) return 'done';
  return event === '' ? 'always' : event;
}

function guardOf(guard: unknown): string | null {
  if (guard === undefined || guard === null) return null;
  return text(guard) ?? text(fields(guard)['type']) ?? 'guard';
}

function typeOf(type: unknown): ChartStateType {
  return type === 'compound' || type === 'parallel' || type === 'final' || type === 'history'
    ? type
    : 'atomic';
}

/** In JSON a target is the id with a `#` in front. */
function targetsOf(target: unknown): string[] {
  return list(target)
    .map((one) => text(one) ?? text(fields(one)['id']) ?? '')
    .filter((one) => one !== '')
    .map((one) => one.replace(/^#/u, ''));
}

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
