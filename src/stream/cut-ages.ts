/** Connections that end at the same age, one after the other: something between allows no more. */

/** Two ages are the same within so many ms. */
const SPREAD_MS = 1000;
/** Connections in a row. */
const IN_A_ROW = 3;
/** Younger ones end for reasons of their own, in ms. */
const MIN_AGE_MS = 5000;

/** One for each stream. */
export class CutAges {
  #ages: number[] = [];
  #isReported = false;

  /** Another connection was lost. Returns the common age of the last ones in ms, once; else null. */
  add(ageMs: number): number | null {
    if (ageMs < MIN_AGE_MS) {
      this.#ages = [];
      return null;
    }
    this.#ages = [...this.#ages, ageMs].slice(-IN_A_ROW);
    const ages = this.#ages;
    const isSame = Math.max(...ages) - Math.min(...ages) <= SPREAD_MS;
    if (this.#isReported || ages.length < IN_A_ROW || !isSame) return null;
    this.#isReported = true;
    return Math.min(...ages);
  }
}

/** What to do about it. */
export function proxyLimitText(ageMs: number): string {
  const seconds = (ageMs / 1000).toFixed(1);
  const sooner = Math.floor((ageMs * 0.9) / 1000) * 1000;
  return (
    `${IN_A_ROW} connections in a row were lost at an age of ${seconds} s: something between allows no more. ` +
    `rotateAfterMs: ${sooner} leaves each one sooner, without a loss`
  );
}
