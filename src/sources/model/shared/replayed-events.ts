/** Events that a peer sends again, left out before they reach a reader: it would take them for new ones. */

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

/** What is new: events, and what is to be reported before them. */
export type NewEvent =
  | WireEvent
  | Extract<SourceItem<never>, { type: 'gap' | 'replayed' | 'diagnostic' | 'reset' }>
  | RecalledEvents;

/** Events that an earlier process has delivered, from the first up to its cursor: they only have to be known. */
export interface RecalledEvents {
  readonly type: 'recalled';
  readonly events: readonly WireEvent[];
}

/** As many as a drop may cost attempts by default. */
const MAX_REPEATS = 5;
/** Events by which a connection is compared. */
const MAX_SEEN = 1024;

/** What may be held until the cursor comes, in UTF-16 units. */
const MAX_HELD_UNITS = 32 * 1024 * 1024;

/** The first events of a connection, as fingerprints, and how many there were. */
class SeenEvents {
  count = 0;
  readonly #prints: number[] = [];

  add(raw: string): void {
    this.count += 1;
    if (this.#prints.length < MAX_SEEN) this.#prints.push(fingerprint(raw));
  }

  /** Whether these events are the beginning of the others. */
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
  /** An earlier process has read the beginning: it cannot be known again. */
  #isRestored = false;
  /** The events of a replay from the start, until the one after the cursor. */
  #held: WireEvent[] | null = null;
  #heldUnits = 0;
  #hasCome = false;
  /** Events of this connection, and of the one that brought most. */
  #seen = new SeenEvents();
  #longest = new SeenEvents();
  /** Connections in a row that brought nothing else. */
  #repeats = 0;

  constructor(contiguous?: Contiguous) {
    this.#guard = new ReplayGuard(contiguous);
  }

  /**
   * Another connection is about to be asked for. Where ids are useless, what a peer repeats is delivered again, and looks
   * like progress.
   * @throws SourceError where several connections in a row brought nothing but what the longest one had brought
   */
  checkProgress(): void {
    // A request that was refused shows nothing.
    if (this.#seen.count === 0) return;
    const isRepeat = this.#guard.isUseless && this.#seen.repeats(this.#longest);
    this.#repeats = isRepeat ? this.#repeats + 1 : 0;
    if (this.#seen.count > this.#longest.count) this.#longest = this.#seen;
    this.#seen = new SeenEvents();
    if (this.#repeats < MAX_REPEATS) return;
    const message = `The ids of the events say nothing, and ${MAX_REPEATS} connections in a row brought the same beginning of the answer`;
    throw sourceError('not-resumable', message, { fatal: true });
  }

  /**
   * A connection begins. What was read beyond its cursor comes again, and is new.
   * @param isRestored it is the first one of a new process, and goes on
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
   * Takes the next event, and returns what is new by it, in order.
   * @param isBeginning it names the run that is read, as its first event does
   */
  take(wire: WireEvent, isBeginning = false): readonly NewEvent[] {
    const raw = rawOf(wire);
    this.#seen.add(raw);
    const isFirst = this.#seen.count === 1;
    const print = isFirst ? fingerprint(raw) : null;
    if (isFirst && !this.#isResumed) this.#first = print;
    // With one item there is nothing to be known again but the cursor.
    if (isFirst && this.#isRestored && isBeginning && this.#items > 1) this.#held = [];
    if (this.#held !== null) return this.#hold(wire, raw, this.#held);
    const found = this.#takeNew(wire, raw);
    const isAgain = isFirst && this.#isResumed && print === this.#first && this.#guard.isUseless;
    if (!isAgain) return found;
    return [...found.filter((one) => 'type' in one && one.type !== 'gap'), STARTS_AGAIN, wire];
  }

  /** The bytes ended: a replay that did not come to the cursor is all that there is. */
  release(): readonly NewEvent[] {
    const held = this.#held ?? [];
    return held.length === 0 || this.#hasCome ? [] : this.#startAgain(held);
  }

  /** A new process gets a replay from the start: it is old up to the cursor, as soon as that comes. */
  #hold(wire: WireEvent, raw: string, held: WireEvent[]): readonly NewEvent[] {
    const isCursor = wire.cursor === this.#cursor;
    if (this.#hasCome && !isCursor) {
      this.#held = null;
      return this.#takeNew(wire, raw);
    }
    held.push(wire);
    this.#heldUnits += raw.length;
    // Two events have it: it is no place.
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
    // Nothing is old any more.
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

/** As it stands in the item with its cursor. */
function rawOf({ event }: WireEvent): string {
  return event.data;
}

/** What was saved are items, several for an event: the last of each has its id. */
function savedIds(recent: string): SavedUnits {
  const last = savedUnits(recent).last.filter(({ id }) => !Number.isNaN(id));
  return { count: last.length, first: [], last };
}
