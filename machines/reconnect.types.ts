/** Context, events and emitted events of the machine, and the explicit type of the machine itself. */

import type {
  Actor,
  ActorRefFromLogic,
  CallbackActorLogic,
  EventObject,
  NonReducibleUnknown,
  PromiseActorLogic,
  StateMachine,
} from 'xstate';
import type { Checkpoint } from './checkpoint.js';
import type { PartialOptions, RetryPolicy } from './config.js';
import type { EndOutcome, Failure } from './source-contract.js';
import type { ErrorInfo } from './errors.js';
import type { OutcomeInfo, ReconnectEvent } from './lifecycle-events.types.js';

import type { SourceFacts } from './resume-plan.js';
import type { StreamState, ToolCallStatus } from './stream-state.js';

export type { OutcomeInfo, ReconnectEvent } from './lifecycle-events.types.js';

export type ReconnectState =
  | 'idle'
  | 'waiting'
  | 'connecting'
  | 'connected'
  | 'failed'
  | 'paused'
  | 'closed';

/** Time and chance as values: what a report carries so that a replay gives the same states. */
export interface ClockReading {
  /** Monotonic time in ms: for durations. */
  readonly monotonicMs: number;
  /** Wall time in ms since 1970: for `retryAt`. */
  readonly epochMs: number;
  /** A draw in [0, 1). */
  readonly random: number;
}

/** The reader's exact progress of the stream, frozen. */
export interface StreamProgress {
  readonly streamState: StreamState;
  /** Which stream this is, where the source knows. */
  readonly key?: string | null | undefined;
  /** The last committed cursor. */
  readonly cursor: string | null;
  /** UTF-16 units received, for sources that count them. */
  readonly chars: number;
  /** The server's lasting advice on waits (`retry:`), in ms. */
  readonly floorMs: number;
}

/** Everything here is JSON, may be inspected and saved, and holds no secret by construction. */
export interface ReconnectContext {
  readonly policy: RetryPolicy;
  readonly source: SourceFacts | null;
  /** Attempts since the last proven health: the Rust module's attempt count. */
  readonly attempt: number;
  /** Attempts over the life of the stream. */
  readonly attempts: number;
  readonly drops: number;
  /** Opaque number of the newest connection: the stream's host keeps the live object under it. */
  readonly connection: number;
  readonly delayMs: number | null;
  readonly retryAt: number | null;
  /** Wall time before which the server, or `minBackoffMs`, wants no attempt, in ms since 1970. */
  readonly notBefore: number | null;
  /** Attempts that failed while the host said it was offline: they lengthen the wait and cost no budget. */
  readonly uncounted: number;
  /** how long the outage had lasted at `outageStartedAt`, in ms; it ends with new data, not with a connection. */
  readonly outageMs: number;
  /** Monotonic time from which it goes on; null while a connection stands, and while none is wanted. */
  readonly outageStartedAt: number | null;
  readonly progress: Omit<StreamProgress, 'streamState'>;
  readonly streamState: StreamState;
  /** A request may have begun work at the peer: sending it again could repeat that. */
  readonly sent: boolean;
  /** A connection of this stream was open before the one being made. */
  readonly opened: boolean;
  /** Monotonic time at which as many requests as ever may follow each other at once, in ms; null: now. See `pace.ts`. */
  readonly requestsFullAt: number | null;
  /** The connection brings what was missed, and has not said yet that this is over. */
  readonly catchingUp: boolean;
  /** The peer refused to go on from where the stream was. */
  readonly rejected: boolean;
  /** No request before the one being made can have begun work at the peer. */
  readonly fresh: boolean;
  /** The connection being made starts the stream over. */
  readonly restarting: boolean;
  readonly pausedBy: readonly string[];
  readonly error: ErrorInfo | null;
  readonly reason: string | null;
  readonly outcome: OutcomeInfo | null;
}

export interface ReconnectInput {
  readonly config?: PartialOptions<RetryPolicy> | undefined;
  /** What the machine may know of the source; left out when a host drives the machine. */
  readonly source?: SourceFacts | undefined;
  readonly checkpoint?: Checkpoint | undefined;
}

/** What was received until now. */
export interface Received {
  readonly progress?: StreamProgress | undefined;
  /** The connection was healthy: it had given new data, or, as a feed, was alive for long enough. */
  readonly healthy?: boolean | undefined;
}

/** One that leaves a connection carries what was received over it. */
export type ReconnectCommand =
  | { type: 'connect'; reading?: ClockReading }
  | ({ type: 'retryNow'; reading?: ClockReading } & Received)
  | ({ type: 'pause'; reason?: string; reading?: ClockReading } & Received)
  | { type: 'resume'; reason?: string; reading?: ClockReading }
  | ({ type: 'close' } & Received)
  | ({ type: 'cancel'; reason?: string } & Received)
  | { type: 'reset' };

export type ReconnectReport =
  | { type: 'attempt.start'; reason?: string; delayMs?: number; reading?: ClockReading }
  | { type: 'attempt.connecting'; reading?: ClockReading }
  | { type: 'attempt.connected'; reading?: ClockReading }
  | { type: 'attempt.failed'; error: string | ErrorInfo; reading?: ClockReading }
  | { type: 'stream.progress'; progress: StreamProgress; healthy?: boolean; connection?: number }
  | ({ type: 'stream.dropped' } & Loss)
  /** The connection is left by plan. `isOwn`: by ours, not the peer's; else `failure` is for one plan too many. */
  | ({ type: 'stream.rotated'; isOwn?: boolean } & Loss)
  | { type: 'stream.caughtUp'; items: number; ms: number; connection?: number }
  | {
      type: 'stream.ended';
      outcome: EndOutcome;
      progress?: StreamProgress;
      error?: ErrorInfo;
      connection?: number;
    }
  | { type: 'stream.stalled'; silentMs: number; connection?: number }
  /** The connection makes one more request than the one that opened it. */
  | { type: 'stream.requested'; reading?: ClockReading }
  | {
      type: 'stream.toolCall';
      id: string;
      name: string | null;
      status: ToolCallStatus;
      progress: StreamProgress;
    }
  | { type: 'stream.replayed'; items: number; connection?: number }
  | { type: 'stream.gap'; from: string | number | null; to: string | number | null }
  | {
      type: 'stream.reset';
      scope: 'all' | 'pending';
      why: string;
      /** How many items the consumer is to take back. */
      items?: number;
      progress?: StreamProgress;
    }
  | { type: 'stream.diagnostic'; code: string; message: string }
  /** The host has a network again, or woke up: a hint that a wait may be over. */
  | { type: 'environment.online'; reading?: ClockReading }
  | { type: 'environment.awake'; reading?: ClockReading };

export type ReconnectMachineEvent = ReconnectCommand | ReconnectReport;

/** How a connection, or the attempt to make one, was lost. The rejection of `open` has this shape too. */
export interface Loss extends Received {
  readonly failure: Failure;
  /** The host said that it was offline, or we left a silent feed: the attempt is not counted. */
  readonly uncounted?: boolean | undefined;
  readonly connection?: number | undefined;
  readonly reading?: ClockReading | undefined;
}

/** Reports of a reader that are emitted as they are. */
export type EmittedReport = Extract<
  ReconnectReport,
  {
    type: `stream.${'progress' | 'toolCall' | 'reset' | 'replayed' | 'gap' | 'stalled' | 'caughtUp' | 'rotated' | 'diagnostic'}`;
  }
>;

/** How a stream ends. */
export type End = Pick<OutcomeInfo, 'status' | 'error'>;

export interface OpenInput {
  readonly connection: number;
  readonly attempt: number;
  readonly restarting: boolean;
  /** No request before this one can have begun work at the peer. */
  readonly fresh: boolean;
}

/** What `open` hands over: an opaque number, and when it happened. */
export interface Opened {
  readonly connection: number;
  readonly reading?: ClockReading | undefined;
  /** See `Connection`. */
  readonly keepsDelivered?: boolean | undefined;
}

export interface ReaderInput {
  readonly connection: number;
}

export type OpenLogic = PromiseActorLogic<Opened, OpenInput>;
export type ReaderLogic = CallbackActorLogic<EventObject, ReaderInput>;

export type ReconnectActors =
  | { src: 'open'; logic: OpenLogic; id: 'open' }
  | { src: 'reader'; logic: ReaderLogic; id: 'reader' };

/** What a loss leads to: one of two changes of the context. */
export interface AfterLoss {
  /** No further attempt is made, by default. */
  readonly isFatal: boolean;
  /** The attempt is counted, and its wait drawn. */
  readonly retry: Partial<ReconnectContext>;
  /** The stream has failed. */
  readonly fail: Partial<ReconnectContext>;
}

/** The report of a reader that leaves its connection by plan. */
export type Rotation = Loss & { readonly isOwn?: boolean | undefined };

/** The part of an event that a guard or an action needs. */
export interface Timed {
  readonly reading?: ClockReading | undefined;
}
export interface Pause {
  readonly reason?: string | undefined;
}
export interface OfConnection {
  readonly connection?: number | undefined;
}
export interface Failed {
  readonly error: string | ErrorInfo;
}
export interface AttemptStart extends Timed, Pause {
  readonly delayMs?: number | undefined;
}

/** The named actions of the chart, and what each needs besides the context. */
export type ReconnectActions = WithParams<
  {
    record: Received;
    schedule: AttemptStart;
    scheduleRetry: AfterLoss;
    giveUp: AfterLoss;
    resumeWait: Timed;
    keepDelivered: Partial<Opened> | undefined;
    rotate: Rotation;
    rotateLater: Rotation;
    takeRequest: Timed;
    fail: Failed;
    finish: End;
    addReason: Pause;
    removeReason: Pause;
    emitReport: EmittedReport;
    emitDropped: Loss;
    raiseLoss: Loss;
  } & Record<
    | 'beginConnection'
    | 'pauseOutage'
    | 'failExhausted'
    | 'refuse'
    | 'endCatchUp'
    | 'countDrop'
    | 'resetContext'
    | 'resetAttempts'
    | 'interruptCalls'
    | 'announceConnected',
    NonReducibleUnknown
  >
>;

/** The named guards of the chart, and what each needs besides the context. */
export type ReconnectGuards = WithParams<
  {
    isFatal: AfterLoss;
    isRefusedYet: Received;
    isUntimed: Timed;
    isStillPaused: Pause;
    isStale: OfConnection;
    isPastFloor: Timed;
    isFreeRotation: Rotation;
  } & Record<'isFinished' | 'isRestoredWait' | 'hasNoAttemptLeft' | 'isRefused', unknown>
>;

export type WithParams<TParams> = {
  [TName in keyof TParams]: { type: TName; params: TParams[TName] };
}[keyof TParams];

/** The machine, spelled out: inferred machine types differ between releases of XState 5. */
export type ReconnectMachine = StateMachine<
  ReconnectContext,
  ReconnectMachineEvent,
  { open?: ActorRefFromLogic<OpenLogic>; reader?: ActorRefFromLogic<ReaderLogic> },
  ReconnectActors,
  ReconnectActions,
  ReconnectGuards,
  'backoff',
  ReconnectState,
  never,
  ReconnectInput | undefined,
  OutcomeInfo,
  ReconnectEvent,
  {},
  {}
>;

export type ReconnectActor = Actor<ReconnectMachine>;
