/** The statechart of the machine, drawn at build time; only its classes change here. */

import type { JSX } from 'preact';
import { memo } from 'preact/compat';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { statechartSvg } from 'virtual:statechart';

import { edgeElementId, stateElementId } from '../../dist/src/inspect/viewer/model/dot.js';
import type { Playground } from './playground.js';

/** Rendered once: the stream sets the highlighted state itself, in the same turn. */
export const Statechart = memo(function Statechart({
  playground,
}: {
  playground: Playground;
}): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const last = useRef('');
  useLayoutEffect(
    () =>
      playground.onState((state) => {
        const box = place.current;
        if (box === null) return;
        for (const lit of box.querySelectorAll('.is-active, .is-taken'))
          lit.classList.remove('is-active', 'is-taken');
        const node = box.querySelector(`[id="${stateElementId(idOf(state))}"]`);
        node?.classList.add('is-active');
        if (node !== null) bringIntoView(box, node);
        const edges = [last.current, ANY].map((from) => edgeElementId(from, idOf(state)));
        if (last.current !== '' && last.current !== idOf(state))
          box.querySelector(edges.map((id) => `[id="${id}"]`).join())?.classList.add('is-taken');
        last.current = idOf(state);
      }),
    [playground],
  );
  return (
    <section class="panel chart" aria-labelledby="title-chart">
      <h2 id="title-chart">Statechart</h2>
      <div
        class="drawing"
        ref={place}
        tabIndex={0}
        role="group"
        aria-label="The states of the machine and the events that lead from one to the next"
        // Made by the build, from the machine: it contains nothing of a stream.
        dangerouslySetInnerHTML={{ __html: statechartSvg }}
      />
    </section>
  );
});

/** Transitions out of every state start at the machine itself. */
const ANY = 'reconnect';

function idOf(state: string): string {
  return `${ANY}.${state}`;
}

/** Scrolls the drawing, and not the page, if it is wider than its container. */
function bringIntoView(box: HTMLElement, node: Element): void {
  if (box.scrollWidth <= box.clientWidth) return;
  const [outer, inner] = [box.getBoundingClientRect(), node.getBoundingClientRect()];
  box.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
}
