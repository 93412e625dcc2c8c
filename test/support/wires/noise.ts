/** What peers and the proxies before them put between events: it means nothing, and must do nothing. */

import type { Choices } from './choices.js';
import type { Saying } from './script.js';

/** Heartbeats in a stream of events; a reader that takes one of them for JSON of the format ends a paid answer. */
const HEARTBEATS: readonly Omit<Saying, 'facts'>[] = [
  { raw: ': keep-alive\n\n' },
  { raw: ': OPENROUTER PROCESSING\n' },
  { raw: '\n' },
  { data: '' },
  { event: 'ping', data: '' },
  { event: 'ping', data: '{}' },
  { event: 'ping', data: '{"type":"ping"}' },
  { event: 'keepalive', data: '1764350000' },
  { event: 'heartbeat', data: '2026-11-28T21:33:16Z' },
  { raw: 'event: ping\n\n' },
  { raw: 'retry: 3000\n\n' },
];

const EMPTY_LINES: readonly Omit<Saying, 'facts'>[] = [{ raw: '\n' }, { raw: '\r\n' }];

export function heartbeats(kind: 'events' | 'lines'): readonly Omit<Saying, 'facts'>[] {
  return kind === 'lines' ? EMPTY_LINES : HEARTBEATS;
}

/** The script with some of them anywhere in it. */
export function withNoise(
  sayings: readonly Saying[],
  kind: 'events' | 'lines',
  choices: Choices,
): readonly Saying[] {
  if (!choices.odd([false, true])) return sayings;
  const beats = heartbeats(kind);
  const one = choices.pick(beats);
  return sayings.flatMap((saying) => {
    if (!choices.chance(20)) return [saying];
    const beat: Saying = { ...(choices.chance(50) ? one : choices.pick(beats)), facts: [] };
    return [beat, saying];
  });
}
