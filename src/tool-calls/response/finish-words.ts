/** The known finish reasons, as allow lists: an unknown word means that the response may be incomplete. */

import type { EndOutcome } from '../../../machines/source-contract.js';

/** The words of one provider format, with their outcomes. All others mean `incomplete`. */
export type FinishWords = ReadonlyMap<string, EndOutcome>;

/** Returns the outcome of a word: unknown words, an empty one and values that are no text mean `incomplete`. */
export function outcomeOf(words: FinishWords, word: unknown): EndOutcome {
  return (typeof word === 'string' ? words.get(word) : undefined) ?? 'incomplete';
}

/** Returns whether the field is still unset: some servers send `""` or `"null"` with every chunk. */
export function isNoWord(word: unknown): boolean {
  return word === undefined || word === null || word === '' || word === 'null';
}

/** Returns the table of words by their outcome. */
export function finishWords(
  words: Partial<Readonly<Record<EndOutcome, readonly string[]>>>,
): FinishWords {
  const list = Object.entries(words) as [EndOutcome, readonly string[]][];
  return new Map(list.flatMap(([outcome, some]) => some.map((word) => [word, outcome] as const)));
}
