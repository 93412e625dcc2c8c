/** What the reader was sent, in facts: by the bytes that it took, and what the script says of them. */

import type { Answer, Exchange } from './server.js';
import type { Fact, Saying } from './script.js';

/** One answer, as far as it came. */
export interface Received {
  readonly exchange: number;
  readonly answer: Answer;
  /** Sayings that came whole: those from `answer.from` to before this. */
  readonly to: number;
  /** Facts up to where a reader must stop: an error, or another answer. */
  readonly facts: readonly Fact[];
  /** What follows there: it may have been read or not. */
  readonly rest: readonly Fact[];
}

/** How much of an event must have come: all of it, all but a last line feed, or its data. A reader may hold any view. */
export const VIEWS = ['ends', 'returnEnds', 'dataEnds'] as const;
export type View = (typeof VIEWS)[number];

export function receivedOf(exchanges: readonly Exchange[], view: View): Received[] {
  return exchanges.flatMap(({ answer }, exchange) => {
    if (answer === null) return [];
    const { encoded, from, script, taken } = answer;
    const ends = encoded[view];
    let to = from;
    while (to < script.sayings.length && (ends[to] ?? 0) <= taken) to++;
    const all = script.sayings.slice(from, to).flatMap(({ facts }) => facts);
    const stop = all.findIndex(isStop);
    const facts = stop < 0 ? all : all.slice(0, stop + 1);
    return [{ exchange, answer, to, facts, rest: stop < 0 ? [] : all.slice(stop + 1) }];
  });
}

function isStop({ type }: Fact): boolean {
  return type === 'error' || type === 'splice';
}

/** What the reader has when all of it is put together: answers that go on add to what came before. */
export interface Gathered {
  /** The sayings, each once. */
  readonly facts: readonly Fact[];
  readonly rest: readonly Fact[];
}

export function gather(received: readonly Received[]): Gathered {
  let facts: Fact[] = [];
  let rest: readonly Fact[] = [];
  /** How far the log of this answer was read. */
  let reached = 0;
  for (const one of received) {
    const { answer } = one;
    if (answer.isFresh) {
      if (!answer.isContinued) facts = [];
      facts.push(...one.facts);
      reached = one.to;
    } else {
      const sayings: readonly Saying[] = answer.script.sayings.slice(reached, one.to);
      const news = sayings.flatMap((saying) => saying.facts);
      const stop = news.findIndex(isStop);
      // A log that has an error in it has it again: nobody gets past it.
      if (!facts.some(isStop)) facts.push(...(stop < 0 ? news : news.slice(0, stop + 1)));
      reached = Math.max(reached, one.to);
    }
    rest = one.rest;
  }
  return { facts, rest };
}

export function joined(facts: readonly Fact[], type: 'text' | 'reasoning'): string {
  return facts.flatMap((fact) => (fact.type === type ? [fact.text] : [])).join('');
}
