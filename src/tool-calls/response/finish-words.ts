/** Words by which peers say why an answer ended: white lists, since a word that is not known is not good news. */

import type { EndOutcome } from '../../../machines/source-contract.js';

/** The words of one provider format, with what they mean. All others mean `incomplete`. */
export type FinishWords = ReadonlyMap<string, EndOutcome>;

/** What the word says, whatever it is: unknown words, the empty one and what is no text mean `incomplete`. */
export function outcomeOf(words: FinishWords, word: unknown): EndOutcome {
  return (typeof word === 'string' ? words.get(word) : undefined) ?? 'incomplete';
}

/** Whether the field says nothing yet: some servers send `""` or `"null"` with every chunk. */
export function isNoWord(word: unknown): boolean {
  return word === undefined || word === null || word === '' || word === 'null';
}

/** A list of words by what they mean. */
export function finishWords(
  words: Partial<Readonly<Record<EndOutcome, readonly string[]>>>,
): FinishWords {
  const list = Object.entries(words) as [EndOutcome, readonly string[]][];
  return new Map(list.flatMap(([outcome, some]) => some.map((word) => [word, outcome] as const)));
}
