/** What the page knows: a fold of the inspector's messages, without a word about how it is drawn. */

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
  /** Null: it lasts. */
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
  /** The last change of state. */
  move: Move | null;
}

export interface LogEntry {
  readonly key: number;
  readonly actorId: string;
  time: number;
  event: EventMessage['event'];
  count: number;
  /** Where it led, if the state changed. */
  to: string | null;
}

export class Model {
  readonly actors: Map<string, ShownActor> = new Map();
  log: LogEntry[] = [];
  isReadOnly = false;
  hiddenCount = 0;
  /** What to add to this page's clock to have that of the process. */
  skewMs = 0;
  #keys = 0;
  /** Definitions by their id. */
  readonly #definitions = new Map<string, string>();
  /** The last entry of each actor. */
  readonly #newest = new Map<string, LogEntry>();

  /** Starts over: the greeting holds all that is known. */
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

  /** Actors that stand for themselves: streams, and whatever else was created with `createActor`. */
  get roots(): ShownActor[] {
    return [...this.actors.values()].filter(({ parentId }) => parentId === null);
  }

  now(): number {
    return Date.now() + this.skewMs;
  }

  /** A message that was long on its way shows less than the difference of the clocks, and none shows more. */
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

  /** A child that is over goes; its events stay in the log. */
  #forget(id: string): void {
    this.actors.delete(id);
    this.#newest.delete(id);
  }
}

/** Reports that a stream sends many times a second: one entry, until something else happens. */
export const PROGRESS = 'stream.progress';

const MAX_LOG = 1_000;
const MAX_SPANS = 1_000;

/** The state as words: `playing.loud` where it is nested; actors that are no machine have a status. */
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

/** Definitions of one machine are the same text, thousands of times. */
const charts = new Map<string, ChartState>();

function chartOf(definition: string): ChartState {
  const known = charts.get(definition);
  if (known !== undefined) return known;
  const chart = readChart(JSON.parse(definition) as object);
  charts.set(definition, chart);
  return chart;
}
