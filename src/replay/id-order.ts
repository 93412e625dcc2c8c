/** How the ids of a stream follow each other, where the source or the wire says. */

import type { StreamSource } from '../../machines/source-contract.js';
import { ReconnectError } from '../../machines/errors.js';
import { ignoreRejection, isThenable } from '../../machines/thenable.js';
import { idOf } from './committed-items.js';
import type { Unit } from './committed-items.js';

export type Contiguous = NonNullable<StreamSource<unknown>['contiguous']>;
export type Relation = ReturnType<Contiguous>;

/** A class: it exists once per stream. */
export class IdOrder {
  readonly #contiguous: Contiguous | null;
  /** The first id of all. */
  #first: string | null = null;
  /** The first of the ids that follow each other up to the cursor: no id between the two was left out. */
  #start: string | null = null;

  constructor(contiguous: Contiguous | null) {
    this.#contiguous = contiguous;
  }

  /** Ids show how they follow each other. */
  get isKnown(): boolean {
    return this.#contiguous !== null;
  }

  /**
   * How a unit relates to the cursor; `'next'` where nothing is known.
   * @throws ReconnectError `callback`
   */
  relationOf(unit: Unit, cursor: string | null): Relation {
    const id = idOf(unit);
    if (id === undefined || cursor === null || cursor === '') return 'next';
    if (unit.type === 'data' && unit.follows !== undefined && unit.follows !== cursor) return 'gap';
    return this.#relate(cursor, id);
  }

  /** Whether the id of this unit, which lies before the cursor, must have come before. */
  hasPassed(unit: Unit): boolean {
    const id = idOf(unit);
    if (id === undefined || this.#start === null) return false;
    return id === this.#start || this.#relate(this.#start, id) !== 'old';
  }

  /**
   * A unit is accepted. `late`: it came after its turn, and the cursor stays where it is. `again`: its id comes before all
   * others, so they start again.
   */
  pass(unit: Unit, relation: Relation, cursor: string | null): 'in turn' | 'late' | 'again' {
    const id = idOf(unit);
    if (id === undefined) return 'in turn';
    if (relation !== 'old') {
      this.#first ??= id;
      if (this.#start === null || relation === 'gap') this.#start = id;
      return 'in turn';
    }
    // A cursor that is said again moves nothing.
    if (id === cursor) return 'in turn';
    if (this.#first === null || id === this.#first || this.#relate(this.#first, id) !== 'old')
      return 'late';
    this.#first = this.#start = id;
    return 'again';
  }

  clear(): void {
    this.#first = this.#start = null;
  }

  #relate(previous: string, next: string): Relation {
    if (this.#contiguous === null) return 'next';
    let relation: unknown;
    try {
      relation = this.#contiguous(previous, next);
    } catch (cause) {
      throw fatal(new ReconnectError('callback', 'contiguous threw', { cause }));
    }
    if (relation === 'next' || relation === 'gap' || relation === 'old') return relation;
    ignoreRejection(relation);
    throw fatal(
      new ReconnectError(
        'callback',
        `expected contiguous to return 'next', 'gap' or 'old', got ${describe(
          relation,
        )}: write (previous, next) => Number(next) === Number(previous) + 1 ? 'next' : 'gap'`,
      ),
    );
  }
}

/** The same items would be judged the same way again. */
function fatal(error: ReconnectError): ReconnectError {
  return Object.assign(error, { fatal: true });
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (isThenable(value)) return 'a promise';
  return typeof value === 'string' ? 'another text' : `a value of type ${typeof value}`;
}
