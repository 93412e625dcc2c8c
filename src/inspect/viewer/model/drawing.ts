/** The statechart as SVG: drawn once per machine, then highlighted by classes. */

import { activeStates } from './chart.js';
import type { ChartState } from './chart.js';
import { edgeElementId, stateElementId, toDot } from './dot.js';
import type { DotOptions } from './dot.js';
import type { Move } from './model.js';
import { visible } from './text.js';

/** Draws the chart; Graphviz is loaded with the first drawing. */
export async function drawChart(definition: string, options: DotOptions): Promise<SVGSVGElement> {
  const { Graphviz } = await import('./graphviz.js');
  const graphviz = await Graphviz.load();
  const text = graphviz.dot(toDot(JSON.parse(definition) as object, options));
  const parsed = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
  const drawing = document.importNode(parsed, true) as unknown as SVGSVGElement;
  tidy(drawing);
  return drawing;
}

/** Highlights the active states and the edge that led there, and nothing else. */
export function light(
  drawing: SVGSVGElement,
  chart: ChartState,
  value: unknown,
  move: Move | null,
): void {
  const active = new Set(activeStates(chart, value).map(stateElementId));
  for (const node of drawing.querySelectorAll('.state'))
    node.classList.toggle('active', active.has(node.id));
  const taken = move === null ? null : edgeOf(drawing, chart, move);
  for (const edge of drawing.querySelectorAll('.edge'))
    edge.classList.toggle('taken', edge === taken);
}

/** Returns the edge itself, or the one that leaves every state. */
function edgeOf(drawing: SVGSVGElement, chart: ChartState, { from, to }: Move): Element | null {
  const target = idOf(chart, to);
  const find = (source: string): Element | null =>
    [...drawing.querySelectorAll('.edge')].find(({ id }) => id === edgeElementId(source, target)) ??
    null;
  return find(idOf(chart, from)) ?? find(chart.id);
}

/** Returns the innermost state on a path of keys. */
function idOf(chart: ChartState, path: string): string {
  let state = chart;
  for (const key of (path.split(' + ')[0] ?? '').split('.'))
    state = state.states.find((one) => one.key === key) ?? state;
  return state.id;
}

/** Removes every element that Graphviz does not write: a name could inject others. */
function tidy(drawing: SVGSVGElement): void {
  const known = new Set(['svg', 'g', 'path', 'polygon', 'ellipse', 'polyline', 'text', 'tspan']);
  for (const element of drawing.querySelectorAll('*')) {
    if (!known.has(element.localName)) element.remove();
    for (const name of element.getAttributeNames())
      if (/^on|href|^style$/iu.test(name)) element.removeAttribute(name);
  }
  for (const text of drawing.querySelectorAll('text'))
    text.textContent = visible(text.textContent ?? '');
  drawing.setAttribute('aria-hidden', 'true');
  fit(drawing);
}

/** Uses the size of the drawing if there is room, and a readable minimum otherwise. */
function fit(drawing: SVGSVGElement): void {
  const natural = drawing.viewBox.baseVal.width * 1.15;
  drawing.removeAttribute('width');
  drawing.removeAttribute('height');
  drawing.style.width = `${Math.round(natural)}px`;
  drawing.style.minWidth = `${Math.round(Math.min(natural, MIN_WIDTH))}px`;
}

const MIN_WIDTH = 620;
