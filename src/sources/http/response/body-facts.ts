/** Facts about a response's body that its reader needs, stored by body. */

import type { Redact } from './redact.js';

export interface BodyFacts {
  /** Removes from a text of the peer what the request contains. */
  readonly redact: Redact;
  /** Must be called when the body has ended or broken: from then on an abort must not reach the fetch. */
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
