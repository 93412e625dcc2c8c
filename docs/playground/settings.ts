/** The settings of the form, with the names and units of the library's options. */

import type { JitterKind, ReconnectConfig } from 'stream-reconnect';

export interface Settings extends ReconnectConfig {
  readonly jitter: JitterKind;
  readonly stallTimeoutMs: number;
}

/** Shorter than the library's defaults, so that something happens soon. */
export const DEFAULT_SETTINGS: Settings = {
  maxAttempts: 6,
  initialBackoffMs: 800,
  maxBackoffMs: 8000,
  backoffMultiplier: 2,
  jitter: 'spread',
  stallTimeoutMs: 3000,
};

export const JITTER_KINDS: readonly JitterKind[] = [
  'spread',
  'full',
  'equal',
  'decorrelated',
  'additive',
  'none',
];

export const PACES = [
  { name: 'slow', ms: 90 },
  { name: 'normal', ms: 40 },
  { name: 'fast', ms: 12 },
] as const;

export const SAMPLES = ['prose', 'hostile'] as const;
