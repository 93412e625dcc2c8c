/** An inspector of the caller: called outside the machine, and guarded. */

import type { InspectionEvent } from 'xstate';
import type { ReconnectOptions } from '../config/options.js';
import { runQuietly } from '../../machines/thenable.js';

/**
 * Passes events on until the inspector throws; then a diagnostic says so once and it is not called again, since each
 * report would be inspected too.
 */
export function guardedInspector(
  inspect: NonNullable<ReconnectOptions['inspect']>,
  onThrow: () => void,
): (event: InspectionEvent) => void {
  let isBroken = false;
  return (event) => {
    if (isBroken) return;
    runQuietly(
      () => (typeof inspect === 'function' ? inspect(event) : inspect.next?.(event)),
      stop,
    );
  };

  function stop(): void {
    if (isBroken) return;
    isBroken = true;
    // Not in this turn: the actor may be in the middle of a step, or not made yet.
    queueMicrotask(onThrow);
  }
}
