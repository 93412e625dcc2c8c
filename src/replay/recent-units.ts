/** The last units that a consumer has passed, as fingerprints: a checkpoint keeps them, and a new process knows a replay. */

import { idOf, isFixed, textPrintOf } from './committed-items.js';
import type { Print, SavedUnits, Unit } from './committed-items.js';
import { fingerprint } from './fingerprint.js';

/** How many of the first units a checkpoint keeps: a replay from the start is known by them. */
const FIRST_UNITS = 8;
/** How many of the last units it keeps: together they add 1 KB to a checkpoint at most. */
export const LAST_UNITS = 32;
/** Of larger units only the fingerprints wait, in bytes for each. */
const MAX_UNIT_BYTES = 2048;

/** Immutable, since checkpoints refer to it: the text is made when a checkpoint becomes JSON. */
export class RecentUnits {
  static readonly EMPTY: RecentUnits = new RecentUnits(0, [], []);
  readonly #count: number;
  readonly #first: readonly string[];
  readonly #runs: readonly Run[];

  private constructor(count: number, first: readonly string[], runs: readonly Run[]) {
    this.#count = count;
    this.#first = first;
    this.#runs = runs;
  }

  static from(saved: string | undefined): RecentUnits {
    if (saved === undefined) return RecentUnits.EMPTY;
    const { count, first, last } = partsOf(saved);
    return new RecentUnits(count, first, [new Run(last)]);
  }

  /** With these units after them, up to one; some may be fingerprints already. @param bytes their size, about */
  with(units: readonly (Unit | string)[], bytes: number, to: number = units.length): RecentUnits {
    const missing = FIRST_UNITS - this.#first.length;
    const news = missing > 0 ? units.slice(0, Math.min(to, missing)).map(printOf) : [];
    const kept = units.slice(Math.max(0, to - LAST_UNITS), to);
    const end = units[to - 1];
    const waits = bytes <= MAX_UNIT_BYTES * to && (typeof end === 'string' || isFixed(end));
    const run = new Run(waits ? kept : kept.map(printOf));
    let { size } = run;
    let oldest = this.#runs.length;
    while (oldest > 0 && size < LAST_UNITS) size += (this.#runs[--oldest] as Run).size;
    const runs = [...this.#runs.slice(oldest), run];
    return new RecentUnits(
      this.#count + to,
      missing > 0 ? [...this.#first, ...news] : this.#first,
      runs,
    );
  }

  /** Up to the last one with an id: what came after it comes again. */
  toJSON(): string | undefined {
    const all = this.#runs.flatMap((run) => run.prints);
    const end = all.findLastIndex((print) => print !== '' && !print.startsWith('-')) + 1;
    if (end === 0) return undefined;
    const count = this.#count - (all.length - end);
    const last = all.slice(Math.max(0, end - LAST_UNITS), end);
    const first = count > last.length ? this.#first : [];
    return `${count};${first.join()};${last.join()}`;
  }
}

/** The recent units in the middle of a batch. */
export class RecentUnitsWithin {
  readonly #before: RecentUnits;
  readonly #units: readonly Unit[];
  readonly #to: number;

  constructor(before: RecentUnits, units: readonly Unit[], to: number) {
    this.#before = before;
    this.#units = units;
    this.#to = to;
  }

  toJSON(): string | undefined {
    return this.#before.with(this.#units, 0, this.#to).toJSON();
  }
}

/** Units in a row, or their texts, which are made once. */
class Run {
  readonly size: number;
  #units: readonly (Unit | string)[];

  constructor(units: readonly (Unit | string)[]) {
    this.size = units.length;
    this.#units = units;
  }

  get prints(): readonly string[] {
    const prints = this.#units.map(printOf);
    this.#units = prints;
    return prints;
  }
}

/** @param saved what `parseCheckpoint` has accepted */
export function savedUnits(saved: string): SavedUnits {
  const { count, first, last } = partsOf(saved);
  return { count, first: first.map(parsePrint), last: last.map(parsePrint) };
}

function partsOf(saved: string): { count: number; first: string[]; last: string[] } {
  const [count, first = '', last = ''] = saved.split(';');
  const lasts = last.split(',');
  return {
    count: Math.max(Number(count), lasts.length),
    first: first === '' ? lasts.slice(0, FIRST_UNITS) : first.split(','),
    last: lasts,
  };
}

/** What is not known is left out. An object may have been changed by the consumer: its id has to do. */
export function printOf(unit: Unit | string): string {
  if (typeof unit === 'string') return unit;
  const id = idOf(unit);
  const text = isFixed(unit) ? textPrintOf(unit) : NaN;
  return `${id === undefined ? '' : fingerprint(id).toString(36)}${
    Number.isNaN(text) ? '' : `-${text.toString(36)}`
  }`;
}

function parsePrint(print: string): Print {
  const [id = '', text = ''] = print.split('-');
  return { id: parseInt(id, 36), text: parseInt(text, 36) };
}
