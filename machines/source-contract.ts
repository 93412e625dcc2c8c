/** The contract of a source: what it reports to the machine, and what it is asked. */

import type { ErrorInfo } from './errors.js';

export const RESUME_MODES = ['cursor', 'count', 'replay', 'continuation', 'live', 'none'] as const;
/** What a source can do after a drop; `live`: a feed without history, it goes on with what comes. */
export type ResumeMode = (typeof RESUME_MODES)[number];

/** How a source ends, and whether it may be opened again: see the fields of `StreamSource`. */
export const TERMINALS = ['explicit', 'eof'] as const;
export const REOPEN_MODES = ['safe', 'restarts-work'] as const;
export const DELIVERY_MODES = ['commit', 'eager'] as const;

/** Where a new connection has to go on: everything before it is already in the reader's hands. */
export interface ResumePoint {
  /** Identity of the stream (run or response id), once known. */
  readonly key?: string | undefined;
  /** The last committed cursor; opaque. */
  readonly cursor?: string | undefined;
  /** What the checkpoint that the stream was made from knows of the items before its cursor: see `Checkpoint.recent`. */
  readonly recent?: string | undefined;
  /** Data items committed so far. */
  readonly items: number;
  /** Bytes of those items. */
  readonly bytes: number;
  /** UTF-16 units of those items, for sources that count characters. */
  readonly chars: number;
  /** Tool calls so far by their id, for readers that go on in the middle of one. */
  readonly toolCalls?: Readonly<Record<string, ToolCallState>> | undefined;
  /** No request of this stream can have begun work at the peer before: each was refused, or never reached it. */
  readonly fresh?: boolean | undefined;
  /** 0 for the first connection, n for the nth attempt of an outage. */
  readonly attempt: number;
}

/** A piece of a tool call. `args` is appended, `finalArgs` replaces all that came before. */
export interface ToolCallDelta {
  readonly id: string;
  readonly name?: string;
  readonly args?: string;
  readonly finalArgs?: string;
  readonly done?: boolean;
  /** The call is over, but must not run. */
  readonly interrupted?: boolean;
  /** The id under which this call was known so far. */
  readonly formerId?: string;
}

export type ToolCallStatus = 'streaming' | 'complete' | 'interrupted';

export interface ToolCallState {
  readonly name: string | null;
  /** The arguments so far; to be used only when `complete`. */
  readonly args: string;
  readonly status: ToolCallStatus;
}

export const END_OUTCOMES = ['complete', 'incomplete', 'failed', 'cancelled'] as const;
export type EndOutcome = (typeof END_OUTCOMES)[number];

/** Longest id, cursor or key, in UTF-16 units. It goes back to the peer, and nginx refuses header lines above 8 KiB. */
export const MAX_ID_LENGTH = 4096;

export type SourceItem<T> =
  /** One chunk for the consumer. With an `id` the item is its own checkpoint. */
  | DataItem<T>
  /** Commits everything since the last one. */
  | { readonly type: 'checkpoint'; readonly cursor: string }
  /** Which stream this is (run or response id), before its first data. Another than before: all starts over. */
  | { readonly type: 'identity'; readonly key: string }
  /** Comment, ping: liveness, not progress. */
  | { readonly type: 'alive' }
  /** The replay is over: what follows is new. */
  | { readonly type: 'upToDate' }
  /** The peer will end this connection by plan, at once or in so many ms: another is made without an attempt. */
  | { readonly type: 'rotate'; readonly afterMs?: number | undefined }
  /** The server's advice on the next wait, in ms: a floor. */
  | { readonly type: 'retry'; readonly ms: number }
  /** The peer starts over: drop everything, or what is not committed. */
  | { readonly type: 'reset'; readonly scope: 'all' | 'pending'; readonly why: string }
  /** Something may be missing here, between two ids or two numbers of items; null: unknown. */
  | {
      readonly type: 'gap';
      readonly from: string | number | null;
      readonly to: string | number | null;
    }
  /** So many items that the peer sent again were left out by the source. */
  | { readonly type: 'replayed'; readonly items: number }
  /** Something that whoever runs the stream should know: an event of that name is emitted. */
  | { readonly type: 'diagnostic'; readonly code: string; readonly message: string }
  /** The protocol's own end marker. */
  | { readonly type: 'end'; readonly outcome: EndOutcome; readonly detail?: unknown };

export interface DataItem<T> {
  readonly type: 'data';
  readonly data: T;
  /** Size on the wire or a fair estimate, in bytes. */
  readonly bytes: number;
  readonly id?: string | undefined;
  /** The id that this item comes after, where the wire says: another than the last one is a gap. */
  readonly follows?: string | undefined;
  /**
   * The item as it stood on the wire: an item that a server sends again is recognised by its id and this text.
   * @default the data itself where it is text, else its JSON
   */
  readonly raw?: string | undefined;
  /** UTF-16 units; only sources that resume by characters fill it in. */
  readonly chars?: number | undefined;
  readonly toolCall?: readonly ToolCallDelta[] | undefined;
}

/** One open connection. Every batch, even an empty one, is a sign of life. */
export interface Connection<T> {
  readonly batches: AsyncIterable<readonly SourceItem<T>[]>;
  /**
   * Set once the protocol's end was read although more may follow, such as the usage of a model's response: from then
   * on an EOF, an error and silence all mean this end, and no further request is made.
   */
  readonly outcome?: EndOutcome | null | undefined;
  /**
   * Silence says nothing of this connection: its peer may have nothing to say, and signs of life do not show. Then
   * `stallTimeoutMs` does not apply.
   * @default false
   */
  readonly isQuiet?: boolean | undefined;
  /**
   * The peer has nothing to send any more: what was delivered stays, also where the stream was to start over.
   * @default false
   */
  readonly keepsDelivered?: boolean | undefined;
  /**
   * What of an item has arrived that is not whole, in bytes: it counts for `maxBufferedBytes` beside what waits for the
   * consumer. Read after each batch.
   * @default 0
   */
  readonly heldBytes?: number | undefined;
  close(): void | Promise<void>;
}

/** What a source waits by. */
export interface SourceClock {
  readonly setTimeout: (fn: () => void, ms: number) => unknown;
  readonly clearTimeout: (id: unknown) => void;
  /** Monotonic time in ms. */
  readonly now: () => number;
}

/** The memory that may wait in a stream: `maxBufferedBytes`, less what waits already. */
export interface SourceMemory {
  /** What may still be held, in bytes. */
  readonly free: number;
  /** The source holds so many bytes more, or fewer. What it holds when its connection is closed is given back by itself. */
  hold(bytes: number): void;
}

/** What the stream lends its source for one connection. */
export interface SourceHost {
  /** The `clock` of the stream. */
  readonly clock: SourceClock;
  /** Whether the stream is closed for good: no other connection will follow. */
  readonly isOver: boolean;
  /** Uptime after which a connection counts as healthy, in ms; null: no uptime does. */
  readonly aliveAfterMs: number | null;
  /** For a source that goes on receiving while nobody reads, such as a WebSocket. */
  readonly memory?: SourceMemory | undefined;
}

/** A kind of stream. It knows this contract and nothing else of the package. */
export interface StreamSource<T> {
  readonly name: string;
  readonly resume: ResumeMode;
  /** `explicit`: bytes that end without an `end` item are a drop. `eof`: they are the end. */
  readonly terminal: (typeof TERMINALS)[number];
  /** `safe`: opening twice costs nothing. `restarts-work`: a POST that would run, and bill, again. */
  readonly reopen: (typeof REOPEN_MODES)[number];
  /**
   * How items without a checkpoint are delivered unless the caller sets the option of that name. `commit`: the protocol
   * sends checkpoints behind the data. `eager`: an id is optional per item.
   */
  readonly delivery?: (typeof DELIVERY_MODES)[number] | undefined;
  /**
   * The source leaves out by itself what a peer sends again after a reconnect: what it gives is new.
   * @default false
   */
  readonly leavesOutReplays?: boolean | undefined;
  /**
   * For `resume: 'cursor'`: as long as the peer shows no id, the stream is a feed, as with `resume: 'live'`.
   * @default false: it starts over
   */
  readonly liveWithoutIds?: boolean | undefined;
  /**
   * Each connection gives `upToDate` once what was missed is over.
   * @default false
   */
  readonly reportsUpToDate?: boolean | undefined;
  /**
   * The stream has no end of its own, such as notifications: a connection that stays up is healthy although it is quiet,
   * also where items have ids. So is every feed.
   * @default false
   */
  readonly isEndless?: boolean | undefined;
  /**
   * For `resume: 'live'`: the source fetches what was missed between two connections, so that no gap is reported for it.
   * @default false
   */
  readonly fillsGaps?: boolean | undefined;
  /**
   * Opens a connection that goes on at `at`.
   * @throws ReconnectError of a fitting kind. Fields `fatal`, `retryAfterMs` (ms) and `refused` on it, if set, are
   * obeyed: see `Failure`.
   */
  open(at: ResumePoint, signal: AbortSignal, host?: SourceHost): Promise<Connection<T>>;
  /**
   * Asks the peer to stop the work; aborting the signal of `open` only releases the connection.
   * @param signal aborts when the request takes too long: nobody waits for it any more
   */
  cancel?(at: ResumePoint, reason: string, signal?: AbortSignal): Promise<void>;
  /**
   * How the second id follows the first, where ids show it: `'next'`, nothing is missing between the two; `'gap'`, something
   * is; `'old'`, the second is not after the first. `'old'` alone is no proof that the item came before.
   */
  contiguous?(previousId: string, nextId: string): 'next' | 'gap' | 'old';
}

/** Why a connection was lost or could not be made, as plain data. */
export interface Failure {
  readonly error: ErrorInfo;
  /** No further attempt can help. */
  readonly fatal: boolean;
  /** The server's `Retry-After`, in ms: a floor for the next wait. */
  readonly retryAfterMs?: number | undefined;
  /**
   * The attempt began no work: the peer refused the request before any, or the request never reached it. Sending it
   * again repeats nothing.
   */
  readonly refused?: boolean | undefined;
}

/** The kind of error that broke a connection: the word in `dropped` and `waiting` events. */
export type DropReason = ErrorInfo['kind'];
