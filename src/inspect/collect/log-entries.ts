/** The entries that are recorded in the middle of a step, and their conversion into messages later. */

import type { AnyActorRef } from 'xstate';
import { fieldOf, plainText, toPlain } from './to-plain-json.js';
import type { PlainObject, PlainOptions } from './to-plain-json.js';
import type {
  ActorMessage,
  InspectMessage,
  ShownEvent,
  ShownSnapshot,
  SnapshotMessage,
} from './protocol.js';

export interface Entry {
  ref: AnyActorRef | null;
  readonly message: ActorMessage;
  shown: SnapshotMessage | null;
  isOver: boolean;
  lastEvent: EventNote | null;
  lastSnapshot: SnapshotNote | null;
  noted: number;
  /** True if the event of this snapshot was merged with an earlier one: then the snapshot is merged too. */
  isMerging: boolean;
}

export type Note = MessageNote | EventNote | SnapshotNote;

/** A message that is sent unchanged, in order. */
export interface MessageNote {
  readonly kind: 'message';
  readonly message: InspectMessage;
}

export interface EventNote {
  readonly kind: 'event';
  readonly entry: Entry;
  event: object;
  readonly sourceId: string | null;
  time: number;
  count: number;
}

export interface SnapshotNote {
  readonly kind: 'snapshot';
  readonly entry: Entry;
  event: object;
  snapshot: object;
  time: number;
}

/** The event that each stream sends ten times a second or more, and that the next one supersedes. */
export const PROGRESS: string = 'stream.progress';

/** Returns whether the message belongs to the history; registrations and the last state of each actor are kept apart. */
export function isNews(message: InspectMessage): boolean {
  const isStep = message.type === '@xstate.event' || message.type === '@xstate.snapshot';
  return isStep && message.event.type !== PROGRESS;
}

/** Returns an object with a type, whatever the event is. */
export function shownEvent(event: object, options: PlainOptions = {}): ShownEvent {
  const plain = toPlain(event, options);
  const isFields = typeof plain === 'object' && plain !== null && !Array.isArray(plain);
  return { ...(isFields ? (plain as PlainObject) : {}), type: plainText(typeOf(event)) };
}

export function shownSnapshot(from: object, options: PlainOptions): ShownSnapshot {
  const { status, value, context, output, error } = partsOf(from);
  return {
    status: plainText(status),
    value: toPlain(value, options),
    context: toPlain(context, options),
    ...(output === undefined ? {} : { output: toPlain(output, options) }),
    ...(error === undefined ? {} : { error: toPlain(error, options) }),
  };
}

/** Returns the part of a snapshot that is shown; a live snapshot also holds its machine and its actors. */
export function partsOf(snapshot: object): Readonly<Record<(typeof PARTS)[number], unknown>> {
  const parts = PARTS.map((part) => [part, fieldOf(snapshot, part)]);
  return Object.fromEntries(parts) as Record<(typeof PARTS)[number], unknown>;
}

const PARTS = ['status', 'value', 'context', 'output', 'error'] as const;

export function typeOf(event: object): string {
  const type = fieldOf(event, 'type');
  return typeof type === 'string' ? type : plainText(type);
}

export function isOver(snapshot: object): boolean {
  return fieldOf(snapshot, 'status') !== 'active';
}

/** Returns whether two snapshots are equal; false if they cannot be compared. */
export function isSameState(one: object, other: object): boolean {
  const [value, next] = [fieldOf(one, 'value'), fieldOf(other, 'value')];
  if (fieldOf(one, 'status') !== fieldOf(other, 'status')) return false;
  if (value === next) return true;
  try {
    return JSON.stringify(value) === JSON.stringify(next);
  } catch {
    return false;
  }
}
