/** The lifecycle events that listeners receive, and the outcome in the last of them. */

import type { DropReason, EndOutcome } from './source-contract.js';
import type { ErrorInfo, ReconnectErrorKind } from './errors.js';
import type { StreamState, ToolCallStatus } from './stream-state.js';

export interface OutcomeInfo {
  readonly status: EndOutcome | 'closed';
  readonly error?: ErrorInfo | undefined;
  readonly streamState: StreamState;
  /** Reconnect attempts made over the life of the stream; the first connection is not one. */
  readonly attempts: number;
  /** Connections that broke. */
  readonly drops: number;
}

export type ReconnectEvent =
  | { readonly type: 'attemptStarted'; readonly attempt: number; readonly maxAttempts: number }
  | {
      readonly type: 'waiting';
      readonly delayMs: number;
      readonly retryAt: number;
      readonly attempt: number;
      readonly reason: string;
    }
  | {
      readonly type: 'connected';
      readonly attempts: number;
      readonly totalTimeMs: number;
      readonly resumed: boolean;
    }
  | {
      readonly type: 'failed';
      readonly attempts: number;
      readonly error: string;
      readonly kind: ReconnectErrorKind;
    }
  | { readonly type: 'dropped'; readonly reason: DropReason; readonly message: string }
  /** The connection was left by plan, for another at once: no attempt is spent. */
  | { readonly type: 'rotated' }
  /** The replay is over: so many items of this connection, in so many ms since it was made. */
  | { readonly type: 'caughtUp'; readonly items: number; readonly ms: number }
  | { readonly type: 'restarted'; readonly why: string }
  | {
      readonly type: 'reset';
      readonly scope: 'all' | 'pending';
      readonly why: string;
      /** How many of the last items are void; with `scope: 'all'` all of them. */
      readonly items: number;
    }
  | {
      readonly type: 'gap';
      /** The last id or number of items before it; null: unknown, the stream is a feed. */
      readonly from: string | number | null;
      readonly to: string | number | null;
    }
  | { readonly type: 'replayed'; readonly items: number }
  | { readonly type: 'stalled'; readonly silentMs: number }
  | { readonly type: 'progress'; readonly streamState: StreamState }
  | {
      readonly type: 'toolCall';
      readonly id: string;
      readonly name: string | null;
      readonly status: ToolCallStatus;
    }
  | { readonly type: 'paused'; readonly reasons: readonly string[] }
  | { readonly type: 'diagnostic'; readonly code: string; readonly message: string }
  | { readonly type: 'closed'; readonly outcome: OutcomeInfo };
