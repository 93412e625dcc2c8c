/** Compares what a consumer got with what the server has on its list. */

import type { ScriptEvent } from './script.js';

export interface Comparison {
  /** On the list, never received. */
  readonly lost: number;
  /** Received more often than once; every surplus copy counts. */
  readonly duplicated: number;
  /** Received, but not on the list: a damaged or invented event. */
  readonly foreign: number;
  /** Received after one that stands behind it on the list. */
  readonly outOfOrder: number;
  /** True if all four are 0. */
  readonly whole: boolean;
}

/** An event is the same only if both its id and its data are. */
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
