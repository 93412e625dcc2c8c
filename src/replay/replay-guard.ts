/** Which units that a peer sends are new: by what is remembered, and by how ids follow each other where that is known. */

import { ByteBudget } from '../buffers/byte-budget.js';
import { CommittedItems, idOf } from './committed-items.js';
import type { Unit } from './committed-items.js';
import { IdOrder } from './id-order.js';
import type { Contiguous, Relation } from './id-order.js';
import { Recollection } from './recollection.js';
import { ReplayFilter } from './replay-filter.js';

/** Where the stream is: the last cursor, and how many items came. */
export interface Position {
  readonly cursor: string | null;
  readonly items: number;
}

/** Something may be missing between the two: ids, or numbers of items. */
export interface Gap {
  readonly from: string | number;
  readonly to: string | number;
}

/** A unit that is not known to be old. */
export interface Accepted<U> {
  readonly unit: U;
  /** To be reported before the unit. */
  readonly gap: Gap | null;
  /** It comes after its turn: the cursor stays where it is. */
  readonly isLate: boolean;
}

const MAX_HELD_BYTES = 64 * 1024 * 1024;

/** A class: it exists once per stream. */
export class ReplayGuard<U extends Unit> {
  readonly known: CommittedItems = new CommittedItems();
  readonly #order: IdOrder;
  readonly #budget: ByteBudget;
  #filter: ReplayFilter<U> | null = null;
  #isResumed = false;
  /** Ids came again with other data: they are no evidence any more. */
  #isUseless = false;
  /** That ids are unreliable, as long as it is not reported. */
  #notice: 'none' | 'due' | 'reported' = 'none';
  /** A gap was reported on this connection because ids are no evidence. */
  #hasGap = false;
  #skipped = 0;

  /** @param budget what is held until a replay is proven draws on it; of its own where no stream has one */
  constructor(
    contiguous: Contiguous | undefined,
    budget: ByteBudget = new ByteBudget(MAX_HELD_BYTES),
  ) {
    this.#order = new IdOrder(contiguous ?? null);
    this.#budget = budget;
  }

  /** Every unit is new, and none needs a look. */
  get isIdle(): boolean {
    if (this.#order.isKnown) return false;
    return !this.#isResumed || (this.#isUseless ? this.#hasGap : (this.#filter?.isOver ?? false));
  }

  /** Ids came again with other data: what comes after a drop is new, as far as anybody can know. */
  get isUseless(): boolean {
    return this.#isUseless;
  }

  /** Units of this connection that were left out. */
  get skipped(): number {
    return this.#skipped + (this.#filter?.skipped ?? 0);
  }

  /** One unit is held that may be new. */
  get isUndecided(): boolean {
    return this.#filter?.isUndecided ?? false;
  }

  /** Units were left out that nothing has proven to be old. */
  get isTrusting(): boolean {
    return this.#filter?.isTrusting ?? false;
  }

  /** A connection begins. @param isResumed it goes on where another one was left */
  begin(isResumed: boolean): void {
    this.#skipped = 0;
    this.#filter = null;
    this.#isResumed = isResumed;
    this.#hasGap = false;
  }

  /**
   * Takes what comes, and returns what is new, in order.
   * @param uncovered what came right before it and waits for a checkpoint
   * @throws ReconnectError `callback`
   */
  take(unit: U, position: Position, uncovered: readonly Unit[] = []): readonly Accepted<U>[] {
    const filter = this.#filterOf();
    if (this.#isUseless) return [{ unit, gap: this.#gapByCount(position), isLate: false }];
    const relation = this.#order.relationOf(unit, position.cursor);
    const { units, isDoubtful } = this.#recognise(
      unit,
      relation,
      { ...position, uncovered },
      filter,
    );
    return units.map((one) => {
      if (one !== unit) return { unit: one, gap: null, isLate: false };
      return isDoubtful
        ? { unit, gap: gapBefore(unit, position), isLate: false }
        : this.#accept(unit, relation, position);
    });
  }

  /** Gives back what is held, as new: the stream ends, or nothing comes that would decide. */
  release(): readonly Accepted<U>[] {
    const held = this.#filter?.release() ?? [];
    return held.map((unit) => ({ unit, gap: null, isLate: false }));
  }

  /** Whether these units, the last of the connection, turned out to be old with the one that was taken. */
  takeProof(before: readonly Unit[]): boolean {
    return this.#filter?.takeProof(before) ?? false;
  }

  /** Counts units as left out. */
  addSkipped(count: number): void {
    this.#skipped += count;
  }

  /** Ids turned out to prove nothing. */
  distrust(): void {
    if (!this.#isUseless) this.#giveUp();
  }

  /** The connection is left. */
  leave(): void {
    this.#filter?.leave();
  }

  /** The stream starts over. */
  clear(): void {
    this.known.clear();
    this.#order.clear();
    this.#filter?.release();
    this.#filter = null;
    this.#isResumed = false;
  }

  /** Why ids cannot be relied on, once. */
  takeComplaint(): string | null {
    if (this.#notice !== 'due') return null;
    this.#notice = 'reported';
    return 'an id came again with other data, so ids do not show what was received: after a drop, what the server sends is delivered as new';
  }

  #filterOf(): ReplayFilter<U> | null {
    if (!this.#isResumed || this.#isUseless) return null;
    if (this.#filter !== null) return this.#filter;
    const recalled = new Recollection(this.known.recall());
    if (recalled.isWeak) this.#noticeUseless();
    if (recalled.proofs > 0) return (this.#filter = new ReplayFilter(recalled, this.#budget));
    this.#giveUp();
    return null;
  }

  /** What is new of this unit and those before it that were held, and whether something may be missing before it. */
  #recognise(
    unit: U,
    relation: Relation,
    { cursor, uncovered }: Position & { readonly uncovered: readonly Unit[] },
    filter: ReplayFilter<U> | null,
  ): { units: readonly U[]; isDoubtful: boolean } {
    if (relation === 'old') {
      const found = new Recollection(this.known.recall()).compare(unit);
      const isForgotten = found === 'unknown' && this.#order.hasPassed(unit);
      if (filter !== null && (found === 'same' || isForgotten)) {
        return { units: filter.drop(unit), isDoubtful: false };
      }
      const units = [...(filter?.release() ?? []), unit];
      // An id that stands still says as little as one that comes again with other data.
      const isStill = unit.type === 'data' && idOf(unit) === cursor;
      const isDoubtful = found === 'other' || isStill;
      if (isDoubtful) this.#giveUp();
      return { units, isDoubtful };
    }
    if (filter === null) return { units: [unit], isDoubtful: false };
    const units = filter.take(unit, uncovered);
    const { isMistaken, hasConflict } = filter;
    filter.isMistaken = false;
    if (hasConflict) this.#giveUp();
    return { units, isDoubtful: isMistaken || hasConflict };
  }

  #accept(unit: U, relation: Relation, position: Position): Accepted<U> {
    const turn = this.#order.pass(unit, relation, position.cursor);
    if (turn === 'again') this.known.clear();
    const hasGap = turn !== 'in turn' || relation === 'gap';
    const gap = hasGap ? gapBefore(unit, position) : null;
    return { unit, gap, isLate: turn === 'late' };
  }

  /** After a drop nobody can say whether something is missing: by ids nothing is known, and items have no other place. */
  #gapByCount({ items }: Position): Gap | null {
    if (!this.#isResumed || this.#hasGap) return null;
    this.#hasGap = true;
    return { from: items, to: items };
  }

  #giveUp(): void {
    this.#noticeUseless();
    this.addSkipped(this.#filter?.skipped ?? 0);
    this.#isUseless = this.#hasGap = true;
    this.#filter = null;
    this.known.clear();
  }

  #noticeUseless(): void {
    if (this.#notice === 'none') this.#notice = 'due';
  }
}

function gapBefore(unit: Unit, { cursor, items }: Position): Gap {
  return { from: cursor ?? items, to: idOf(unit) ?? items };
}
