/** What the recorder notes in the middle of a step, and how that is shown later. */

import type { AnyActorRef } from 'xstate';
import { toPlain } from './plain.js';
import type { PlainOptions } from './plain.js';
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
  /** The event before was told as one with the one before it: so is the state that it led to. */
  isMerging: boolean;
}

export type Note = { readonly kind: 'actor'; readonly entry: Entry } | EventNote | SnapshotNote;

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

/** Told ten times a second by each stream, and worth nothing once the next one is there. */
export const PROGRESS: string = 'stream.progress';

/** Whether it is worth keeping; registrations, and the last state of each actor, are kept apart. */
export function isNews(message: InspectMessage): boolean {
  const isStep = message.type === '@xstate.event' || message.type === '@xstate.snapshot';
  return isStep && message.event.type !== PROGRESS;
}

export function shownEvent(event: object, options: PlainOptions): ShownEvent {
  return { ...(toPlain(event, options) as object), type: typeOf(event) };
}

export function shownSnapshot(from: object, options: PlainOptions): ShownSnapshot {
  const { status, value, context, output, error } = from as Record<string, unknown>;
  return {
    status: String(status),
    value: toPlain(value, options),
    context: toPlain(context, options),
    ...(output === undefined ? {} : { output: toPlain(output, options) }),
    ...(error === undefined ? {} : { error: toPlain(error, options) }),
  };
}

export function typeOf(event: object): string {
  const { type } = event as { type?: unknown };
  return String(type);
}

export function isSameState(one: object, other: object): boolean {
  const { value, status } = one as { value?: unknown; status?: unknown };
  const next = other as { value?: unknown; status?: unknown };
  if (status !== next.status) return false;
  return value === next.value || JSON.stringify(value) === JSON.stringify(next.value);
}
