/** What a reader needs of its stream, and what it says of a connection that it leaves. */

import type { ActorRefFromLogic } from 'xstate';

import type { RetryPolicy } from '../../machines/config.js';
import type { StreamSource } from '../../machines/source-contract.js';
import type { ReconnectError } from '../../machines/errors.js';
import { isFeed } from '../../machines/feed.js';
import type { Loss, ReaderLogic, ReconnectReport } from '../../machines/reconnect.types.js';
import type { StreamParts } from './stream-parts.js';

/** The actor that a connection reports to. */
export type ReaderRef = ActorRefFromLogic<ReaderLogic>;

/** What the machine gets to know of a connection that is left: see `Loss`. */
export interface ConnectionHealth {
  readonly healthy: boolean;
  readonly uncounted?: true;
}

/** The stream as its readers see it. */
export interface ReaderHost<T> extends StreamParts<T> {
  /** Monotonic time at which the stream began: chunk times count from it. */
  readonly startedAt: number;
  report(report: ReconnectReport): void;
  /** What an error of a connection means. @param agedMs the age at which it broke; null where that was planned */
  toLoss(error: ReconnectError, agedMs: number | null): Loss;
}

/** Whether the attempts start again from 0: new data, and uptime where that is asked for, or a feed that is alive. */
export function isHealthy<T>(
  { source, progress, options }: StreamParts<T>,
  hasNewData: boolean,
  upMs: number,
  hasSign: boolean,
): boolean {
  const { resetAfterMs, aliveAfterMs, maxBackoffMs }: RetryPolicy = options.policy;
  if (hasNewData && (resetAfterMs === null || upMs >= resetAfterMs)) return true;
  if (aliveAfterMs === null || !mayBeQuiet(source, progress.cursor)) return false;
  return upMs >= aliveAfterMs && (hasSign || upMs >= maxBackoffMs);
}

/** A quiet feed is left by us, and says nothing of its peer: the waits grow, and cost no attempt. */
export function healthOf<T>(
  { source, progress }: StreamParts<T>,
  { kind }: ReconnectError,
  healthy: boolean,
): ConnectionHealth {
  const isUncounted = kind === 'stall' && mayBeQuiet(source, progress.cursor);
  return isUncounted ? { healthy, uncounted: true } : { healthy };
}

/** Whether silence is nothing unusual, and no item shows that a connection is healthy. */
function mayBeQuiet(source: StreamSource<unknown>, cursor: string | null): boolean {
  return source.isEndless === true || isFeed(source, cursor);
}
