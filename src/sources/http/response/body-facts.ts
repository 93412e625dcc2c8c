/** What belongs to a response's body beside its bytes, kept with it for whoever reads it. */

import type { Redact } from './redact.js';

export interface BodyFacts {
  /** Leaves out of a text of the peer what the request holds. */
  readonly redact: Redact;
  /** To be called when the body has ended or broken: from then on an abort must not reach the fetch that gave it. */
  readonly release: () => void;
}

const facts = new WeakMap<object, BodyFacts>();

export function keepFacts(body: object, kept: BodyFacts): void {
  facts.set(body, kept);
}

export function factsOf(body: object): BodyFacts {
  return facts.get(body) ?? NONE;
}

const NONE: BodyFacts = { redact: (text) => text, release: () => {} };
