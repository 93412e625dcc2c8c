/** Time and chance for a machine that may not know them: from the report, or from the actor's clock. */

import type { Moment } from './reconnect.types.js';

/**
 * The moment that a report carries, or what the actor's clock reads: `createActor(machine, { clock })`
 * with a clock that has `now()`, and `wallNow()` and `random()` if it likes. Without any of them time
 * stands at 0 and every draw is the middle of its range.
 */
export function momentOf(event: object, self: object = {}): Moment {
  const given = carried(event);
  if (given !== undefined) return given;
  const clock = clockOf(self);
  const now = clock?.now?.() ?? 0;
  return { now, date: clock?.wallNow?.() ?? now, draw: clock?.random?.() ?? 0.5 };
}

/** The time of that moment, where nothing is left to chance: no draw is spent on it. */
export function nowOf(event: object, self: object): number {
  return carried(event)?.now ?? clockOf(self)?.now?.() ?? 0;
}

/** Whether the event carries its moment. */
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

/**
 * Commands and reports carry it themselves, results of `open` in their output or error, and the reader's
 * answer to a command in that command.
 */
function carried(event: object): Moment | undefined {
  const { moment, output, error, command } = event as Record<string, unknown>;
  return (moment as Moment | undefined) ?? momentIn(output) ?? momentIn(error) ?? momentIn(command);
}

function momentIn(value: unknown): Moment | undefined {
  return typeof value === 'object' && value !== null
    ? (value as { moment?: Moment }).moment
    : undefined;
}
