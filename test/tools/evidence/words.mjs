/** What every server has to say, and how it is found again in what a reader was given. No word ends in a space: some clients trim. */

const COUNT = 20;

export const WORDS = Array.from({ length: COUNT }, (_, n) => `w${n + 1};`);

export const CALL = { id: 'call_1', name: 'pay', args: '{"amount":1000,"to":"bob"}' };

/** The arguments in pieces; a cut after the second one leaves `{"amount":10`. */
export const PIECES = ['{"amoun', 't":10', '00,"to"', ':"bob"}'];

/** The numbers of the words in a text. */
export function numbersIn(text) {
  return Array.from(text.matchAll(/w(\d+);/gu), ([, n]) => Number(n));
}

/** How what was seen differs from 1 … 20. */
export function compare(numbers, expected = COUNT) {
  const distinct = new Set(numbers);
  const firsts = [...distinct];
  return {
    lost: expected - distinct.size,
    doubled: numbers.length - distinct.size,
    isOrdered: firsts.every((n, at) => at === 0 || n > firsts[at - 1]),
  };
}
