/** The library's lifecycle events as lines of the log. */

import type { ReconnectEvent } from 'stream-reconnect';

/** `progress` comes ten times a second: it is in the counters. */
export const TOLD = [
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

/** What an event says, in a few words. */
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
