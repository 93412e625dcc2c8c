/** The selected actor: its state, its commands, and its statechart. */

import type { JSX } from 'preact';
import { ChartView } from './chart-view.js';
import { Commands } from './commands.js';
import { stateText } from './model/model.js';
import type { ShownActor } from './model/model.js';
import { StreamPanel } from './stream-panel.js';
import { hueOf, streamFacts } from './model/stream-facts.js';
import { visible } from './model/text.js';
import type { ShownEvent } from '../collect/protocol.js';

export interface ActorViewProps {
  readonly actor: ShownActor;
  readonly now: number;
  readonly isCommanding: boolean;
  readonly send: (event: ShownEvent) => Promise<string | null>;
}

export function ActorView({ actor, now, isCommanding, send }: ActorViewProps): JSX.Element {
  const facts = streamFacts(actor);
  const { snapshot, definition, chart } = actor;
  const state = snapshot === null ? 'not started' : stateText(snapshot);
  const isOver = snapshot !== null && snapshot.status !== 'active';
  return (
    <div class="column">
      <section class="card" aria-labelledby="chosen">
        <div class="card-head">
          <h2 id="chosen">
            <bdi>{visible(facts?.source ?? actor.name)}</bdi> <span class="quiet">{actor.id}</span>
          </h2>
          <p class={`pill big ${hueOf(state)}`} data-state={state} role="status">
            {visible(state)}
          </p>
        </div>
        {facts !== null && <StreamPanel facts={facts} now={now} />}
        <Commands
          actor={actor}
          state={facts?.state ?? null}
          isEnabled={isCommanding && !isOver}
          send={send}
        />
      </section>
      {definition !== null && chart !== null && (
        <ChartView
          definition={definition}
          chart={chart}
          value={snapshot?.value ?? null}
          move={actor.move}
          state={state}
        />
      )}
      {facts === null && snapshot !== null && (
        <section class="card" aria-labelledby="context">
          <div class="card-head">
            <h2 id="context">Context</h2>
          </div>
          <pre tabIndex={0} role="region" aria-label="Context">
            {visible(JSON.stringify(snapshot.context, null, 2))}
          </pre>
        </section>
      )}
    </div>
  );
}
