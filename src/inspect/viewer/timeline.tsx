/** One lane of states per stream. Selecting a lane selects the stream. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { stateText } from './model/model.js';
import type { ShownActor } from './model/model.js';
import { hueOf, streamFacts } from './model/stream-facts.js';
import { visible, whole } from './model/text.js';

export interface TimelineProps {
  readonly roots: readonly ShownActor[];
  readonly now: number;
  readonly chosen: string;
  readonly hiddenCount: number;
  readonly onChoose: (id: string) => void;
}

const WINDOWS: readonly (readonly [ms: number, name: string])[] = [
  [15_000, '15 s'],
  [60_000, '1 min'],
  [300_000, '5 min'],
];

export function Timeline(props: TimelineProps): JSX.Element {
  const { roots, now, chosen, hiddenCount, onChoose } = props;
  const [windowMs, setWindow] = useState(60_000);
  return (
    <section class="card" aria-labelledby="streams">
      <div class="card-head">
        <h2 id="streams">
          Streams <span class="quiet">{whole(roots.length)}</span>
        </h2>
        {hiddenCount > 0 && <p class="quiet">{whole(hiddenCount)} more are not shown</p>}
        <div class="choice" role="group" aria-label="Time shown">
          {WINDOWS.map(([ms, name]) => (
            <button type="button" aria-pressed={ms === windowMs} onClick={() => setWindow(ms)}>
              {name}
            </button>
          ))}
        </div>
      </div>
      <ul class="lanes" tabIndex={0} aria-label="Streams and their states">
        {roots.map((actor) => (
          <Lane
            key={actor.id}
            actor={actor}
            from={now - windowMs}
            to={now}
            isChosen={actor.id === chosen}
            onChoose={onChoose}
          />
        ))}
      </ul>
    </section>
  );
}

interface LaneProps {
  readonly actor: ShownActor;
  readonly from: number;
  readonly to: number;
  readonly isChosen: boolean;
  readonly onChoose: (id: string) => void;
}

function Lane({ actor, from, to, isChosen, onChoose }: LaneProps): JSX.Element {
  const facts = streamFacts(actor);
  const state = actor.snapshot === null ? 'not started' : stateText(actor.snapshot);
  const percent = (time: number): number => (100 * (time - from)) / (to - from);
  const spans = actor.spans.filter((span) => (span.to ?? to) > from);
  return (
    <li>
      <button
        type="button"
        class="lane"
        data-actor={actor.id}
        aria-pressed={isChosen}
        onClick={() => onChoose(actor.id)}
      >
        <span class="lane-name">
          <bdi>{visible(facts?.source ?? actor.name)}</bdi> <span class="quiet">{actor.id}</span>
        </span>
        <span class={`pill ${hueOf(state)}`}>{visible(state)}</span>
        <svg class="lane-bar" aria-hidden="true" preserveAspectRatio="none">
          {spans.map((span) => {
            const start = Math.max(0, percent(span.from));
            const width = Math.max(0.15, percent(Math.min(span.to ?? to, to)) - start);
            return (
              <rect
                key={span.from}
                class={hueOf(span.state)}
                x={`${start.toFixed(2)}%`}
                width={`${width.toFixed(2)}%`}
                height="100%"
              />
            );
          })}
        </svg>
        <span class="lane-count">{facts === null ? '' : countOf(facts.chunks)}</span>
      </button>
    </li>
  );
}

function countOf(chunks: number): string {
  return chunks === 1 ? '1 chunk' : `${whole(chunks)} chunks`;
}
