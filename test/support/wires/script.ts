/** What a peer says, event by event, with what each event means: known from the truth, not read from the wire. */

import type { Choices } from './choices.js';
import type { TrueCall } from './truth.js';

export type Fact =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  /** The call is open: nothing may be continued now. */
  | { readonly type: 'begun'; readonly call: number }
  /** All of the call is said, and the protocol allows it: it leaves. */
  | { readonly type: 'whole'; readonly call: number }
  /** It may leave already, or wait for what comes. */
  | { readonly type: 'mayLeave'; readonly call: number }
  /** The answer is over. `bad`: by what outcome is open, but not complete. */
  | { readonly type: 'over'; readonly outcome: Over }
  /** The answer goes on: what was said of its end means nothing, and nobody knows which end will. */
  | { readonly type: 'goesOn' }
  /** Something beside text and calls that must reach the reader in some form. */
  | { readonly type: 'mark'; readonly mark: string }
  /** The peer reports an error with this text. */
  | { readonly type: 'error'; readonly mark: string }
  /** Another answer begins inside this one. */
  | { readonly type: 'splice' };

export type Over = 'complete' | 'incomplete' | 'failed' | 'cancelled' | 'bad' | 'any';

export interface Saying {
  /** Fields of the event; `raw` stands for all of them. */
  readonly event?: string | undefined;
  readonly id?: string | undefined;
  readonly data?: string | undefined;
  readonly raw?: string | undefined;
  readonly facts: readonly Fact[];
  /** Where the format goes on after this event. */
  readonly cursor?: string | undefined;
  /** The event names the run, without which nobody can go on. */
  readonly isKey?: boolean | undefined;
}

/** What may become of one call. */
export interface CallRule {
  readonly call: TrueCall;
  /** Ids under which it may leave; null: the wire has none, so any. */
  readonly ids: readonly string[] | null;
  /**
   * `leave`: it must, once whole. `may`: the wire can be read in more than one way, so it leaves right, or as malformed.
   * `never`: the wire does not say it.
   */
  readonly may: 'leave' | 'may' | 'never';
  /** Inputs that the wire can be read as, besides the true one. */
  readonly also?: readonly unknown[] | undefined;
  /** As so many calls the wire can be read. @default 1 */
  readonly times?: number | undefined;
  /** The oddities that decided it. */
  readonly why: string;
}

export interface Script {
  readonly sayings: readonly Saying[];
  readonly calls: readonly CallRule[];
  /** Ids or numbers by which nobody can go on: the same for all, or starting again. */
  readonly hasUselessIds?: boolean | undefined;
  /** It says that it is over before it is: a cut behind such a word cannot be seen. */
  readonly hasWeakEnds?: boolean | undefined;
  /** The oddities of this wire, in words. */
  readonly oddities: readonly string[];
}

/** Collects a script while it is written. */
export class ScriptWriter {
  readonly sayings: Saying[] = [];
  readonly oddities: string[] = [];

  say(data: unknown, facts: readonly Fact[] = [], more: Omit<Saying, 'data' | 'facts'> = {}): void {
    this.sayings.push({
      data: typeof data === 'string' ? data : JSON.stringify(data),
      facts,
      ...more,
    });
  }

  /**
   * Draws an oddity and notes it, unless it is the plain one, the first of the list.
   */
  odd<const T>(choices: Choices, name: string, list: readonly T[]): T {
    return this.note(name, choices.odd(list), list[0] as T);
  }

  /** Notes an oddity where it is not the plain one. */
  note<T>(name: string, value: T, plain: T): T {
    if (value !== plain) this.oddities.push(`${name}: ${String(value)}`);
    return value;
  }
}

export const text = (said: string): Fact => ({ type: 'text', text: said });
export const reasoning = (said: string): Fact => ({ type: 'reasoning', text: said });
export const begun = (call: number): Fact => ({ type: 'begun', call });
export const whole = (call: number): Fact => ({ type: 'whole', call });
export const mayLeave = (call: number): Fact => ({ type: 'mayLeave', call });
export const over = (outcome: Over): Fact => ({ type: 'over', outcome });
export const mark = (what: string): Fact => ({ type: 'mark', mark: what });
export const failure = (what: string): Fact => ({ type: 'error', mark: what });
export const SPLICE: Fact = { type: 'splice' };
export const GOES_ON: Fact = { type: 'goesOn' };

/** What an ending means where the word for it is on no list of oddities. */
export function outcomeOf(ending: 'good' | 'length' | 'filter' | 'error' | 'unknown'): Over {
  if (ending === 'good') return 'complete';
  return ending === 'error' ? 'bad' : 'incomplete';
}

/** Some servers send these with every chunk: they end nothing, and an answer that stops there is not complete. */
export function isNoWord(word: string): boolean {
  return word === '' || word === 'null';
}
