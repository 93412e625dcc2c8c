/** The page's data: a fold of the inspector's messages, independent of rendering. */

import { readChart } from './chart.js';
import type { ChartState } from './chart.js';
import type {
  ActorMessage,
  EventMessage,
  Hello,
  InspectMessage,
  ShownSnapshot,
  SnapshotMessage,
} from '../../collect/protocol.js';

export interface Span {
  readonly state: string;
  readonly from: number;
  /** Null: the state is current. */
  to: number | null;
}

export interface Move {
  readonly from: string;
  readonly to: string;
  readonly event: string;
}

export interface ShownActor {
  readonly id: string;
  readonly parentId: string | null;
  readonly name: string;
  readonly since: number;
  readonly definition: string | null;
  readonly chart: ChartState | null;
  snapshot: ShownSnapshot | null;
  spans: Span[];
  /** The last transition. */
  move: Move | null;
}

export interface LogEntry {
  readonly key: number;
  readonly actorId: string;
  time: number;
  event: EventMessage['event'];
  count: number;
  /** The new state, if it changed. */
  to: string | null;
}

export class Model {
  readonly actors: Map<string, ShownActor> = new Map();
  log: LogEntry[] = [];
  isReadOnly = false;
  hiddenCount = 0;
  /** The offset from this page's clock to that of the inspected process, in ms. */
  skewMs = 0;
  #keys = 0;
  /** Definitions by their id. */
  readonly #definitions = new Map<string, string>();
  /** The last log entry of each actor. */
  readonly #newest = new Map<string, LogEntry>();

  /** Starts over: the greeting contains everything. */
  greet(hello: Hello): void {
    this.actors.clear();
    this.#newest.clear();
    this.log = [];
    this.isReadOnly = hello.isReadOnly;
    this.hiddenCount = hello.hiddenCount;
    this.skewMs = -Infinity;
    this.#syncClock(hello.time);
    this.#definitions.clear();
    this.take(hello.definitions);
    for (const actor of hello.actors) this.#meet(actor);
    this.take(hello.history);
    for (const snapshot of hello.snapshots) this.#step(snapshot);
  }

  take(messages: readonly InspectMessage[]): void {
    for (const message of messages) {
      if ('time' in message) this.#syncClock(message.time);
      if (message.type === '@xstate.actor') this.#meet(message);
      else if (message.type === '@xstate.event') this.#note(message);
      else if (message.type === '@xstate.snapshot') this.#step(message);
      else if (message.type === 'forgotten') this.#forget(message.sessionId);
      else if (message.type === 'definition') this.#definitions.set(message.id, message.definition);
      else this.hiddenCount = message.count;
    }
    if (this.log.length > MAX_LOG) this.log = this.log.slice(-MAX_LOG);
  }

  /** Returns the root actors: streams, and other actors created by `createActor`. */
  get roots(): ShownActor[] {
    return [...this.actors.values()].filter(({ parentId }) => parentId === null);
  }

  now(): number {
    return Date.now() + this.skewMs;
  }

  /** A delayed message shows less than the difference of the clocks, and no message shows more. */
  #syncClock(time: number): void {
    this.skewMs = Math.max(this.skewMs, time - Date.now());
  }

  #meet({ sessionId, parentId, name, definition: id, time }: ActorMessage): void {
    const definition = id === null ? null : (this.#definitions.get(id) ?? null);
    this.actors.set(sessionId, {
      id: sessionId,
      parentId,
      name,
      since: time,
      definition,
      chart: definition === null ? null : chartOf(definition),
      snapshot: null,
      spans: [],
      move: null,
    });
  }

  #note({ sessionId, event, time, count }: EventMessage): void {
    const last = this.#newest.get(sessionId);
    if (event.type === PROGRESS && last?.event.type === PROGRESS) {
      Object.assign(last, { time, event, count: last.count + count });
      return;
    }
    const entry = { key: (this.#keys += 1), actorId: sessionId, time, event, count, to: null };
    this.#newest.set(sessionId, entry);
    this.log.push(entry);
  }

  #step({ sessionId, event, snapshot, time }: SnapshotMessage): void {
    const actor = this.actors.get(sessionId);
    if (actor === undefined) return;
    actor.snapshot = snapshot;
    const state = stateText(snapshot);
    const last = actor.spans.at(-1);
    if (last?.state === state) return;
    if (last !== undefined) {
      last.to = time;
      actor.move = { from: last.state, to: state, event: event.type };
    }
    actor.spans.push({ state, from: time, to: null });
    if (actor.spans.length > MAX_SPANS) actor.spans = actor.spans.slice(-MAX_SPANS);
    const cause = this.#newest.get(sessionId);
    if (cause !== undefined && last !== undefined && cause.event.type === event.type)
      cause.to = state;
  }

  /** Removes a stopped child; its events stay in the log. */
  #forget(id: string): void {
    this.actors.delete(id);
    this.#newest.delete(id);
  }
}

/** Frequent reports of a stream make one log entry, until something else happens. */
export const PROGRESS = 'stream.progress';

const MAX_LOG = 1_000;
const MAX_SPANS = 1_000;

/** Returns the state as text, such as `playing.loud`; the status for an actor that is no machine. */
export function stateText({ value, status }: ShownSnapshot): string {
  const words = pathsOf(value);
  return words.length === 0 ? status : words.join(' + ');
}

function pathsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const below = pathsOf(inner);
    return below.length === 0 ? [key] : below.map((path) => `${key}.${path}`);
  });
}

/** Cached by text: thousands of actors share one definition. */
const charts = new Map<string, ChartState>();

function chartOf(definition: string): ChartState {
  const known = charts.get(definition);
  if (known !== undefined) return known;
  const chart = readChart(JSON.parse(definition) as object);
  charts.set(definition, chart);
  return chart;
}
