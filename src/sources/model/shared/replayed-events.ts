/** Leaves out events that a peer sends again, before they reach a reader, which would take them for new. */

import type { DataItem, ResumePoint, SourceItem } from '../../../../machines/source-contract.js';
import { fingerprint } from '../../../replay/fingerprint.js';
import { sourceError } from '../../shared/source-error.js';
import { ReplayGuard } from '../../../replay/replay-guard.js';
import type { Contiguous } from '../../../replay/id-order.js';
import type { SavedUnits } from '../../../replay/committed-items.js';
import { savedUnits } from '../../../replay/recent-units.js';
import type { SseEvent } from '../../sse/decoder.js';

/** An event with its JSON, and the cursor after it. */
export interface WireEvent {
  readonly event: SseEvent;
  readonly json: unknown;
  readonly cursor: string | undefined;
}

/** New events, and items to report before them. */
export type NewEvent =
  | WireEvent
  | Extract<SourceItem<never>, { type: 'gap' | 'replayed' | 'diagnostic' | 'reset' }>
  | RecalledEvents;

/** Events that an earlier process has delivered, up to its cursor: read for what follows, but not delivered. */
export interface RecalledEvents {
  readonly type: 'recalled';
  readonly events: readonly WireEvent[];
}

/** Number of connections without news before the stream fails: as many as the default of `maxAttempts`. */
const MAX_REPEATS = 5;
/** Number of events by which connections are compared. */
const MAX_SEEN = 1024;

/** Limit of what may be held until the cursor comes, in UTF-16 code units. */
const MAX_HELD_UNITS = 32 * 1024 * 1024;

/** The first events of a connection, as fingerprints, and their number. */
class SeenEvents {
  count = 0;
  readonly #prints: number[] = [];

  add(raw: string): void {
    this.count += 1;
    if (this.#prints.length < MAX_SEEN) this.#prints.push(fingerprint(raw));
  }

  /** Returns whether these events are the beginning of the others. */
  repeats(others: SeenEvents): boolean {
    if (this.count === 0 || this.count > others.count) return false;
    return this.#prints.every((print, n) => print === others.#prints[n]);
  }
}

/** One per run: it remembers the events of all its connections. */
export class ReplayedEvents {
  readonly #guard: ReplayGuard<DataItem<WireEvent>>;
  #cursor: string | null = null;
  #items = 0;
  #reported = 0;
  /** Fingerprint of the first event of the run. */
  #first: number | null = null;
  #isResumed = false;
  /** An earlier process has read the beginning, so it cannot be recognised. */
  #isRestored = false;
  /** The events of a replay from the start, until the one after the cursor. */
  #held: WireEvent[] | null = null;
  #heldUnits = 0;
  #hasCome = false;
  /** The events of this connection, and those of the longest one so far. */
  #seen = new SeenEvents();
  #longest = new SeenEvents();
  /** Number of connections in a row without other events. */
  #repeats = 0;

  constructor(contiguous?: Contiguous) {
    this.#guard = new ReplayGuard(contiguous);
  }

  /**
   * Called before another connection is requested. If ids are useless, repeated events are delivered again, and look
   * like progress.
   * @throws SourceError if several connections in a row had only events that the longest one had
   */
  checkProgress(): void {
    // A refused request proves nothing.
    if (this.#seen.count === 0) return;
    const isRepeat = this.#guard.isUseless && this.#seen.repeats(this.#longest);
    this.#repeats = isRepeat ? this.#repeats + 1 : 0;
    if (this.#seen.count > this.#longest.count) this.#longest = this.#seen;
    this.#seen = new SeenEvents();
    if (this.#repeats < MAX_REPEATS) return;
    const message = `The ids of the events prove nothing, and ${MAX_REPEATS} connections in a row had the same beginning of the response`;
    throw sourceError('not-resumable', message, { fatal: true });
  }

  /**
   * Begins a connection. Events that were read after its cursor come again, and are new.
   * @param isRestored whether it is the first connection of a new process, and resumes
   */
  follow({ items, recent }: ResumePoint, cursor: string | undefined, isRestored = false): void {
    this.#isRestored ||= isRestored;
    if (isRestored && recent !== undefined) this.#guard.known.restore(savedIds(recent));
    this.#isResumed = cursor !== undefined;
    this.#held = null;
    this.#heldUnits = 0;
    this.#hasCome = false;
    if (cursor !== undefined) this.#guard.known.cutAfter(cursor);
    this.#guard.begin(cursor !== undefined);
    this.#cursor = cursor ?? null;
    this.#items = items;
    this.#reported = 0;
  }

  /**
   * Takes the next event, and returns what it shows to be new, in order.
   * @param isBeginning whether the event names this run, as its first event does
   */
  take(wire: WireEvent, isBeginning = false): readonly NewEvent[] {
    const raw = rawOf(wire);
    this.#seen.add(raw);
    const isFirst = this.#seen.count === 1;
    const print = isFirst ? fingerprint(raw) : null;
    if (isFirst && !this.#isResumed) this.#first = print;
    // With one item there is nothing but the cursor to recognise.
    if (isFirst && this.#isRestored && isBeginning && this.#items > 1) this.#held = [];
    if (this.#held !== null) return this.#hold(wire, raw, this.#held);
    const found = this.#takeNew(wire, raw);
    const isAgain = isFirst && this.#isResumed && print === this.#first && this.#guard.isUseless;
    if (!isAgain) return found;
    return [...found.filter((one) => 'type' in one && one.type !== 'gap'), STARTS_AGAIN, wire];
  }

  /** Returns what was held when the bytes end: the replay did not reach the cursor. */
  release(): readonly NewEvent[] {
    const held = this.#held ?? [];
    return held.length === 0 || this.#hasCome ? [] : this.#startAgain(held);
  }

  /** Handles a replay from the start in a new process: everything up to the cursor is old, once the cursor comes. */
  #hold(wire: WireEvent, raw: string, held: WireEvent[]): readonly NewEvent[] {
    const isCursor = wire.cursor === this.#cursor;
    if (this.#hasCome && !isCursor) {
      this.#held = null;
      return this.#takeNew(wire, raw);
    }
    held.push(wire);
    this.#heldUnits += raw.length;
    // Two events have this id, so it is no position.
    if (this.#hasCome) this.#guard.distrust();
    if (this.#hasCome || this.#heldUnits > MAX_HELD_UNITS) return this.#startAgain(held);
    if (!isCursor) return [];
    this.#hasCome = true;
    return [
      { type: 'replayed', items: held.length },
      { type: 'recalled', events: [...held] },
    ];
  }

  #startAgain(held: readonly WireEvent[]): readonly NewEvent[] {
    const [first] = held;
    this.#held = null;
    this.#isRestored = false;
    if (first !== undefined) this.#first = fingerprint(rawOf(first));
    const gap = { type: 'gap', from: this.#cursor ?? this.#items, to: this.#items } as const;
    const notices = this.#notices();
    // From here on everything is new.
    this.#guard.clear();
    this.#cursor = null;
    const found = held.flatMap((one) => this.#takeNew(one, rawOf(one)));
    const events = found.filter((one) => !('type' in one));
    return [...notices, ...(notices.length === 0 ? [gap] : []), STARTS_AGAIN, ...events];
  }

  #takeNew(wire: WireEvent, raw: string): NewEvent[] {
    const { cursor } = wire;
    const unit: DataItem<WireEvent> = {
      type: 'data',
      data: wire,
      bytes: raw.length,
      id: cursor,
      raw,
    };
    const accepted = this.#guard.take(unit, { cursor: this.#cursor, items: this.#items });
    const found: NewEvent[] = this.#notices();
    for (const { unit: one, gap, isLate } of accepted) {
      if (gap !== null) found.push({ type: 'gap', ...gap });
      this.#guard.known.add([one], 0, 1, one.bytes);
      if (!isLate && one.id !== undefined) this.#cursor = one.id;
      found.push(isLate ? { ...one.data, cursor: undefined } : one.data);
    }
    return found;
  }

  #notices(): NewEvent[] {
    const items = this.#guard.skipped - this.#reported;
    this.#reported += items;
    const message = this.#guard.takeComplaint();
    return [
      ...(items === 0 ? [] : [{ type: 'replayed', items } as const]),
      ...(message === null ? [] : [{ type: 'diagnostic', code: 'ids-useless', message } as const]),
    ];
  }
}

const STARTS_AGAIN: NewEvent = {
  type: 'reset',
  scope: 'all',
  why: 'the server sends the answer from its beginning, and its ids do not show what was received',
};

/** Returns the text of an event as in the item with its cursor. */
function rawOf({ event }: WireEvent): string {
  return event.data;
}

/** Saved are items, several per event: the last one of an event has the id. */
function savedIds(recent: string): SavedUnits {
  const last = savedUnits(recent).last.filter(({ id }) => !Number.isNaN(id));
  return { count: last.length, first: [], last };
}
