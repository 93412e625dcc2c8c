/** The statechart, with the active state and the last transition highlighted. */

import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { nameOf } from './model/chart.js';
import type { ChartState, ChartTransition } from './model/chart.js';
import { drawChart, light } from './model/drawing.js';
import type { Move } from './model/model.js';
import { visible } from './model/text.js';

export interface ChartViewProps {
  readonly definition: string;
  readonly chart: ChartState;
  readonly value: unknown;
  readonly move: Move | null;
  readonly state: string;
}

export function ChartView({ definition, chart, value, move, state }: ChartViewProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const [drawing, setDrawing] = useState<SVGSVGElement | null>(null);
  const [problem, setProblem] = useState(false);
  const [showsReports, setReports] = useState(false);
  const hasReports = chart.transitions.some((one) => !isOwn(one));

  useEffect(() => {
    let isWanted = true;
    drawChart(definition, showsReports ? {} : { shows: isOwn }).then(
      (drawn) => {
        if (!isWanted) return;
        place.current?.replaceChildren(drawn);
        setDrawing(drawn);
      },
      () => setProblem(true),
    );
    return () => {
      isWanted = false;
    };
  }, [definition, showsReports]);

  useEffect(() => {
    if (drawing === null) return;
    light(drawing, chart, value, move);
    if (place.current !== null) bringIntoView(place.current);
  }, [drawing, chart, value, move]);

  return (
    <section class="card" aria-labelledby="chart">
      <div class="card-head">
        <h2 id="chart">Statechart</h2>
        {move !== null && (
          <p class="quiet">
            {visible(move.from)} → {visible(move.to)} by{' '}
            <code>{visible(nameOf(chart, move.event))}</code>
          </p>
        )}
        {hasReports && (
          <label class="check">
            <input
              type="checkbox"
              checked={showsReports}
              onChange={({ currentTarget }) => setReports(currentTarget.checked)}
            />
            <span>Host reports</span>
          </label>
        )}
      </div>
      {problem && <p class="error">The chart could not be drawn.</p>}
      <div
        ref={place}
        class="chart"
        tabIndex={0}
        role="img"
        aria-label={`Statechart of ${visible(chart.id)}, now in ${visible(state)}`}
      />
    </section>
  );
}

/** Scrolls to the active state: on a narrow screen the chart is wider than its container. */
function bringIntoView(place: HTMLElement): void {
  const active = place.querySelector('.state.active:last-of-type, .state.active');
  if (active === null || place.scrollWidth <= place.clientWidth) return;
  const at = active.getBoundingClientRect();
  const around = place.getBoundingClientRect();
  place.scrollLeft += at.left + at.width / 2 - around.left - around.width / 2;
}

/** Returns false for the reports of a host that drives the machine by hand: their edges would hide the chart. */
function isOwn({ event }: ChartTransition): boolean {
  return !event.startsWith('attempt.');
}
