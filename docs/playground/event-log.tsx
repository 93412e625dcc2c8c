/** The events, newest first. */

import type { JSX } from 'preact';
import { memo } from 'preact/compat';

import type { Session } from './session.js';
import { visible } from './visible.js';

export const EventLog = memo(function EventLog({
  lines,
}: {
  lines: Session['lines'];
}): JSX.Element {
  return (
    <section class="panel events" aria-labelledby="title-log">
      <h2 id="title-log">Events</h2>
      <div class="log" tabIndex={0} role="region" aria-labelledby="title-log">
        <table>
          <thead class="unseen">
            <tr>
              <th scope="col">time</th>
              <th scope="col">who</th>
              <th scope="col">what</th>
            </tr>
          </thead>
          <tbody>
            {lines.toReversed().map(({ at, kind, title, detail }, index) => (
              <tr key={lines.length - index}>
                <td class="time">{(at / 1000).toFixed(2)}</td>
                <td class={`kind ${kind}`}>{kind}</td>
                <td>
                  <b>{visible(title)}</b> <span class="detail">{visible(detail)}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
});
