/** The state, the countdown to the next attempt, and the counters. */

import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

import { compare, countWords, textOf } from './answer.js';
import { useTicks } from './hooks.js';
import type { Session } from './session.js';

export function Status({ session }: { session: Session | null }): JSX.Element {
  const state = session?.snapshot.state ?? 'idle';
  const chunks = session?.records.length ?? 0;
  // Records that are not read after a cancel are not lost.
  const isOver = state === 'closed' && session?.stream.checkpoint().outcome === 'complete';
  const { lost, doubled } =
    session === null ? { lost: 0, doubled: 0 } : compare(session.written, session.records, isOver);
  const bar = useRef<HTMLElement>(null);
  useLayoutEffect(() => keepHeightKnown(bar.current), []);
  return (
    <section class="panel status" ref={bar} aria-label="State of the stream">
      <div class="now">
        <span class="pill" data-state={state} data-testid="state">
          {state}
        </span>
        <Attempt session={session} />
      </div>
      <dl class="counters">
        <Counter name="chunks" value={chunks} of={session?.of} />
        <Counter name="drops" value={session?.snapshot.drops ?? 0} />
        <Counter name="resumes" value={session?.resumes ?? 0} />
        <Counter name="lost" value={lost} isBad={lost > 0} />
        <Counter name="doubled" value={doubled} isBad={doubled > 0} />
        <PlainLoss session={session} />
      </dl>
      <p class="unseen" role="status">
        {announcement(session)}
      </p>
    </section>
  );
}

/** Sets the height of the bar for the style sheet, so that the bar does not cover the focus. */
function keepHeightKnown(bar: HTMLElement | null): (() => void) | undefined {
  if (bar === null) return undefined;
  const observer = new ResizeObserver(() =>
    document.documentElement.style.setProperty('--status-height', `${bar.offsetHeight}px`),
  );
  observer.observe(bar);
  return () => observer.disconnect();
}

function Attempt({ session }: { session: Session | null }): JSX.Element {
  const snapshot = session?.snapshot;
  const { retryAt = null, delayMs = null, attempt = 0, maxAttempts = 0 } = snapshot ?? {};
  const isWaiting = retryAt !== null && delayMs !== null;
  useTicks(100, isWaiting);
  const left = isWaiting ? Math.min(Math.max(retryAt - Date.now(), 0), delayMs) : 0;
  const share = isWaiting && delayMs > 0 ? 1 - left / delayMs : 0;
  return (
    <div class="attempt">
      <p>
        <span data-testid="attempt">
          {attempt === 0 ? 'no attempt pending' : `attempt ${attempt} of ${maxAttempts}`}
        </span>
        {isWaiting && (
          <span class="countdown" data-testid="countdown">
            {`next in ${(left / 1000).toFixed(1)} s`}
          </span>
        )}
        {snapshot?.error != null && snapshot.state === 'failed' && (
          <span class="bad">{snapshot.error.message}</span>
        )}
      </p>
      <div class="bar" aria-hidden="true">
        <div style={{ width: `${(share * 100).toFixed(1)}%` }} />
      </div>
    </div>
  );
}

interface CounterProps {
  readonly name: string;
  readonly value: number;
  readonly of?: number | undefined;
  readonly isBad?: boolean;
}

function Counter({ name, value, of, isBad = false }: CounterProps): JSX.Element {
  return (
    <div class={isBad ? 'counter bad' : 'counter'}>
      <dt>{name}</dt>
      <dd data-testid={name}>
        {value}
        {of !== undefined && <small> / {of}</small>}
      </dd>
    </div>
  );
}

function PlainLoss({ session }: { session: Session | null }): JSX.Element {
  const words = session === null ? 0 : plainLossOf(session);
  return (
    <div class={words > 0 ? 'counter other bad' : 'counter other'}>
      <dt>words lost by plain fetch</dt>
      <dd data-testid="plain-lost">{words}</dd>
    </div>
  );
}

/** Returns the number of words that the plain loop has lost. */
export function plainLossOf({ plain, written }: Session): number {
  // After a reload the plain loop has nothing: it kept no checkpoint.
  if (plain === null) return countWords(textOf(written));
  return compare(written, plain.records, plain.status !== 'reading').lostWords;
}

/** Returns the text for screen readers: changes of state, not every word. */
function announcement(session: Session | null): string {
  if (session === null) return '';
  const { state, attempt, maxAttempts, delayMs } = session.snapshot;
  if (state !== 'waiting' || delayMs === null) return `stream ${state}`;
  const seconds = Math.max(Math.round(delayMs / 1000), 1);
  return `connection lost, attempt ${attempt} of ${maxAttempts} in about ${seconds} s`;
}
