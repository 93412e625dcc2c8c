/** Separates what a server sends again after a reconnect from what is new. What is not proven to be old is new. */

import { ITEM_OVERHEAD_BYTES, weightOf } from '../buffers/byte-budget.js';
import type { ByteBudget } from '../buffers/byte-budget.js';
import { idOf } from './committed-items.js';
import type { Unit } from './committed-items.js';
import type { Evidence, Recollection } from './recollection.js';

/** Units that no run explains and that wait behind one of it, at most: heartbeats. */
const MAX_ASIDE = 16;

/** After so many units whose ids were never seen no replay is expected: a greeting with an id of its own may precede it. */
const MAX_UNKNOWN = 16;

interface Held<U> {
  readonly unit: U;
  /** It matches the run; otherwise it is new, and waits only for its turn. */
  readonly isMatch: boolean;
}

/**
 * A unit is old if its id was committed with the same data, and the connection is replaying: it goes through the
 * remembered units in order until it reaches the last one. A constant greeting matches one of them too. So what matches
 * is held until the run reaches the end, which proves it, or until something else comes, which shows that it was new.
 *
 * A class: it exists once per connection.
 */
export class ReplayFilter<U extends Unit> {
  /** Units that were left out as old. */
  skipped = 0;
  /** Nothing more can be recognised: all that comes is new. */
  isOver = false;
  /** An id came again with other data. */
  hasConflict = false;
  /** Units were left out by their place, and what followed does not bear it out. */
  isMistaken = false;
  readonly #recalled: Recollection;
  readonly #budget: ByteBudget;
  #held: Held<U>[] = [];
  #heldBytes = 0;
  #isOverBudget = false;
  /** Where among the remembered units the run may be: more than one place while it is ambiguous. */
  #places: number[] = [];
  /** Units of the run that only one remembered unit can be. */
  #proofs = 0;
  /** Where the run began, and whether it follows the order from there. */
  #start = 0;
  #isInOrder = true;
  /** The first units matched all in a row, and the server is now where nothing is remembered: the position there. */
  #trusted: number | null = null;
  #isProven = false;
  #unknown = 0;

  constructor(recalled: Recollection, budget: ByteBudget) {
    this.#recalled = recalled;
    this.#budget = budget;
  }

  /** Only one unit matched so far: a greeting, or the beginning of a replay. */
  get isUndecided(): boolean {
    return this.#held.length > 0 && this.#proofs < 2;
  }

  /** Units are left out by their place only. */
  get isTrusting(): boolean {
    return this.#trusted !== null && !this.isOver;
  }

  /**
   * Takes the next unit of the connection, and returns the units that are new, in order.
   * @param uncovered what came right before it and waits for a checkpoint
   */
  take(unit: U, uncovered: readonly Unit[] = []): readonly U[] {
    if (this.isOver) return [unit];
    if (this.#coversNews(unit, uncovered)) return [...this.release(), unit];
    const next = this.#recalled.following(this.#places, unit);
    if (next.length > 0) return this.#advance(unit, next);
    const found = this.#recalled.compare(unit);
    this.hasConflict = found === 'other';
    if (this.#trusted !== null) return this.#followTrusted(unit, this.#trusted, found);
    if (found === 'same') return this.#held.length > 0 ? this.#goOnAt(unit) : this.#open(unit);
    if (found === 'ambiguous') return this.#takeAmbiguous(unit);
    this.#unknown += 1;
    this.isOver = found === 'other' || this.#unknown > MAX_UNKNOWN;
    return [...this.release(), unit];
  }

  /** A cursor alone has no data by which to know it again. It is a new one if what it covers was not there before it. */
  #coversNews(unit: U, uncovered: readonly Unit[]): boolean {
    if (unit.type !== 'checkpoint' || uncovered.length === 0 || this.#proofs > 1) return false;
    const place = this.#recalled.placeOf(unit);
    return place !== undefined && !this.#recalled.hasBefore(place, uncovered);
  }

  /**
   * Leaves out a unit that is known to be old, by its id and data. It may be part of a run. Returns what waited behind the
   * run.
   */
  drop(unit: U): readonly U[] {
    const next = this.isOver ? [] : this.#recalled.following(this.#places, unit);
    if (next.length > 0) return [...this.#advance(unit, next), ...this.#skip()];
    const aside = this.#skip();
    this.#proofs = 0;
    const isOpening = !this.isOver && this.#recalled.placeOf(unit) !== undefined;
    const opened = isOpening ? this.#open(unit) : [];
    if (!isOpening) this.skipped += 1;
    return [...aside, ...opened, ...this.#skip()];
  }

  /** Whether a replay was proven by the last unit, and these units, which came right before it, belong to it. */
  takeProof(before: readonly Unit[]): boolean {
    const isProven = this.#isProven;
    this.#isProven = false;
    return isProven && before.length > 0 && this.#recalled.hasBefore(this.#start, before);
  }

  /** Gives back what is held, as new. */
  release(): readonly U[] {
    this.#proofs = 0;
    this.#places = [];
    return this.#takeHeld().map(({ unit }) => unit);
  }

  /** The connection is left: what is held comes again, if it was new. */
  leave(): void {
    this.skipped += this.#held.filter(({ isMatch }) => isMatch).length;
    this.release();
  }

  #end(unit: U): readonly U[] {
    this.isOver = true;
    return [...this.release(), unit];
  }

  /**
   * A unit that says nothing does not end a run that is likely. One with an id that comes again and again, a heartbeat,
   * does not decide whether there is one; one without an id shows a live feed.
   */
  #takeAmbiguous(unit: U): readonly U[] {
    if (this.#proofs > 1) return [unit];
    if (idOf(unit) === undefined || this.#held.length === 0 || this.#held.length > MAX_ASIDE)
      return [...this.release(), unit];
    this.#hold(unit, false);
    return [];
  }

  /** The order of the replay differs from ours: a greeting comes before it, or what was late is in its place. */
  #goOnAt(unit: U): readonly U[] {
    this.#isInOrder = false;
    const place = this.#recalled.placeOf(unit);
    return place === undefined ? [unit] : this.#advance(unit, [place]);
  }

  /** A run begins with this unit. */
  #open(unit: U): readonly U[] {
    const place = this.#recalled.placeOf(unit);
    if (place === undefined) return [unit];
    this.#start = place;
    this.#isInOrder = true;
    return this.#advance(unit, [place]);
  }

  #advance(unit: U, places: number[]): readonly U[] {
    const recalled = this.#recalled;
    const place = places[0] ?? 0;
    this.#places = places;
    this.#hold(unit, true);
    if (recalled.isProof(unit)) this.#proofs += 1;
    if (recalled.isEnd(place, this.#proofs)) {
      this.#isProven = this.isOver = true;
      return this.#skip();
    }
    const isFromStart = this.#start === 0 && this.#isInOrder && this.#proofs > 1;
    if (isFromStart && recalled.isForgottenAfter(place)) {
      this.#trusted = recalled.positionOf(place);
      return this.#skip();
    }
    if (this.#trusted !== null) {
      this.#trusted = recalled.positionOf(place);
      return this.#skip();
    }
    // What cannot be held is old where more than one unit speaks for it. One is held in any case.
    if (!this.#isOverBudget || this.#held.length === 1) return [];
    return this.#proofs > 1 ? this.#skip() : this.release();
  }

  #hold(unit: U, isMatch: boolean): void {
    const bytes = unit.type === 'data' ? weightOf(unit) : ITEM_OVERHEAD_BYTES;
    this.#held.push({ unit, isMatch });
    this.#heldBytes += bytes;
    this.#isOverBudget = !this.#budget.hold(bytes);
  }

  #takeHeld(): readonly Held<U>[] {
    const held = this.#held;
    this.#held = [];
    this.#budget.hold(-this.#heldBytes);
    this.#heldBytes = 0;
    return held;
  }

  /** Leaves out what is held, and returns what waited behind it. */
  #skip(): readonly U[] {
    const held = this.#takeHeld();
    const aside = held.filter(({ isMatch }) => !isMatch).map(({ unit }) => unit);
    this.skipped += held.length - aside.length;
    return aside;
  }

  /** What lies between the first and the last units is forgotten: its place is all that speaks for it. */
  #followTrusted(unit: U, position: number, found: Evidence): readonly U[] {
    const recalled = this.#recalled;
    if (found === 'same' && recalled.isProof(unit)) {
      const place = recalled.placeOf(unit) ?? 0;
      if ((recalled.positionOf(place) ?? 0) > position) return this.#advance(unit, [place]);
    }
    const isForgotten = position + 1 < recalled.positionAfterForgotten;
    if (found === 'unknown' ? isForgotten : idOf(unit) === undefined) {
      this.#trusted = position + 1;
      this.skipped += 1;
      return [];
    }
    this.isMistaken = true;
    return this.#end(unit);
  }
}
