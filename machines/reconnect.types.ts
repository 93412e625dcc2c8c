/** Context, events and emitted events of the machine, and the explicit type of the machine itself. */

import type {
  Actor,
  ActorRefFromLogic,
  CallbackActorLogic,
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
export interface Moment {
  /** Monotonic time in ms: for durations. */
  readonly now: number;
  /** Wall time in ms since 1970: for `retryAt`. */
  readonly date: number;
  /** A draw in [0, 1). */
  readonly draw: number;
}

/** The reader's exact account of the stream, frozen. */
export interface Ledger {
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
  /** Opaque number of the newest connection: the stream's worker keeps the live object under it. */
  readonly connection: number;
  readonly delayMs: number | null;
  readonly retryAt: number | null;
  /** Wall time before which the server, or `minBackoffMs`, wants no attempt, in ms since 1970. */
  readonly notBefore: number | null;
  /** Attempts that failed while the host said it was offline: they lengthen the wait and cost no budget. */
  readonly spared: number;
  /** How long the outage had lasted at `since`, in ms; it ends with new data, not with a connection. */
  readonly elapsedMs: number;
  /** Monotonic time from which it goes on; null while a connection stands, and while none is wanted. */
  readonly since: number | null;
  readonly ledger: Omit<Ledger, 'streamState'>;
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
  /** The reader was asked to stop and has not answered yet. */
  readonly stopping: boolean;
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

export type ReconnectCommand =
  | { type: 'connect'; moment?: Moment }
  | { type: 'retryNow'; moment?: Moment }
  | { type: 'pause'; reason?: string; moment?: Moment }
  | { type: 'resume'; reason?: string; moment?: Moment }
  | { type: 'close' }
  | { type: 'cancel'; reason?: string }
  | { type: 'reset' };

export type ReconnectReport =
  | { type: 'attempt.start'; reason?: string; delayMs?: number; moment?: Moment }
  | { type: 'attempt.connecting'; moment?: Moment }
  | { type: 'attempt.connected'; moment?: Moment }
  | { type: 'attempt.failed'; error: string | ErrorInfo; moment?: Moment }
  | { type: 'stream.progress'; ledger: Ledger; proven?: boolean; connection?: number }
  | ({ type: 'stream.dropped' } & Loss)
  /** The connection is left by plan. `isOwn`: by ours, not the peer's; else `failure` is for one plan too many. */
  | ({ type: 'stream.rotated'; isOwn?: boolean } & Loss)
  | { type: 'stream.caughtUp'; items: number; ms: number; connection?: number }
  | {
      type: 'stream.ended';
      outcome: EndOutcome;
      ledger?: Ledger;
      error?: ErrorInfo;
      connection?: number;
    }
  | {
      type: 'stream.stopped';
      command: StopCommand;
      ledger?: Ledger;
      proven?: boolean;
      connection?: number;
    }
  | { type: 'stream.stalled'; silentMs: number; connection?: number }
  /** The connection makes one more request than the one that opened it. */
  | { type: 'stream.requested'; moment?: Moment }
  | {
      type: 'stream.toolCall';
      id: string;
      name: string | null;
      status: ToolCallStatus;
      ledger: Ledger;
    }
  | { type: 'stream.replayed'; items: number; connection?: number }
  | { type: 'stream.gap'; from: string | number | null; to: string | number | null }
  | {
      type: 'stream.reset';
      scope: 'all' | 'pending';
      why: string;
      /** How many items the consumer is to take back. */
      items?: number;
      ledger?: Ledger;
    }
  | { type: 'stream.diagnostic'; code: string; message: string }
  /** The host has a network again, or woke up: a hint that a wait may be over. */
  | { type: 'environment.online'; moment?: Moment }
  | { type: 'environment.awake'; moment?: Moment };

export type ReconnectMachineEvent = ReconnectCommand | ReconnectReport;

/** The commands that need the reader's last word before the connection is left. */
export type StopCommand = Extract<
  ReconnectCommand,
  { type: 'pause' | 'close' | 'cancel' | 'retryNow' }
>;

/** How a connection, or the attempt to make one, was lost. The rejection of `open` has this shape too. */
export interface Loss {
  readonly failure: Failure;
  readonly ledger?: Ledger | undefined;
  /** The connection was healthy: it had given new data, or, as a feed, was alive for long enough. */
  readonly proven?: boolean | undefined;
  /** The host said that it was offline, or we left a silent feed: the attempt is not counted. */
  readonly spared?: boolean | undefined;
  readonly connection?: number | undefined;
  readonly moment?: Moment | undefined;
}

/** Reports of a reader that are emitted as they are. */
export type EmittedReport = Extract<
  ReconnectReport,
  {
    type: `stream.${'progress' | 'toolCall' | 'reset' | 'replayed' | 'gap' | 'stalled' | 'caughtUp' | 'rotated' | 'diagnostic'}`;
  }
>;

/** How a stream ends. */
export interface End {
  readonly status: OutcomeInfo['status'];
  readonly ledger?: Ledger | undefined;
  readonly error?: ErrorInfo | undefined;
}

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
  readonly moment?: Moment | undefined;
  /** See `Connection`. */
  readonly keepsDelivered?: boolean | undefined;
}

export interface ReaderInput {
  readonly connection: number;
}

/** What the machine asks of a reader: answer in the same turn with `stream.stopped`. */
export interface ReaderEvent {
  type: 'stop';
  command: StopCommand;
}

export type OpenLogic = PromiseActorLogic<Opened, OpenInput>;
export type ReaderLogic = CallbackActorLogic<ReaderEvent, ReaderInput>;

export type ReconnectActors =
  | { src: 'open'; logic: OpenLogic; id: 'open' }
  | { src: 'reader'; logic: ReaderLogic; id: 'reader' };

/** The named actions and guards of the chart: all read what they need from context and event. */
export type ReconnectActions = NamedImplementation<
  | 'record'
  | 'schedule'
  | 'scheduleRetry'
  | 'resumeWait'
  | 'beginConnection'
  | 'holdOutage'
  | 'keepDelivered'
  | 'giveUp'
  | 'rotate'
  | 'rotateLater'
  | 'takeRequest'
  | 'exhaust'
  | 'fail'
  | 'refuse'
  | 'finish'
  | 'countDrop'
  | 'addReason'
  | 'removeReason'
  | 'forget'
  | 'renewBudget'
  | 'emitReport'
  | 'emitDropped'
  | 'interruptCalls'
  | 'raiseLoss'
  | 'takeTurn'
  | 'askReader'
  | 'welcome'
>;

export type ReconnectGuards = NamedImplementation<
  | 'isFinished'
  | 'isRestoredWait'
  | 'hasNoAttemptLeft'
  | 'isFatal'
  | 'isRefused'
  | 'isStopping'
  | 'isStillPaused'
  | 'isStale'
  | 'isUntimed'
  | 'isPause'
  | 'isRetry'
  | 'isPastFloor'
  | 'isFreeRotation'
>;

export type NamedImplementation<TName extends string> = TName extends string
  ? { type: TName; params: NonReducibleUnknown }
  : never;

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
