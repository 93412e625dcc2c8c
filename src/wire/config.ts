/** Converts the configuration to and from the JSON of the Rust module, as serde prints it. */

import { shownLimit, storedLimit } from '../../machines/config.js';
import type { ReconnectConfig } from '../../machines/config.js';
import { readFlag, readNumber, readRecord, readWhole } from './read.js';

export interface WireConfig {
  readonly max_attempts: number;
  readonly initial_backoff_ms: number;
  readonly max_backoff_ms: number;
  readonly backoff_multiplier: number;
  readonly jitter: boolean;
}

/** The wire has jitter or none: every kind but `none` is written as true. */
export function toWireConfig(config: ReconnectConfig): WireConfig {
  return {
    max_attempts: storedLimit(config.maxAttempts),
    initial_backoff_ms: config.initialBackoffMs,
    max_backoff_ms: config.maxBackoffMs,
    backoff_multiplier: config.backoffMultiplier,
    jitter: config.jitter !== false && config.jitter !== 'none',
  };
}

/** @throws ReconnectError kind `wire`. */
export function fromWireConfig(value: unknown): ReconnectConfig {
  const from = readRecord('config', value);
  return {
    maxAttempts: shownLimit(readWhole('max_attempts', from['max_attempts'])),
    initialBackoffMs: readWhole('initial_backoff_ms', from['initial_backoff_ms']),
    maxBackoffMs: readWhole('max_backoff_ms', from['max_backoff_ms']),
    backoffMultiplier: readNumber('backoff_multiplier', from['backoff_multiplier']),
    jitter: readFlag('jitter', from['jitter']),
  };
}
