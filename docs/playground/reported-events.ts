/** The lifecycle events that the log shows, one line each. */

import type { ReconnectEvent } from 'stream-reconnect';

/** All but `progress`, which comes ten times a second: the counters show it. */
export const REPORTED_EVENTS = [
  'attemptStarted',
  'connected',
  'dropped',
  'waiting',
  'stalled',
  'paused',
  'failed',
  'restarted',
  'reset',
  'gap',
  'replayed',
  'rotated',
  'caughtUp',
  'toolCall',
  'diagnostic',
  'closed',
] as const;

/** Returns the fields of an event in a few words. */
export function detailOf(event: ReconnectEvent): string {
  switch (event.type) {
    case 'attemptStarted':
      return event.attempt === 0 ? 'the first' : `${event.attempt} of ${event.maxAttempts}`;
    case 'connected':
      return event.resumed ? `resumed after ${Math.round(event.totalTimeMs)} ms` : 'from the start';
    case 'dropped':
      return `${event.reason}: ${event.message}`;
    case 'waiting':
      return `${event.delayMs} ms before attempt ${event.attempt} (${event.reason})`;
    case 'stalled':
      return `silent for ${Math.round(event.silentMs)} ms`;
    case 'paused':
      return event.reasons.join(', ');
    case 'failed':
      return `${event.kind}: ${event.error}`;
    case 'toolCall':
      return `${event.name ?? event.id}: ${event.status}`;
    case 'closed':
      return event.outcome.status;
    case 'restarted':
      return event.why;
    case 'reset':
      return `${event.scope}: ${event.why}`;
    case 'gap':
      return `from ${event.from} to ${event.to}`;
    case 'caughtUp':
      return `${event.items} items in ${Math.round(event.ms)} ms`;
    case 'rotated':
      return 'a planned end';
    case 'replayed':
      return `${event.items} items left out`;
    case 'diagnostic':
      return `${event.code}: ${event.message}`;
    case 'progress':
      return '';
  }
}
