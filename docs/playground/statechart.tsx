/** The machine's own chart. It is laid out at build time; here only classes change. */

import type { JSX } from 'preact';
import { memo } from 'preact/compat';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { statechartSvg } from 'virtual:statechart';

import type { Playground } from './playground.js';

/** Once drawn it is left alone: what is lit is set by the stream itself, in the same turn. */
export const Statechart = memo(function Statechart({
  playground,
}: {
  playground: Playground;
}): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(
    () =>
      playground.onState((state) => {
        const box = place.current;
        if (box === null) return;
        const last = box.querySelector('.is-active')?.id.replace('state-', '');
        for (const lit of box.querySelectorAll('.is-active, .is-taken'))
          lit.classList.remove('is-active', 'is-taken');
        const node = box.querySelector(`#state-${state}`);
        node?.classList.add('is-active');
        if (node !== null) bringIntoView(box, node);
        const edge = `.from-${last}.to-${state}, .from-any.to-${state}`;
        if (last !== undefined && last !== state)
          box.querySelector(edge)?.classList.add('is-taken');
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
        // Made by our own build, of our own machine: nothing of a stream is in it.
        dangerouslySetInnerHTML={{ __html: statechartSvg }}
      />
    </section>
  );
});

/** Where the drawing is wider than its place: it is scrolled, the page is not. */
function bringIntoView(box: HTMLElement, node: Element): void {
  if (box.scrollWidth <= box.clientWidth) return;
  const [outer, inner] = [box.getBoundingClientRect(), node.getBoundingClientRect()];
  box.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
}
