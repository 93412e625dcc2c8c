/** Chance as a list of whole numbers: a case is such a list, so it can be repeated, and made smaller. */

import { seededRandom } from '../../../src/testing/index.js';

/** Draws. Whatever is drawn, 0 is the plainest: a list of zeros is the answer that nothing is odd about. */
export interface Choices {
  /** A whole number from 0 to below `n`. */
  below(n: number): number;
  /** True with this chance in percent. */
  chance(percent: number): boolean;
  /** Any of them, each as likely. */
  pick<T>(list: readonly T[]): T;
  /** The first of them, but one of the others with the case's own share of oddity. */
  odd<T>(list: readonly T[]): T;
  /** What was drawn so far. */
  readonly drawn: readonly number[];
}

/** Draws by chance; the same for the same seed. */
export function seededChoices(seed: number): Choices {
  const random = seededRandom(seed);
  return choicesBy((n) => Math.floor(random() * n));
}

/** Draws these numbers again; zeros after them. */
export function repeatedChoices(list: readonly number[]): Choices {
  let at = 0;
  return choicesBy((n) => Math.min(list[at++] ?? 0, n - 1));
}

/** Nothing odd; of what is picked freely, such as the word for an end, the one with this number. */
export function plainChoices(number: number): Choices {
  return choicesBy((n) => (n === 100 ? 0 : Math.min(number, n - 1)));
}

/** Shares of oddity in percent: most answers have a few oddities, some have none or many. */
const SHARES = [0, 4, 4, 10, 10, 30];

function choicesBy(draw: (n: number) => number): Choices {
  const drawn: number[] = [];
  const below = (n: number): number => {
    const value = n <= 1 ? 0 : draw(n);
    drawn.push(value);
    return value;
  };
  const chance = (percent: number): boolean => below(100) >= 100 - percent;
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const share = pick(SHARES);
  return {
    below,
    chance,
    pick,
    odd: (list) =>
      list.length > 1 && chance(share) ? pick(list.slice(1)) : (list[0] as (typeof list)[number]),
    drawn,
  };
}
