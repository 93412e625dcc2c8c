/** The messages from the inspector to its page: the three that XState 5 inspectors share, and a greeting. */

import type { Plain, PlainObject } from './to-plain-json.js';

/** A snapshot of an actor as it is shown. */
export interface ShownSnapshot {
  readonly status: string;
  readonly value: Plain;
  readonly context: Plain;
  readonly output?: Plain | undefined;
  readonly error?: Plain | undefined;
}

export type ShownEvent = PlainObject & { readonly type: string };

export interface ActorMessage {
  readonly type: '@xstate.actor';
  readonly sessionId: string;
  readonly rootId: string;
  readonly parentId: string | null;
  readonly name: string;
  /** The id of the machine's definition, which was sent before; null: no machine. */
  readonly definition: string | null;
  /** Wall time in ms, as in all of these messages. */
  readonly time: number;
}

/** The definition of a machine, sent before the first actor that has it. */
export interface DefinitionMessage {
  readonly type: 'definition';
  readonly id: string;
  /** The definition as JSON. */
  readonly definition: string;
}

export interface EventMessage {
  readonly type: '@xstate.event';
  readonly sessionId: string;
  readonly rootId: string;
  readonly sourceId: string | null;
  readonly event: ShownEvent;
  readonly time: number;
  /** The number of events that were merged into this one. */
  readonly count: number;
}

export interface SnapshotMessage {
  readonly type: '@xstate.snapshot';
  readonly sessionId: string;
  readonly rootId: string;
  readonly event: ShownEvent;
  readonly snapshot: ShownSnapshot;
  readonly time: number;
}

/** The stopped actor was removed, to make room. */
export interface ForgottenMessage {
  readonly type: 'forgotten';
  readonly sessionId: string;
}

/** The number of actors that are not shown, because there are too many, has changed. */
export interface UnseenMessage {
  readonly type: 'unseen';
  readonly count: number;
}

export type InspectMessage =
  | DefinitionMessage
  | ActorMessage
  | EventMessage
  | SnapshotMessage
  | ForgottenMessage
  | UnseenMessage;

/** The first message on a new connection: everything that a page needs to be up to date. */
export interface Hello {
  readonly type: 'hello';
  /** The clock of the inspected process. */
  readonly time: number;
  readonly isReadOnly: boolean;
  /** Number of actors that are not shown, because there are too many. */
  readonly hiddenCount: number;
  readonly definitions: readonly DefinitionMessage[];
  readonly actors: readonly ActorMessage[];
  /** The last snapshot of each actor. */
  readonly snapshots: readonly SnapshotMessage[];
  /** The newest events and snapshots, oldest first. */
  readonly history: readonly InspectMessage[];
}

/** What the page posts to `/command`. */
export interface CommandRequest {
  readonly sessionId: string;
  readonly event: ShownEvent;
}

/** The commands of a stream; an actor that is none can be sent any event that its machine knows. */
export const COMMANDS = [
  'connect',
  'retryNow',
  'pause',
  'resume',
  'close',
  'cancel',
  'reset',
] as const;

export type Command = (typeof COMMANDS)[number];
