/** The options of `reconnectStream`: their types, defaults and validation. */

import type { InspectionEvent, Observer } from 'xstate';
import { parseCheckpoint } from '../../machines/checkpoint.js';
import type { Checkpoint } from '../../machines/checkpoint.js';
import { checkNames, checkTimeout, resolvePolicy, configError } from '../../machines/config.js';
import type { PartialOptions, RetryPolicy } from '../../machines/config.js';
import type { Classify } from './classify.js';
import { systemClock } from '../host/clock.js';
import type { Clock } from '../host/clock.js';
import { pageEnvironment } from '../host/environment.js';
import type { Environment } from '../host/environment.js';

const MIB = 1024 * 1024;

/** How and when to reconnect, deliver and give up. Everything has a default. */
export interface ReconnectOptions extends PartialOptions<RetryPolicy> {
  /**
   * Time for a connection to open, headers included, in ms; null: no limit.
   * @default 10000, or 600000 for a stream that could not resume after it
   */
  connectTimeoutMs?: number | null | undefined;
  /**
   * Silence after which a connection is taken for dead, in ms; null: never. `'auto'`: two and a half times the longest
   * silence between signs of life so far, from 10 s to 120 s.
   * @default 45000, or 600000 for a stream that could not resume after it
   */
  stallTimeoutMs?: number | 'auto' | null | undefined;
  /**
   * Age at which a connection is replaced by another, in ms, because something would cut it soon after; null: never. It
   * costs no attempt.
   * @default null
   */
  rotateAfterMs?: number | null | undefined;
  /** Time without data, not counting pings, after which the peer is taken for dead, in ms; null: never. @default null */
  progressTimeoutMs?: number | null | undefined;
  /**
   * `eager` delivers items as they come, and takes back by `reset` those that will come again; `commit` holds items
   * until their checkpoint.
   * @default that of the source, or 'eager'
   */
  delivery?: 'commit' | 'eager' | undefined;
  /** Items that may wait for the consumer before reading stops. @default 1024 */
  highWaterMark?: number | undefined;
  /**
   * Memory for everything that waits in the stream, in bytes: items that the consumer has not taken, or that wait for
   * their checkpoint or the proof of a replay, messages of a WebSocket, and tool calls. Where the consumer can make room,
   * reading stops; otherwise the error is of kind `limit`. Sizes are estimates: 256 bytes for an item, 2 for a
   * UTF-16 code unit of text, 10 for one of JSON that is parsed, 28 where that only stops the reading.
   * @default 64 MiB
   */
  maxBufferedBytes?: number | undefined;
  /** Permits a request to run again from its start if it cannot be resumed. @default false */
  allowRestart?: boolean | undefined;
  /** Overrides how a failure is handled. */
  classify?: Classify | undefined;
  /**
   * Signals from the host: online and offline, wake-up, the back/forward cache. Null: none are followed.
   * @default pageEnvironment() in a page, else null
   */
  environment?: Environment | null | undefined;
  /** Aborting it closes the stream. */
  signal?: AbortSignal | undefined;
  /** @default the clock of this process */
  clock?: Clock | undefined;
  /** Returns a number in [0, 1). @default Math.random */
  random?: (() => number) | undefined;
  /** An XState inspector. */
  inspect?: Observer<InspectionEvent> | ((event: InspectionEvent) => void) | undefined;
  /** The position of an earlier run: the result of `stream.checkpoint()`, or its JSON text. */
  checkpoint?: Checkpoint | string | undefined;
}

/** The options with their defaults. Because of the record, an option that is forgotten here does not compile. */
export interface ResolvedOptions extends Record<
  Exclude<keyof ReconnectOptions, keyof RetryPolicy>,
  unknown
> {
  readonly policy: RetryPolicy;
  /** Undefined: the default of the source, see `timeouts.ts`. */
  readonly connectTimeoutMs: number | null | undefined;
  readonly stallTimeoutMs: number | 'auto' | null | undefined;
  readonly progressTimeoutMs: number | null;
  readonly rotateAfterMs: number | null;
  readonly delivery: 'commit' | 'eager' | undefined;
  readonly highWaterMark: number;
  readonly maxBufferedBytes: number;
  readonly allowRestart: boolean;
  readonly classify: Classify | undefined;
  readonly environment: Environment | null;
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly inspect: ReconnectOptions['inspect'];
  readonly checkpoint: Checkpoint | undefined;
}

/**
 * Completes the options with their defaults.
 * @throws ReconnectError kind `config` for a wrong option, `checkpoint` for a damaged checkpoint.
 */
export function resolveOptions(options: ReconnectOptions = {}): ResolvedOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw configError('options', 'an object', options);
  const isDefault = Object.values(options).every((value) => value === undefined);
  if (isDefault) return DEFAULTS;
  checkNames(options, OPTION_NAMES);
  return complete(options);
}

function complete(options: ReconnectOptions): ResolvedOptions {
  const {
    connectTimeoutMs,
    stallTimeoutMs,
    progressTimeoutMs = null,
    rotateAfterMs = null,
    delivery,
    highWaterMark = 1024,
    maxBufferedBytes = 64 * MIB,
    allowRestart = false,
    classify,
    environment = defaultEnvironment(),
    signal,
    clock = systemClock,
    random = systemClock.random,
    inspect,
    checkpoint,
  } = options;
  const resolved = {
    policy: resolvePolicy(options),
    connectTimeoutMs,
    stallTimeoutMs,
    progressTimeoutMs,
    rotateAfterMs,
    delivery,
    highWaterMark,
    maxBufferedBytes,
    allowRestart,
    classify,
    environment,
    signal,
    clock,
    random,
    inspect,
  };
  validate(resolved);
  return {
    ...resolved,
    checkpoint: checkpoint === undefined ? undefined : parseCheckpoint(checkpoint),
  };
}

/** @throws ReconnectError kind `config` for a value that cannot work, whatever its type says. */
function validate(options: Omit<ResolvedOptions, 'policy' | 'checkpoint'>): void {
  const { connectTimeoutMs, stallTimeoutMs, delivery, allowRestart, environment, signal } = options;
  if (connectTimeoutMs !== undefined) checkTimeout('connectTimeoutMs', connectTimeoutMs);
  if (stallTimeoutMs !== undefined && stallTimeoutMs !== 'auto')
    checkTimeout('stallTimeoutMs', stallTimeoutMs);
  checkTimeout('progressTimeoutMs', options.progressTimeoutMs);
  checkTimeout('rotateAfterMs', options.rotateAfterMs);
  if (delivery !== undefined && delivery !== 'commit' && delivery !== 'eager')
    throw configError('delivery', "'commit' or 'eager'", delivery);
  checkCount('highWaterMark', 'items', options.highWaterMark);
  checkCount('maxBufferedBytes', 'bytes', options.maxBufferedBytes);
  if (typeof allowRestart !== 'boolean')
    throw configError('allowRestart', 'true or false', allowRestart);
  checkFunction('classify', options.classify);
  checkFunction('random', options.random);
  if (environment !== null && typeof environment?.watch !== 'function')
    throw configError('environment', 'an object with watch() and isOnline, or null', environment);
  checkClock(options.clock);
  if (signal !== undefined && typeof signal?.addEventListener !== 'function')
    throw configError('signal', 'an AbortSignal', signal, 'Write new AbortController().signal.');
}

function checkCount(name: string, unit: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 1)
    throw configError(name, `a whole number of ${unit} from 1`, value);
}

function checkFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function')
    throw configError(name, 'a function', value);
}

function checkClock(clock: Clock): void {
  for (const method of ['setTimeout', 'clearTimeout', 'now'] as const) {
    if (typeof clock?.[method] !== 'function')
      throw configError('clock', `an object with ${method}()`, clock);
  }
}

/** Returns the environment of a page or a worker; null on a server, which reports neither being offline nor a sleep. */
function defaultEnvironment(): Environment | null {
  const { document, navigator, addEventListener } = globalThis as {
    document?: unknown;
    navigator?: { readonly onLine?: unknown };
    addEventListener?: unknown;
  };
  const isWorker = typeof navigator?.onLine === 'boolean' && typeof addEventListener === 'function';
  return document !== undefined || isWorker ? pageEnvironment() : null;
}

/** The options of all streams that change nothing: one object. Last in the file, since it calls the functions above. */
const DEFAULTS: ResolvedOptions = Object.freeze(complete({}));

/** The names of all options. */
const OPTION_NAMES: readonly string[] = [
  ...Object.keys(DEFAULTS.policy),
  ...Object.keys(DEFAULTS).filter((name) => name !== 'policy'),
];
