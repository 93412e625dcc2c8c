/** What `reconnectStream` gives: a stream, its snapshot, its outcome. */

// Projects whose `lib` is older than `Symbol.asyncDispose` use these types too.
/// <reference lib="esnext.disposable" preserve="true" />

import type { Checkpoint } from '../../machines/checkpoint.js';
import type { ErrorInfo, ReconnectError } from '../../machines/errors.js';
import type {
  OutcomeInfo,
  ReconnectActor,
  ReconnectEvent,
  ReconnectState,
} from '../../machines/reconnect.types.js';
import type { ResumePlan } from '../../machines/resume-plan.js';
import type { StreamState } from '../../machines/stream-state.js';

/** How a stream ended. `error` says why it failed. */
export interface StreamOutcome extends OutcomeInfo {
  readonly error?: ReconnectError | undefined;
}

/** The stream at one moment: frozen, and the same object until something changes. */
export interface StreamSnapshot {
  readonly state: ReconnectState;
  /** Attempts since the last new data; 0 for the first connection. */
  readonly attempt: number;
  /** `Infinity`: no limit. */
  readonly maxAttempts: number;
  /** The wait that is going on, in ms, and its end in ms since 1970. */
  readonly delayMs: number | null;
  readonly retryAt: number | null;
  readonly drops: number;
  readonly pausedBy: readonly string[];
  /** The connection brings what was missed, where the source knows when that is over. */
  readonly isCatchingUp: boolean;
  readonly error: ErrorInfo | null;
  readonly streamState: StreamState;
  /** What a drop at this moment would lead to, and why in words: go on, start over, or fail. */
  readonly resumePlan: ResumePlan;
}

/**
 * A stream that is kept alive. Iterating it starts it; breaking out closes it. Its methods may be taken off it:
 * `const { close, subscribe } = stream`.
 */
export interface ReconnectingStream<T> extends AsyncIterable<T> {
  /** All items that wait, together: cheaper per item than `for await` on the stream. One consumer. */
  batches(): AsyncIterableIterator<readonly T[], undefined>;
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined>;
  readonly state: ReconnectState;
  readonly snapshot: StreamSnapshot;
  /** Resolves when the stream is closed or has failed; never rejects. After a retry by hand it is a new promise. */
  readonly done: Promise<StreamOutcome>;
  /** The running machine, for inspectors and `useSelector`. */
  readonly actor: ReconnectActor;
  /** Connects, if nothing has yet. */
  start(): void;
  /** Listens to one lifecycle event; the result stops it. */
  on<K extends ReconnectEvent['type']>(
    type: K,
    listener: (event: Extract<ReconnectEvent, { type: K }>) => void,
  ): () => void;
  /** Calls the listener with every new snapshot; the result stops it. */
  subscribe(listener: (snapshot: StreamSnapshot) => void): () => void;
  /** Ends a wait at once, reconnects a live stream that can be resumed, or gives a failed one a new budget. */
  retryNow(): void;
  /** Closes the connection until every reason is gone. @param reason default 'user' */
  pause(reason?: string): void;
  resume(reason?: string): void;
  /** Closes for good. */
  close(): void;
  /** Asks the server to stop the work, then closes. Resolves when it was asked; never rejects. */
  cancel(reason?: string): Promise<void>;
  /** Where the consumer is: JSON for `options.checkpoint` of a later run. */
  checkpoint(): Checkpoint;
  [Symbol.asyncDispose](): Promise<void>;
}
