/** What is remembered of the items that were committed: fingerprints of the first and of the last ones, in order. */

import type { DataItem } from '../../machines/source-contract.js';
import { fingerprint, recognisedText } from './fingerprint.js';

/** How many of the first items are remembered: a replay from the start is known by them. */
const FIRST_ITEMS = 16;
/** How many of the last items are remembered. */
const LAST_ITEMS = 256;
/** Text of items whose fingerprint was not taken yet, in bytes: an idle stream keeps no more of it. */
const MAX_TEXT_BYTES = 64 * 1024;

/** What can be recognised: an item, a cursor that came without one, or what is left of an item. */
export type Unit =
  | DataItem<unknown>
  | { readonly type: 'checkpoint'; readonly cursor: string }
  | { readonly type: 'digest'; readonly id: string | undefined; readonly text: number };

/** What is remembered of a unit. */
export interface Print {
  /** Fingerprint of its id; NaN where it has none. */
  readonly id: number;
  /** Fingerprint of its text; NaN where that is not known. */
  readonly text: number;
}

/** One committed unit. */
export interface CommittedItem extends Print {
  /** How many units were committed before it. */
  readonly position: number;
}

/** What a checkpoint has saved. */
export interface SavedUnits {
  readonly count: number;
  /** Left out where the last ones are all. */
  readonly first: readonly Print[];
  readonly last: readonly Print[];
}

/** Some units in a row. */
interface Run {
  readonly units: readonly Unit[];
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

/**
 * A class: it exists once per stream, and one method is called per batch. Fingerprints are taken only when they are
 * needed, or when much text would be kept: most items are forgotten before that.
 */
export class CommittedItems {
  count = 0;
  readonly #first: Fingerprints = new Fingerprints();
  #last: Fingerprints = new Fingerprints();
  #runs: Run[] = [];
  #units = 0;
  #bytes = 0;

  /** Units of a batch, from one index up to another. @param bytes their size, about */
  add(units: readonly Unit[], from: number, to: number, bytes: number): void {
    for (let n = from; n < to && this.count + n - from < FIRST_ITEMS; n++)
      this.#first.push(units[n] as Unit);
    this.count += to - from;
    this.#keep(units, from, to, bytes);
    for (let oldest = this.#runs[0]; oldest !== undefined; oldest = this.#runs[0]) {
      const size = oldest.to - oldest.from;
      if (this.#units - size < LAST_ITEMS) break;
      this.#units -= size;
      this.#bytes -= oldest.bytes;
      this.#runs.shift();
      this.#last.clear();
    }
    if (this.#bytes > MAX_TEXT_BYTES || !isFixed(units[to - 1])) this.digest();
  }

  /** Units that nothing is known of but their number. */
  skip(count: number): void {
    if (count === 0) return;
    this.digest();
    this.#last.clear();
    this.count += count;
  }

  /** Remembers what an earlier process has saved. */
  restore({ count, first, last }: SavedUnits): void {
    this.clear();
    this.count = count;
    const isAll = count === last.length;
    for (const one of isAll ? last.slice(0, FIRST_ITEMS) : first) this.#first.add(one);
    for (const one of last) this.#last.add(one);
  }

  /** Forgets what came after the last unit with this id. */
  cutAfter(id: string): void {
    this.digest();
    const at = this.#last.ids.lastIndexOf(fingerprint(id));
    if (at < 0) {
      this.clear();
      this.add([{ type: 'checkpoint', cursor: id }], 0, 1, 0);
      return;
    }
    const excess = this.#last.ids.length - 1 - at;
    this.count -= excess;
    this.#last.truncate(at + 1);
    this.#first.truncate(Math.min(this.count, FIRST_ITEMS));
  }

  clear(): void {
    this.count = 0;
    this.#first.clear();
    this.#last.clear();
    this.#runs = [];
    this.#units = this.#bytes = 0;
  }

  /** What is remembered, in order: where positions are not in a row, those between are forgotten. */
  recall(): CommittedItem[] {
    this.digest();
    const start = this.count - this.#last.ids.length;
    const first = this.#first.at(0).filter(({ position }) => position < start);
    return [...first, ...this.#last.at(start)];
  }

  /** Takes the fingerprints that are missing, and lets the items be collected. */
  digest(): void {
    if (this.#units === 0) return;
    let excess = this.#units - LAST_ITEMS;
    for (const { units, from, to } of this.#runs) {
      for (let n = from + Math.max(0, excess); n < to; n++) this.#last.push(units[n] as Unit);
      excess -= to - from;
    }
    this.#last.keep(LAST_ITEMS);
    this.#runs = [];
    this.#units = this.#bytes = 0;
  }

  /** A long batch would be kept whole for its last items. */
  #keep(units: readonly Unit[], from: number, to: number, bytes: number): void {
    const size = Math.min(to - from, LAST_ITEMS);
    const run: Run =
      size === to - from ? { units, from, to, bytes } : lastOf(units.slice(to - size, to));
    this.#units += size;
    this.#bytes += run.bytes;
    this.#runs.push(run);
  }
}

/** What is left out of a long batch is not kept, so its bytes do not count. */
function lastOf(units: readonly Unit[]): Run {
  let bytes = 0;
  for (const unit of units) if (unit.type === 'data') bytes += unit.bytes;
  return { units, from: 0, to: units.length, bytes };
}

/** Whether its text stays what it is: an object is the consumer's, who may change it. */
export function isFixed(unit: Unit | undefined): boolean {
  if (unit?.type !== 'data') return true;
  return unit.raw !== undefined || typeof unit.data !== 'object' || unit.data === null;
}

/** Two lists of numbers, which V8 keeps without an object each. */
class Fingerprints {
  ids: number[] = [];
  texts: number[] = [];

  push(unit: Unit): void {
    const id = idOf(unit);
    this.add({ id: id === undefined ? NaN : fingerprint(id), text: textPrintOf(unit) });
  }

  add({ id, text }: Print): void {
    this.ids.push(id);
    this.texts.push(text);
  }

  /** Keeps the last ones, and up to as many more: they go together. */
  keep(count: number): void {
    if (this.ids.length <= 2 * count) return;
    this.ids = this.ids.slice(-count);
    this.texts = this.texts.slice(-count);
  }

  truncate(count: number): void {
    this.ids.length = this.texts.length = Math.min(count, this.ids.length);
  }

  clear(): void {
    if (this.ids.length > 0) this.truncate(0);
  }

  at(start: number): CommittedItem[] {
    return this.ids.map((id, n) => ({
      position: start + n,
      id,
      text: this.texts[n] as number,
    }));
  }
}

/** The id of a unit. An empty one says that there is none (WHATWG HTML, 9.2.6). */
export function idOf(unit: Unit): string | undefined {
  return (unit.type === 'checkpoint' ? unit.cursor : unit.id) || undefined;
}

/** A cursor alone says nothing of the data. */
export function textPrintOf(unit: Unit): number {
  if (unit.type === 'digest') return unit.text;
  return unit.type === 'data' ? fingerprint(recognisedText(unit)) : NaN;
}

/** What is needed to recognise the unit, without its data. */
export function digestOf(unit: Unit): Unit {
  if (unit.type !== 'data') return unit;
  return { type: 'digest', id: unit.id, text: textPrintOf(unit) };
}
