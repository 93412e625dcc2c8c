/** Compares what a consumer received with the server's list. */

import type { ScriptEvent } from './script.js';

export interface Comparison {
  /** Number of events on the list that were never received. */
  readonly lost: number;
  /** Number of surplus copies. */
  readonly duplicated: number;
  /** Number of received events that are not on the list: damaged or invented. */
  readonly foreign: number;
  /** Number of events received after one that follows it on the list. */
  readonly outOfOrder: number;
  /** True if all four numbers are 0. */
  readonly whole: boolean;
}

/** Two events are equal if both id and data are. */
export function compare(
  sent: readonly ScriptEvent[],
  received: readonly ScriptEvent[],
): Comparison {
  const places = new Map(sent.map((event, place) => [key(event), place]));
  const seen = new Set<number>();
  let [duplicated, foreign, outOfOrder, furthest] = [0, 0, 0, -1];
  for (const event of received) {
    const place = places.get(key(event));
    if (place === undefined) {
      foreign += 1;
    } else if (seen.has(place)) {
      duplicated += 1;
    } else {
      seen.add(place);
      if (place < furthest) outOfOrder += 1;
      furthest = Math.max(furthest, place);
    }
  }
  const lost = places.size - seen.size;
  return {
    lost,
    duplicated,
    foreign,
    outOfOrder,
    whole: lost + duplicated + foreign + outOfOrder === 0,
  };
}

function key(event: ScriptEvent): string {
  return `${event.id}\n${event.data}`;
}
