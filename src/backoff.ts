/** The delay of `machines/backoff.ts`, with `Math.random` as the default. */

import { backoffDelayMs as pureBackoffDelayMs } from '../machines/backoff.js';
import type { ReconnectConfig } from '../machines/config.js';

/**
 * Returns the delay before an attempt of an outage, in whole ms, by the configured jitter.
 *
 * Without `random` two calls return two delays. The function of the same name in the entry
 * `stream-reconnect/machines` is pure: without `random` it returns the middle of the range.
 *
 * @param attempt 1 for the first attempt of an outage; 0 counts as 1, as in the Rust module.
 * @param random returns a number in [0, 1). @default Math.random
 */
export function backoffDelayMs(
  config: ReconnectConfig,
  attempt: number,
  random: () => number = Math.random,
): number {
  return pureBackoffDelayMs(config, attempt, random);
}
