/** The machine's state as a user sees it. */

import { shownLimit } from '../../machines/config.js';
import type { ReconnectContext, ReconnectState } from '../../machines/reconnect.types.js';
import { planOf } from '../../machines/context.js';
import type { StreamSnapshot } from './stream.types.js';

export function snapshotOf(state: ReconnectState, context: ReconnectContext): StreamSnapshot {
  const { attempt, drops, pausedBy, error, streamState, policy } = context;
  const isWaiting = state === 'waiting';
  return Object.freeze({
    state,
    attempt,
    maxAttempts: shownLimit(policy.maxAttempts),
    delayMs: isWaiting ? context.delayMs : null,
    retryAt: isWaiting ? context.retryAt : null,
    drops,
    pausedBy,
    isCatchingUp: state === 'connected' && context.catchingUp,
    error,
    streamState,
    resumePlan: planOf(context),
  });
}
