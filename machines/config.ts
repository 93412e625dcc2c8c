/** How often and how patiently to reconnect, and the check that refuses what cannot work. */

import { ReconnectError } from './errors.js';

/** Attempts in a row without new data. From the Rust module. */
export const DEFAULT_MAX_RECONNECT_ATTEMPTS = 5;
/** Delay before the first attempt, before jitter, in ms. From the Rust module. */
export const DEFAULT_INITIAL_BACKOFF_MS = 1000;
/** Cap of the exponential delay, before jitter, in ms. From the Rust module. */
export const DEFAULT_MAX_BACKOFF_MS = 30_000;
/** Growth of the delay from attempt to attempt. From the Rust module. */
export const DEFAULT_BACKOFF_MULTIPLIER = 2;

/** Longer than a loop of accepting and hanging up, and shorter than the idle timeouts of proxies. In ms. */
const DEFAULT_ALIVE_AFTER_MS = 30_000;

/**
 * No limit of attempts, as the machine's context, checkpoints and the wire write it: JSON has no `Infinity`. The
 * largest `u32`, which the Rust module counts in.
 */
const UNLIMITED_ATTEMPTS: number = 2 ** 32 - 1;

/** Returns a limit of attempts as it is stored and sent. */
export function storedLimit(maxAttempts: number): number {
  return maxAttempts === Infinity ? UNLIMITED_ATTEMPTS : maxAttempts;
}

/** Returns a stored limit of attempts as people read it: `Infinity` for none. */
export function shownLimit(stored: number): number {
  return stored === UNLIMITED_ATTEMPTS ? Infinity : stored;
}

/** The longest delay a timer can hold, in ms: beyond it `setTimeout` fires at once (HTML, Node). */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;

const JITTER_KINDS = ['spread', 'full', 'equal', 'decorrelated', 'additive', 'none'] as const;
export type JitterKind = (typeof JITTER_KINDS)[number];

export interface ReconnectConfig {
  /**
   * Reconnect attempts in a row without new data; the first connection is not one of them. `Infinity`: no limit.
   * @default 5
   */
  maxAttempts: number;
  /** Delay before the first attempt, in ms. @default 1000 */
  initialBackoffMs: number;
  /** Cap of the exponential delay, in ms. @default 30000 */
  maxBackoffMs: number;
  /** Growth from attempt to attempt. @default 2 */
  backoffMultiplier: number;
  /** How chance spreads clients that were dropped together; `true` is `additive`. @default 'spread' */
  jitter: boolean | JitterKind;
}

/** The config together with the bounds that a host may set. */
export interface RetryPolicy extends ReconnectConfig {
  /** No wait is shorter, in ms. @default 0 */
  minBackoffMs: number;
  /**
   * Time of an outage after which no attempt starts, in ms; null: no limit. An outage lasts from the loss
   * of the connection, or the wish for the first one, to the first new data; what a connection stood without
   * data, or the stream was paused, does not count.
   * @default null
   */
  maxElapsedMs: number | null;
  /** If the server asks for a longer wait, the stream fails openly, in ms; null: no limit. @default 300000 */
  maxServerDelayMs: number | null;
  /** Uptime that, besides new data, is needed before the attempts start again from 0, in ms; null: none. @default null */
  resetAfterMs: number | null;
  /**
   * For feeds: uptime with signs of life that proves a connection healthy, in ms, so that the attempts start again from
   * 0; null: uptime proves nothing. Without a sign it must also have outlived `maxBackoffMs`.
   * @default 30000, or `resetAfterMs` where that is less
   */
  aliveAfterMs: number | null;
}

export const defaultReconnectConfig: ReconnectConfig = Object.freeze({
  maxAttempts: DEFAULT_MAX_RECONNECT_ATTEMPTS,
  initialBackoffMs: DEFAULT_INITIAL_BACKOFF_MS,
  maxBackoffMs: DEFAULT_MAX_BACKOFF_MS,
  backoffMultiplier: DEFAULT_BACKOFF_MULTIPLIER,
  jitter: 'spread',
});

export const defaultRetryPolicy: RetryPolicy = Object.freeze({
  ...defaultReconnectConfig,
  minBackoffMs: 0,
  maxElapsedMs: null,
  maxServerDelayMs: 300_000,
  resetAfterMs: null,
  aliveAfterMs: DEFAULT_ALIVE_AFTER_MS,
});

/** What the wire and the Rust module can hold: `u32` for counts, whole numbers up to 2^53 − 1 for ms. */
const COUNT = {
  min: 0,
  max: UNLIMITED_ATTEMPTS,
  what: `a whole number from 0 to ${UNLIMITED_ATTEMPTS}, or Infinity`,
};
const UPTIME_MS = { min: 0, max: Number.MAX_SAFE_INTEGER, what: 'a whole number of ms from 0' };
const TIMER_MS = {
  min: 0,
  max: MAX_TIMER_MS,
  what: `a whole number of ms from 0 to ${MAX_TIMER_MS}`,
};
/** Bounds, where 0 would mean "at once" and people mean "never". */
const BOUND_MS = {
  min: 1,
  max: Number.MAX_SAFE_INTEGER,
  what: 'a whole number of ms from 1, or null',
};
const TIMEOUT_MS = {
  min: 1,
  max: MAX_TIMER_MS,
  what: `a whole number of ms from 1 to ${MAX_TIMER_MS}, or null`,
};
const NO_LIMIT = 'For no limit write null.';

/** What a caller sets: where it is left out, or undefined, the default holds. */
export type PartialOptions<T> = { [K in keyof T]?: T[K] | undefined };

/**
 * Completes a partial config with the defaults and freezes it.
 * @throws ReconnectError kind `config`: what was expected, what came, what to write instead.
 */
export function resolveConfig(config: PartialOptions<ReconnectConfig> = {}): ReconnectConfig {
  const resolved = withDefaults(defaultReconnectConfig, config);
  if (resolved.maxAttempts !== Infinity)
    checkWhole('maxAttempts', resolved.maxAttempts, COUNT, 'For no limit write Infinity.');
  checkWhole('initialBackoffMs', resolved.initialBackoffMs, TIMER_MS);
  checkWhole('maxBackoffMs', resolved.maxBackoffMs, TIMER_MS);
  const { backoffMultiplier, jitter } = resolved;
  if (!Number.isFinite(backoffMultiplier) || backoffMultiplier < 0) {
    throw configError(
      'backoffMultiplier',
      'a finite number from 0',
      backoffMultiplier,
      'For a constant delay write 1.',
    );
  }
  if (typeof jitter !== 'boolean' && !JITTER_KINDS.includes(jitter)) {
    throw configError(
      'jitter',
      `true, false or one of ${JITTER_KINDS.join(', ')}`,
      jitter,
      "The default is 'spread'.",
    );
  }
  return Object.freeze(resolved);
}

/**
 * Completes a partial policy with the defaults and freezes it.
 * @throws ReconnectError kind `config`.
 */
export function resolvePolicy(policy: PartialOptions<RetryPolicy> = {}): RetryPolicy {
  if (complete.has(policy)) return policy as RetryPolicy;
  const bounds = withDefaults(defaultRetryPolicy, policy);
  checkWhole('minBackoffMs', bounds.minBackoffMs, TIMER_MS);
  checkWholeOrNull('maxServerDelayMs', bounds.maxServerDelayMs, TIMEOUT_MS, NO_LIMIT);
  checkWholeOrNull('maxElapsedMs', bounds.maxElapsedMs, BOUND_MS, NO_LIMIT);
  const byData = 'To go by new data alone write null.';
  checkWholeOrNull('resetAfterMs', bounds.resetAfterMs, UPTIME_MS, byData);
  checkWholeOrNull('aliveAfterMs', bounds.aliveAfterMs, BOUND_MS, byData);
  const { maxAttempts, initialBackoffMs, maxBackoffMs, backoffMultiplier, jitter } =
    resolveConfig(policy);
  const { minBackoffMs, maxElapsedMs, maxServerDelayMs, resetAfterMs } = bounds;
  const isDefault = policy.aliveAfterMs === undefined && resetAfterMs !== null && resetAfterMs > 0;
  const aliveAfterMs = isDefault
    ? Math.min(resetAfterMs, DEFAULT_ALIVE_AFTER_MS)
    : bounds.aliveAfterMs;
  // Spelled out: V8 gives each object that is made by a spread a shape of its own.
  const resolved: RetryPolicy = Object.freeze({
    maxAttempts: storedLimit(maxAttempts),
    initialBackoffMs,
    maxBackoffMs,
    backoffMultiplier,
    jitter,
    minBackoffMs,
    maxElapsedMs,
    maxServerDelayMs,
    resetAfterMs,
    aliveAfterMs,
  });
  if (NAMES.every((name) => resolved[name] === defaultRetryPolicy[name])) return defaultRetryPolicy;
  complete.add(resolved);
  return resolved;
}

const NAMES = Object.keys(defaultRetryPolicy) as (keyof RetryPolicy)[];

/** Policies that were checked: a stream's is checked by its options, and not again by its machine. */
const complete = new WeakSet<object>([defaultRetryPolicy]);

/** A timeout that a timer can hold, or null for none. @throws ReconnectError kind `config`. */
export function checkTimeout(name: string, value: unknown): void {
  checkWholeOrNull(name, value, TIMEOUT_MS, 'For never write null.');
}

/** A misspelt option would be silently without effect. @throws ReconnectError kind `config`. */
export function checkNames(given: object, known: readonly string[]): void {
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && !known.includes(name))
      throw configError(name, 'a known option', value, `The options are ${known.join(', ')}.`);
  }
}

/** The error for a wrong option: what was expected, what came, what to write. */
export function configError(
  name: string,
  expected: string,
  got: unknown,
  hint = '',
): ReconnectError {
  return new ReconnectError(
    'config',
    `${name}: expected ${expected}, got ${describeValue(got)}.${hint && ` ${hint}`}`,
  );
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly what: string;
}

function checkWhole(name: string, value: unknown, { min, max, what }: Range, hint?: string): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max)
    return;
  throw configError(name, what, value, hint);
}

function checkWholeOrNull(name: string, value: unknown, range: Range, hint: string): void {
  if (value !== null) checkWhole(name, value, range, hint);
}

function withDefaults<T extends object>(defaults: T, given: PartialOptions<T>): T {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw configError('config', 'an object', given, 'For the defaults write {}.');
  }
  const result = { ...defaults };
  for (const key of Object.keys(defaults) as (keyof T)[]) {
    const value = given[key];
    if (value !== undefined) result[key] = value;
  }
  return result;
}

/** Shows the type, and the value only where it cannot be a secret. */
function describeValue(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean' || value == null)
    return String(value);
  if (typeof value === 'string') return value.length <= 12 ? `the string '${value}'` : 'a string';
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}
