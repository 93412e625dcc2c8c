/** The states of the stream over time, and the lifetime of the plain loop. */

import type { ReconnectState } from 'stream-reconnect';
import type { JSX } from 'preact';

import { useTicks } from './hooks.js';
import type { Session } from './session.js';

const LANES: readonly ReconnectState[] = [
  'connecting',
  'connected',
  'waiting',
  'paused',
  'failed',
  'closed',
];

/** The minimum length of the axis, in ms, so that the first second does not fill it. */
const LEAST_MS = 10_000;

export function Timeline({ session }: { session: Session | null }): JSX.Element {
  const isRunning = session !== null && session.snapshot.state !== 'closed';
  useTicks(100, isRunning);
  const spans = session?.spans ?? [];
  const nowMs = endOf(session, isRunning);
  const fullMs = Math.max(nowMs, LEAST_MS);
  const bar = (key: string, state: string, from: number, to: number): JSX.Element => (
    <span
      key={key}
      class="span"
      data-state={state}
      title={`${state}: ${seconds(from)} to ${seconds(to)}`}
      style={{
        left: `${(from / fullMs) * 100}%`,
        width: `${Math.max(((to - from) / fullMs) * 100, 0.25)}%`,
      }}
    />
  );
  return (
    <section class="panel timeline" aria-labelledby="title-timeline">
      <h2 id="title-timeline">Timeline</h2>
      <div class="lanes" role="img" aria-label={summary(session)}>
        {LANES.map((lane) => (
          <div class="lane" key={lane}>
            <span class="name">{lane}</span>
            <span class="track">
              {spans
                .filter(({ state }) => state === lane)
                .map(({ from, to }) => bar(`${from}`, lane, from, to ?? nowMs))}
            </span>
          </div>
        ))}
        <div class="lane plain">
          <span class="name">plain fetch</span>
          <span class="track">
            {session?.plain != null && bar('plain', 'plain', 0, session.plainEndedAt ?? nowMs)}
          </span>
        </div>
        <div class="lane axis" aria-hidden="true">
          <span class="name" />
          <span class="track">
            {ticks(fullMs).map((ms) => (
              <span key={ms} class="tick" style={{ left: `${(ms / fullMs) * 100}%` }}>
                {seconds(ms)}
              </span>
            ))}
          </span>
        </div>
      </div>
    </section>
  );
}

/** Returns the end of the axis: now, or the end of the stream. */
function endOf(session: Session | null, isRunning: boolean): number {
  if (session === null) return 0;
  if (isRunning) return performance.now() - session.startedAt;
  return Math.max(session.spans.at(-1)?.from ?? 0, session.plainEndedAt ?? 0);
}

/** Returns the ticks of the axis: at most about eight, at round numbers. */
function ticks(fullMs: number): readonly number[] {
  const step =
    [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800]
      .map((s) => s * 1000)
      .find((ms) => fullMs / ms <= 8) ?? fullMs;
  return Array.from({ length: Math.floor((fullMs * 0.97) / step) + 1 }, (_, n) => n * step);
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`;
}

function summary(session: Session | null): string {
  if (session === null) return 'No stream yet';
  const visits = session.spans.map(({ state }) => state);
  return `States so far: ${visits.slice(-12).join(', ')}`;
}
