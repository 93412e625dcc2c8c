/** The remembered units as a whole: which id and which text is where, and how much that says. */

import type { CommittedItem, Unit } from './committed-items.js';
import { idOf, textPrintOf } from './committed-items.js';
import { fingerprint } from './fingerprint.js';

/** What the remembered units say of one that comes. */
export type Evidence =
  /** It was there, once. */
  | 'same'
  /** Its id was there, with other data. */
  | 'other'
  /** Its id was not there. */
  | 'unknown'
  /** Its id was there several times, or it has none and its text says nothing. */
  | 'ambiguous';

/** A class: made once per connection, and when ids are doubted. */
export class Recollection {
  /** Units that no other has the id of. */
  readonly proofs: number;
  /** An id was there twice with other data. */
  readonly isWeak: boolean;
  readonly #items: readonly CommittedItem[];
  readonly #byId = new Map<number, number[]>();
  readonly #byText = new Map<number, number[]>();
  readonly #lastProof: number;

  constructor(items: readonly CommittedItem[]) {
    this.#items = items;
    items.forEach(({ id, text }, place) => {
      const [index, key] = Number.isNaN(id) ? [this.#byText, text] : [this.#byId, id];
      const places = index.get(key);
      if (places === undefined) index.set(key, [place]);
      else places.push(place);
    });
    let [proofs, lastProof, isWeak] = [0, -1, false];
    for (const places of this.#byId.values()) {
      if (places.length > 1) isWeak ||= isDoubtful(places, items);
      else {
        proofs += 1;
        lastProof = Math.max(lastProof, places[0] as number);
      }
    }
    this.proofs = proofs;
    this.#lastProof = lastProof;
    this.isWeak = isWeak;
  }

  /** Position of the first unit after the forgotten ones. */
  get positionAfterForgotten(): number {
    return this.#items.find(({ position }, place) => position !== place)?.position ?? 0;
  }

  positionOf(place: number): number | null {
    return this.#items[place]?.position ?? null;
  }

  /** What the remembered units say of this one. */
  compare(unit: Unit): Evidence {
    const id = idOf(unit);
    if (id === undefined) {
      const places = this.#byText.get(textPrintOf(unit));
      return places?.length === 1 ? 'same' : 'ambiguous';
    }
    const places = this.#byId.get(fingerprint(id));
    if (places === undefined) return 'unknown';
    if (places.length > 1) return 'ambiguous';
    return places.some((place) => this.#isSame(unit, place)) ? 'same' : 'other';
  }

  /** The one place where this unit was. */
  placeOf(unit: Unit): number | undefined {
    const id = idOf(unit);
    const places =
      id === undefined ? this.#byText.get(textPrintOf(unit)) : this.#byId.get(fingerprint(id));
    return places?.length === 1 ? places[0] : undefined;
  }

  isProof(unit: Unit): boolean {
    const id = idOf(unit);
    return id !== undefined && this.#byId.get(fingerprint(id))?.length === 1;
  }

  /** Where the run goes on with this unit. Units without evidence may be missing in it. */
  following(places: readonly number[], unit: Unit): number[] {
    const found: number[] = [];
    for (const from of places) {
      for (let place = from + 1; place < this.#items.length; place++) {
        if (this.#isGapBefore(place)) break;
        if (this.#isSame(unit, place)) found.push(place);
        if (found.at(-1) === place || this.#isUnique(place)) break;
      }
    }
    return found;
  }

  /** Whether a run that came here has gone through all that was committed. */
  isEnd(place: number, proofs: number): boolean {
    return place >= this.#lastProof && proofs >= (this.isWeak ? 2 : 1);
  }

  /** Whether what follows this place is forgotten. */
  isForgottenAfter(place: number): boolean {
    return this.#isGapBefore(place + 1);
  }

  /** Whether these units come right before this place. */
  hasBefore(place: number, units: readonly Unit[]): boolean {
    const from = place - units.length;
    return from >= 0 && units.every((unit, n) => this.#isSame(unit, from + n));
  }

  #isGapBefore(place: number): boolean {
    const [before, item] = [this.#items[place - 1], this.#items[place]];
    return before !== undefined && item !== undefined && item.position !== before.position + 1;
  }

  #isUnique(place: number): boolean {
    const { id } = this.#items[place] as CommittedItem;
    return !Number.isNaN(id) && this.#byId.get(id)?.length === 1;
  }

  #isSame(unit: Unit, place: number): boolean {
    const item = this.#items[place] as CommittedItem;
    const id = idOf(unit);
    if (id === undefined ? !Number.isNaN(item.id) : item.id !== fingerprint(id)) return false;
    if (unit.type === 'checkpoint' || Number.isNaN(item.text)) return true;
    return item.text === textPrintOf(unit);
  }
}

/** Whether what had the same id had other data. A cursor alone says nothing of the data. */
function isDoubtful(places: readonly number[], items: readonly CommittedItem[]): boolean {
  const texts = places.map((place) => items[place]?.text ?? NaN);
  return new Set(texts.filter((text) => !Number.isNaN(text))).size > 1;
}
