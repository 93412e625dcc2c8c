/** What a model really answered, before any wire: the only thing that the oracle believes. */

import type { Choices } from './choices.js';

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

/** How the answer ends: a word of the format for each, `unknown` one that no list has. */
export type Ending = 'good' | 'length' | 'filter' | 'error' | 'unknown';

export interface TrueCall {
  readonly id: string;
  readonly name: string;
  readonly input: JsonObject;
  /** In the input, and nowhere else. */
  readonly secret: string;
}

export interface Truth {
  readonly reasoning: readonly string[];
  readonly text: readonly string[];
  readonly calls: readonly TrueCall[];
  readonly ending: Ending;
}

export function drawTruth(choices: Choices): Truth {
  const ending = choices.chance(30)
    ? choices.pick<Ending>(['length', 'filter', 'error', 'unknown'])
    : 'good';
  const calls = choices.pick([0, 0, 1, 1, 2, 3]);
  const texts = choices.pick(calls === 0 ? [1, 2, 3, 5] : [0, 1, 2]);
  return {
    reasoning: choices.chance(25) ? words('thought', 1 + choices.below(2), choices) : [],
    text: words('word', texts, choices),
    calls: Array.from({ length: calls }, (_, n) => drawCall(n, choices)),
    ending,
  };
}

/** Each is there once, so that what is missing, twice or out of order shows. */
function words(what: string, count: number, choices: Choices): string[] {
  return Array.from({ length: count }, (_, n) => `${what}${n} ${choices.odd(TAILS)}`);
}

/** What text may hold that a reader could stumble over. */
const TAILS = ['', 'é🌍', '\n\n', 'data: [DONE]\n\n', '{"a":1}', '\u2028\u0000', '"\\'];

const NAMES = ['get_weather', 'pay', 'delete_files'];

function drawCall(n: number, choices: Choices): TrueCall {
  const secret = `secret-${n}`;
  const input = choices.odd<JsonObject>([
    { q: secret },
    {},
    { q: secret, list: [1, true, null, 'a "b" \\ c\n'], ключ: { 'é🌍': -0.5 } },
    { q: secret, text: '}{"q":1}' },
    { q: secret, more: 'x'.repeat(300) },
  ]);
  return { id: `call_${'abc'[n]}`, name: NAMES[n] ?? '', input, secret };
}
