/** Collects XState's inspection events, and emits them in batches in a form that can be shown. */

import type { AnyActorRef, InspectionEvent } from 'xstate';
import { definitionOf } from './definition.js';
import { DefinitionTable } from './definition-table.js';
import { createHistory } from './history.js';
import type { History } from './history.js';
import {
  isNews,
  isOver,
  isSameState,
  PROGRESS,
  shownEvent,
  shownSnapshot,
  typeOf,
} from './log-entries.js';
import type { Entry, Note, SnapshotNote } from './log-entries.js';
import { plainText } from './to-plain-json.js';
import type { PlainOptions } from './to-plain-json.js';
import type { Hello, InspectMessage } from './protocol.js';
import { ActorRegistry } from './actor-registry.js';

export interface InspectionLogOptions extends PlainOptions {
  /** Number of messages kept for pages that are opened late. */
  readonly historyLength: number;
  /** Number of actors shown at once, without their children; a new actor replaces a stopped one. */
  readonly maxActors: number;
  /** Called with the new messages, a few times a second at most. */
  readonly onMessages: (messages: readonly InspectMessage[]) => void;
}

/**
 * XState calls `record` in the middle of every step of an actor, thousands of times a second, so `record` only keeps
 * references to immutable values. Copying and sending happen later.
 */
export class InspectionLog {
  readonly #options: InspectionLogOptions;
  readonly #registry: ActorRegistry;
  readonly #definitions = new DefinitionTable();
  readonly #ids = new WeakMap<object, string>();
  #pending: Note[] = [];
  readonly #history: History;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #reportedHidden = 0;
  #twins = 0;
  #isClosed = false;

  constructor(options: InspectionLogOptions) {
    this.#options = options;
    this.#registry = new ActorRegistry(options.maxActors);
    this.#history = createHistory(options.historyLength);
  }

  /** Never throws: a throw would stop the actor, and its process, in the middle of a step. */
  record(inspected: InspectionEvent): void {
    if (this.#isClosed) return;
    try {
      this.#onInspection(inspected);
    } catch {
      // What cannot be recorded is not shown.
    }
  }

  #onInspection(inspected: InspectionEvent): void {
    if (inspected.type === '@xstate.actor') this.#register(inspected.actorRef as AnyActorRef);
    else if (inspected.type === '@xstate.event') {
      const entry = this.#entryOf(inspected.actorRef);
      if (entry !== undefined) this.#noteEvent(entry, inspected.event, inspected.sourceRef);
    } else if (inspected.type === '@xstate.snapshot') {
      const entry = this.#entryOf(inspected.actorRef);
      if (entry !== undefined) this.#noteSnapshot(entry, inspected.event, inspected.snapshot);
      else if (isOver(inspected.snapshot) && this.#registry.takeBack(inspected.actorRef))
        this.#schedule();
    }
  }

  /** A live actor that is shown. */
  actor(sessionId: string): AnyActorRef | undefined {
    return this.#registry.get(sessionId)?.ref ?? undefined;
  }

  knows(sessionId: string): boolean {
    return this.#registry.get(sessionId) !== undefined;
  }

  hello(isReadOnly: boolean): Hello {
    this.flush();
    const entries = this.#registry.all;
    return {
      type: 'hello',
      time: Date.now(),
      isReadOnly,
      hiddenCount: this.#registry.hiddenCount,
      definitions: this.#definitions.messages,
      actors: entries.map(({ message }) => message),
      snapshots: entries.flatMap(({ shown }) => (shown === null ? [] : [shown])),
      history: this.#history.messages,
    };
  }

  /** Emits the last messages; later events are ignored. Streams may outlive their inspector. */
  close(): void {
    this.flush();
    this.#isClosed = true;
    for (const entry of this.#registry.all) this.#registry.remove(entry);
  }

  /** Emits at once what was recorded. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const notes = this.#pending;
    this.#pending = [];
    const messages = notes.flatMap((note) => attempt(() => this.#show(note)) ?? []);
    for (const note of notes) {
      if (note.kind === 'message') continue;
      note.entry.lastEvent = null;
      note.entry.lastSnapshot = null;
      note.entry.noted = 0;
    }
    const { hiddenCount } = this.#registry;
    if (hiddenCount !== this.#reportedHidden) messages.push({ type: 'unseen', count: hiddenCount });
    this.#reportedHidden = hiddenCount;
    if (messages.length === 0) return;
    attempt(() => this.#history.add(messages.filter(isNews)));
    attempt(() => this.#options.onMessages(messages));
  }

  #register(ref: AnyActorRef): void {
    // A burst of short-lived actors would pile up messages about them.
    if (this.#pending.length >= MAX_PENDING) this.flush();
    if (!this.#registry.hasPlace(ref, (oldest) => this.#forget(oldest))) {
      this.#schedule();
      return;
    }
    // Two copies of XState in one process both count from zero.
    const isTaken = this.#registry.get(ref.sessionId) !== undefined;
    const sessionId = isTaken ? `${ref.sessionId}-${(this.#twins += 1)}` : ref.sessionId;
    const parent = ref._parent;
    const parentId = parent === undefined ? null : (this.#ids.get(parent) ?? parent.sessionId);
    const rootId =
      parentId === null ? sessionId : (this.#registry.get(parentId)?.message.rootId ?? parentId);
    const definition = definitionOf(logicOf(ref));
    const name = nameOf(ref);
    const entry: Entry = {
      ref,
      message: {
        type: '@xstate.actor',
        sessionId,
        rootId,
        parentId,
        name,
        definition:
          definition === null
            ? null
            : this.#definitions.use(definition, (message) => this.#emit(message)),
        time: Date.now(),
      },
      shown: null,
      isOver: false,
      lastEvent: null,
      lastSnapshot: null,
      noted: 0,
      isMerging: false,
    };
    this.#ids.set(ref, sessionId);
    this.#registry.add(entry);
    this.#emit(entry.message);
  }

  #noteEvent(entry: Entry, event: object, source: object | undefined): void {
    const last = entry.lastEvent;
    entry.isMerging = last !== null && this.#isMerged(entry, typeOf(last.event), typeOf(event));
    if (entry.isMerging && last !== null) {
      last.event = event;
      last.time = Date.now();
      last.count += 1;
      return;
    }
    const sourceId = source === undefined ? null : (this.#ids.get(source) ?? null);
    entry.lastEvent = { kind: 'event', entry, event, sourceId, time: Date.now(), count: 1 };
    entry.noted += 1;
    this.#note(entry.lastEvent);
  }

  #noteSnapshot(entry: Entry, event: object, snapshot: object): void {
    const last = entry.lastSnapshot;
    const isFull = this.#pending.length >= MAX_PENDING;
    if (last !== null && (isFull || (entry.isMerging && isSameState(last.snapshot, snapshot)))) {
      last.event = event;
      last.snapshot = snapshot;
      last.time = Date.now();
    } else {
      const note: SnapshotNote = { kind: 'snapshot', entry, event, snapshot, time: Date.now() };
      entry.lastSnapshot = note;
      entry.noted += 1;
      this.#note(note);
    }
    if (!isOver(snapshot)) return;
    // At once: in a burst the next actor needs the room before this message is sent.
    entry.isOver = true;
    entry.ref = null;
    if (entry.message.parentId !== null) this.#forget(entry);
  }

  /** Merges progress, which is a sample anyway, and other events of which one batch has more than anyone reads. */
  #isMerged(entry: Entry, last: string, next: string): boolean {
    if (this.#pending.length >= MAX_PENDING) return true;
    return last === next && (next === PROGRESS || entry.noted > MAX_NOTED);
  }

  #emit(message: InspectMessage): void {
    this.#note({ kind: 'message', message });
  }

  #note(note: Note): void {
    this.#pending.push(note);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => this.flush(), BATCH_MS);
    // This timer keeps no process alive; the server does.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  #show(note: Note): InspectMessage {
    if (note.kind === 'message') return note.message;
    const { entry, time } = note;
    const { sessionId, rootId } = entry.message;
    const event = shownEvent(note.event, this.#options);
    if (note.kind === 'event') {
      const { sourceId, count } = note;
      return { type: '@xstate.event', sessionId, rootId, sourceId, event, time, count };
    }
    const snapshot = shownSnapshot(note.snapshot, this.#options);
    entry.shown = { type: '@xstate.snapshot', sessionId, rootId, event, snapshot, time };
    return entry.shown;
  }

  #forget(entry: Entry): void {
    if (!this.#registry.remove(entry)) return;
    const { sessionId, definition } = entry.message;
    this.#definitions.release(definition);
    this.#emit({ type: 'forgotten', sessionId });
    for (const child of this.#registry.childrenOf(entry)) this.#forget(child);
  }

  #entryOf(ref: object): Entry | undefined {
    const sessionId = this.#ids.get(ref);
    return sessionId === undefined ? undefined : this.#registry.get(sessionId);
  }
}

/** Fast enough for an eye, and few enough for a page. */
const BATCH_MS = 50;
/** Entries of one actor in a batch before events of a kind are merged. */
const MAX_NOTED = 40;
/** Entries of all actors in a batch before all events are merged. */
const MAX_PENDING = 4_000;

/** Runs in a timer, where an uncaught error would end the process. */
function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

/** Returns the id that the caller gave the actor; XState's own ids are numbers. */
function nameOf(ref: AnyActorRef): string {
  const { id } = (logicOf(ref) ?? {}) as { id?: unknown };
  return plainText(ref.id === ref.sessionId && typeof id === 'string' ? id : ref.id);
}

/** Fields that are not in the public type of an actor. */
function logicOf(ref: AnyActorRef): unknown {
  return (ref as { logic?: unknown }).logic;
}
