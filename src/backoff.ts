/** The pure delay of `machines/backoff.ts`, with real chance where none is given. */

import { backoffDelayMs as pureBackoffDelayMs } from '../machines/backoff.js';
import type { ReconnectConfig } from '../machines/config.js';

/**
 * The delay before attempt n of an outage, in whole ms.
 *
 * @param attempt 1 for the first attempt of an outage.
 * @param random draws in [0, 1).
 */
export function backoffDelayMs(
  config: ReconnectConfig,
  attempt: number,
  random: () => number = Math.random,
): number {
  return pureBackoffDelayMs(config, attempt, random);
}
