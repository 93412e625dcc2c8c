/** The events of the selected actor and its children, newest first, with payloads. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { nameOf } from './model/chart.js';
import { PROGRESS } from './model/model.js';
import type { LogEntry, Model, ShownActor } from './model/model.js';
import { hueOf } from './model/stream-facts.js';
import { clockTime, visible, whole } from './model/text.js';

export interface EventLogProps {
  readonly model: Model;
  readonly actor: ShownActor;
}

const MAX_SHOWN = 200;

export function EventLog({ model, actor }: EventLogProps): JSX.Element {
  const [showsProgress, setProgress] = useState(false);
  const entries = model.log
    .filter(({ actorId }) => actorId === actor.id)
    .filter(({ event }) => showsProgress || event.type !== PROGRESS)
    .slice(-MAX_SHOWN)
    .toReversed();
  return (
    <section class="card log" aria-labelledby="log">
      <div class="card-head">
        <h2 id="log">Events</h2>
        <label class="check">
          <input
            type="checkbox"
            checked={showsProgress}
            onChange={({ currentTarget }) => setProgress(currentTarget.checked)}
          />
          <span>Progress</span>
        </label>
      </div>
      <ol class="entries" tabIndex={0} aria-label="Events, newest first">
        {entries.map((entry) => (
          <Entry key={entry.key} entry={entry} name={nameOf(actor.chart, entry.event.type)} />
        ))}
      </ol>
    </section>
  );
}

interface EntryProps {
  readonly entry: LogEntry;
  readonly name: string;
}

function Entry({ entry: { time, event, count, to }, name }: EntryProps): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  return (
    <li>
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>
          <time>{clockTime(time)}</time>
          <span class="entry-type">
            {visible(name)}
            {count > 1 && <span class="quiet"> ×{whole(count)}</span>}
          </span>
          {to !== null && <span class={`pill ${hueOf(to)}`}>{visible(to)}</span>}
        </summary>
        {isOpen && (
          // The list may be longer than its container, and must be scrollable by keyboard.
          <pre tabIndex={0} role="region" aria-label={`Payload of ${visible(name)}`}>
            {visible(JSON.stringify(event, null, 2))}
          </pre>
        )}
      </details>
    </li>
  );
}
