/** What a caller may set, with its defaults and the check that refuses what cannot work. */

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
   * Time for a connection to be made, headers included, in ms; null: no limit.
   * @default 10000, or 600000 where the stream could not go on after it
   */
  connectTimeoutMs?: number | null | undefined;
  /**
   * Silence that is taken for a dead connection, in ms; null: never. `'auto'`: two and a half times the longest silence
   * between signs of life so far, from 10 s to 120 s.
   * @default 45000, or 600000 where the stream could not go on after it
   */
  stallTimeoutMs?: number | 'auto' | null | undefined;
  /**
   * Age at which a connection is left for another, in ms, because something cuts it soon after; null: never. It costs no
   * attempt.
   * @default null
   */
  rotateAfterMs?: number | null | undefined;
  /** Time without data, pings do not count, that is taken for a dead peer, in ms; null: never. @default null */
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
   * Memory for all that waits in the stream, in bytes: items that the consumer has not taken, that wait for their
   * checkpoint, or for a proof that they are a replay, messages of a WebSocket, and tool calls. Where the consumer can
   * make room, reading stops; otherwise the error is `limit`. Sizes are estimates: 256 bytes for an item, 2 for a
   * UTF-16 code unit of text, 10 for one of JSON that is parsed, 28 where that only stops the reading.
   * @default 64 MiB
   */
  maxBufferedBytes?: number | undefined;
  /** Permits to run a request again from its start where it cannot be resumed. @default false */
  allowRestart?: boolean | undefined;
  /** Has the last word on what an error means. */
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
  /** Draws in [0, 1). @default Math.random */
  random?: (() => number) | undefined;
  /** An inspector of XState. */
  inspect?: Observer<InspectionEvent> | ((event: InspectionEvent) => void) | undefined;
  /** Where an earlier run was: what `stream.checkpoint()` gave, or its JSON text. */
  checkpoint?: Checkpoint | string | undefined;
}

/** Complete: by the record, an option that is forgotten here or in `complete` does not compile. */
export interface ResolvedOptions extends Record<
  Exclude<keyof ReconnectOptions, keyof RetryPolicy>,
  unknown
> {
  readonly policy: RetryPolicy;
  /** Undefined: by the source, see `timeouts.ts`. */
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
  const { connectTimeoutMs, stallTimeoutMs, progressTimeoutMs = null } = options;
  const { rotateAfterMs = null } = options;
  const { delivery, highWaterMark = 1024, maxBufferedBytes = 64 * MIB } = options;
  const { allowRestart = false, classify } = options;
  const {
    environment = ofThisPage(),
    signal,
    clock = systemClock,
    random = systemClock.random,
    inspect,
    checkpoint,
  } = options;
  if (connectTimeoutMs !== undefined) checkTimeout('connectTimeoutMs', connectTimeoutMs);
  if (stallTimeoutMs !== undefined && stallTimeoutMs !== 'auto')
    checkTimeout('stallTimeoutMs', stallTimeoutMs);
  checkTimeout('progressTimeoutMs', progressTimeoutMs);
  checkTimeout('rotateAfterMs', rotateAfterMs);
  if (delivery !== undefined && delivery !== 'commit' && delivery !== 'eager')
    throw configError('delivery', "'commit' or 'eager'", delivery);
  if (!Number.isSafeInteger(highWaterMark) || highWaterMark < 1) {
    throw configError('highWaterMark', 'a whole number of items from 1', highWaterMark);
  }
  if (!Number.isSafeInteger(maxBufferedBytes) || maxBufferedBytes < 1) {
    throw configError('maxBufferedBytes', 'a whole number of bytes from 1', maxBufferedBytes);
  }
  if (typeof allowRestart !== 'boolean')
    throw configError('allowRestart', 'true or false', allowRestart);
  checkFunction('classify', classify);
  checkFunction('random', random);
  if (environment !== null && typeof environment?.watch !== 'function')
    throw configError('environment', 'an object with watch() and isOnline, or null', environment);
  for (const method of ['setTimeout', 'clearTimeout', 'now'] as const) {
    if (typeof clock?.[method] !== 'function')
      throw configError('clock', `an object with ${method}()`, clock);
  }
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw configError('signal', 'an AbortSignal', signal, 'Write new AbortController().signal.');
  }
  return {
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
    checkpoint: checkpoint === undefined ? undefined : parseCheckpoint(checkpoint),
  };
}

/** A page, or a worker of one: both know whether they are online. A server does not, and has no laptop lid. */
function ofThisPage(): Environment | null {
  const { document, navigator, addEventListener } = globalThis as {
    document?: unknown;
    navigator?: { readonly onLine?: unknown };
    addEventListener?: unknown;
  };
  const isWorker = typeof navigator?.onLine === 'boolean' && typeof addEventListener === 'function';
  return document !== undefined || isWorker ? pageEnvironment() : null;
}

function checkFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function')
    throw configError(name, 'a function', value);
}

/** One for all streams that change nothing. Last, since it needs what stands above. */
const DEFAULTS: ResolvedOptions = Object.freeze(complete({}));

/** All that are known: what the defaults are made of. */
const OPTION_NAMES: readonly string[] = [
  ...Object.keys(DEFAULTS.policy),
  ...Object.keys(DEFAULTS).filter((name) => name !== 'policy'),
];
