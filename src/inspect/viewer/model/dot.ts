/** A statechart as DOT, for Graphviz. CSS sets the colours: a class highlights a state. */

import { allTransitions, readChart } from './chart.js';
import type { ChartState, ChartTransition } from './chart.js';

export interface DotOptions {
  /** The direction of the layout. @default 'down' */
  readonly direction?: 'down' | 'right' | undefined;
  /** Returns whether a transition is drawn. @default all that change the state */
  readonly shows?: ((transition: ChartTransition) => boolean) | undefined;
}

/**
 * Draws a machine: one node per state, one cluster per compound state, one edge per pair of states.
 *
 * Every state has the id `stateElementId(id)` and the class `state`, every edge the id
 * `edgeElementId(source, target)` and the class `edge`. What all states share (transitions of the machine
 * itself) leaves from a node of its own, class `any`.
 *
 * @param definition `machine.definition`, or what `JSON.parse` made of it.
 */
export function toDot(definition: object, options: DotOptions = {}): string {
  const { direction = 'down', shows = () => true } = options;
  const chart = readChart(definition);
  const byId = indexOf(chart);
  return [
    'digraph chart {',
    `graph [rankdir=${direction === 'down' ? 'TB' : 'LR'} compound=true bgcolor=transparent`,
    '  nodesep=0.35 ranksep=0.45 margin=0.1 fontname="Helvetica" fontsize=12];',
    'node [shape=box style=rounded fontname="Helvetica" fontsize=13 height=0.42 margin="0.18,0.07"];',
    'edge [fontname="Helvetica" fontsize=10 arrowsize=0.7];',
    ...start(chart, byId),
    ...chart.states.flatMap((state) => nodes(state, byId)),
    ...edges(chart, byId, shows),
    '}',
    '',
  ].join('\n');
}

/** Returns the id of a state's element in the drawing. */
export function stateElementId(id: string): string {
  return `state-${plain(id)}`;
}

/** Returns the id of an edge's element; with the machine's own id, that of the edge that leaves every state. */
export function edgeElementId(source: string, target: string): string {
  return `edge-${plain(source)}--${plain(target)}`;
}

function nodes(state: ChartState, byId: Index): string[] {
  const marks = `id=${quote(stateElementId(state.id))} class=${quote(`state ${state.type}`)}`;
  const label = `label=${quote(state.key)}`;
  if (state.states.length === 0) {
    const looks = state.type === 'final' ? ' peripheries=2' : '';
    return [`${quote(state.id)} [${label} ${marks}${looks}];`];
  }
  return [
    `subgraph ${quote(`cluster_${state.id}`)} {`,
    `${label}; ${marks.replace(' class', '; class')}; style=rounded; margin=12;`,
    ...start(state, byId),
    ...state.states.flatMap((inner) => nodes(inner, byId)),
    '}',
  ];
}

/** Groups transitions by source and target: one edge with all events is easier to read. */
function edges(chart: ChartState, byId: Index, shows: (one: ChartTransition) => boolean): string[] {
  const labels = new Map<string, { source: string; target: string; lines: string[] }>();
  for (const transition of allTransitions(chart).filter(shows)) {
    for (const target of transition.targets) {
      const key = edgeElementId(transition.source, target);
      const edge = labels.get(key) ?? { source: transition.source, target, lines: [] };
      if (!edge.lines.includes(transition.label)) edge.lines.push(transition.label);
      labels.set(key, edge);
    }
  }
  const drawn = [...labels.values()].filter(({ target }) => byId.has(target));
  const leavesAny = drawn.some(({ source }) => source === chart.id);
  return [
    ...(leavesAny
      ? [`${quote(ANY)} [label="any state" shape=plaintext class="any" fontsize=11];`]
      : []),
    ...drawn.map(({ source, target, lines }) => {
      const from = source === chart.id ? ANY : leafOf(source, byId);
      const marks = `id=${quote(edgeElementId(source, target))} class="edge${from === ANY ? ' from-any' : ''}"`;
      const ends = [
        ...(from !== ANY && from !== source ? [`ltail=${quote(`cluster_${source}`)}`] : []),
        ...(leafOf(target, byId) === target ? [] : [`lhead=${quote(`cluster_${target}`)}`]),
      ];
      const attributes = [`label=${quote(lines.join('\n'))}`, marks, ...ends].join(' ');
      return `${quote(from)} -> ${quote(leafOf(target, byId))} [${attributes}];`;
    }),
  ];
}

/** The dot that marks the initial state of the machine or of a compound state. */
function start(state: ChartState, byId: Index): string[] {
  const [first] = state.initial;
  if (first === undefined || !byId.has(first)) return [];
  const dot = quote(`start of ${state.id}`);
  const leaf = leafOf(first, byId);
  const head = leaf === first ? '' : ` lhead=${quote(`cluster_${first}`)}`;
  return [
    `${dot} [shape=point width=0.12 label="" class="start"];`,
    `${dot} -> ${quote(leaf)} [class="edge initial"${head}];`,
  ];
}

/** Cannot be the id of a state, since no id ends with a space. */
const ANY = 'any state ';

type Index = ReadonlyMap<string, ChartState>;

function indexOf(chart: ChartState, index = new Map<string, ChartState>()): Index {
  for (const state of chart.states) {
    index.set(state.id, state);
    indexOf(state, index);
  }
  return index;
}

/** Graphviz connects nodes, not clusters, so the first leaf represents its cluster. */
function leafOf(id: string, byId: Index): string {
  const state = byId.get(id);
  const inner = state?.states.find((one) => state.initial.includes(one.id)) ?? state?.states[0];
  return inner === undefined ? id : leafOf(inner.id, byId);
}

/** Escapes backslashes and entities, which Graphviz would interpret in a label. */
function quote(text: string): string {
  const literal = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('&', '&amp;')
    .replaceAll('\n', '\\n')
    // Invisible characters could make a label read differently.
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, '\uFFFD');
  return `"${literal}"`;
}

/** Returns an id that is valid in HTML, SVG, CSS and DOT, and unique per name. */
function plain(id: string): string {
  return id.replaceAll(
    /[^A-Za-z0-9.-]/gu,
    (sign) => `_${(sign.codePointAt(0) ?? 0).toString(16)}_`,
  );
}
