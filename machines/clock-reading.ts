/** Time and chance for a machine that may not know them: from the report, or from the actor's clock. */

import type { ClockReading } from './reconnect.types.js';

/**
 * The clock reading that a report carries, or what the actor's clock reads: `createActor(machine, { clock })`
 * with a clock that has `now()`, and `wallNow()` and `random()` if it likes. Without any of them time
 * stands at 0 and every draw is the middle of its range.
 */
export function readingOf(event: object, self: object = {}): ClockReading {
  const given = carried(event);
  if (given !== undefined) return given;
  const clock = clockOf(self);
  const monotonicMs = clock?.now?.() ?? 0;
  const epochMs = clock?.wallNow?.() ?? monotonicMs;
  return { monotonicMs, epochMs, random: clock?.random?.() ?? 0.5 };
}

/** Returns the monotonic time of that reading, where nothing is left to chance: no draw is spent on it. */
export function nowOf(event: object, self: object): number {
  return carried(event)?.monotonicMs ?? clockOf(self)?.now?.() ?? 0;
}

/** Whether the event carries a clock reading. */
export function isTimed(event: object): boolean {
  return carried(event) !== undefined;
}

interface ReadableClock {
  now?: () => number;
  wallNow?: () => number;
  random?: () => number;
}

function clockOf(self: object): ReadableClock | undefined {
  return (self as { clock?: ReadableClock }).clock;
}

/** Commands and reports carry it themselves, results of `open` in their output or error. */
function carried(event: object): ClockReading | undefined {
  const { reading, output, error } = event as Record<string, unknown>;
  return (reading as ClockReading | undefined) ?? readingIn(output) ?? readingIn(error);
}

function readingIn(value: unknown): ClockReading | undefined {
  return typeof value === 'object' && value !== null
    ? (value as { reading?: ClockReading }).reading
    : undefined;
}
