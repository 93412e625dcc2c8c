/** The delay of `machines/backoff.ts`, with real chance where none is given. */

import { backoffDelayMs as pureBackoffDelayMs } from '../machines/backoff.js';
import type { ReconnectConfig } from '../machines/config.js';

/**
 * The delay before an attempt of an outage, in whole ms, by the configured jitter.
 *
 * Without `random` two calls give two delays. The function of the same name in the entry
 * `stream-reconnect/machines` is pure: it takes the middle of the range then; all else is the same.
 *
 * @param attempt 1 for the first attempt of an outage; 0 counts as 1, as in the Rust module.
 * @param random draws in [0, 1). @default Math.random
 */
export function backoffDelayMs(
  config: ReconnectConfig,
  attempt: number,
  random: () => number = Math.random,
): number {
  return pureBackoffDelayMs(config, attempt, random);
}
