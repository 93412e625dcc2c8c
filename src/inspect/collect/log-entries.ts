/** Entries that the log takes in the middle of a step, and how they are shown later. */

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
  /** The event before was merged with the one before it: so is the state that it led to. */
  isMerging: boolean;
}

export type Note = MessageNote | EventNote | SnapshotNote;

/** A message that is sent as it is, in its turn. */
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

/** Sent ten times a second by each stream, more often by a fast one, and worth nothing once the next is there. */
export const PROGRESS: string = 'stream.progress';

/** Whether it is worth keeping; registrations, and the last state of each actor, are kept apart. */
export function isNews(message: InspectMessage): boolean {
  const isStep = message.type === '@xstate.event' || message.type === '@xstate.snapshot';
  return isStep && message.event.type !== PROGRESS;
}

/** Always an object with a type, whatever the event is. */
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

/** What is shown of a snapshot; a live one holds its machine and its actors as well. */
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

/** Two that cannot be compared are two. */
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
