/** Fields that some servers repeat in every chunk: an event only where they say something new. */

import type { AnswerStep } from './answer.js';
import { toJson } from './arguments.js';
import type { Fields } from './fields.js';
import { fieldSteps } from './steps.js';

/** Names that are remembered: a peer that invents new ones costs no more. */
const MAX_NAMES = 256;

export class RepeatedFields {
  readonly #last = new Map<string, string | undefined>();

  /** Events of the fields that say anything, and something else than the last time. */
  news(fields: Fields): AnswerStep[] {
    return fieldSteps(fields).filter(({ part }) => part.type === 'event' && this.#isNew(part));
  }

  #isNew({ name, data }: { readonly name: string; readonly data: unknown }): boolean {
    const text = toJson(data);
    if (this.#last.has(name) && this.#last.get(name) === text) return false;
    if (this.#last.size < MAX_NAMES || this.#last.has(name)) this.#last.set(name, text);
    return true;
  }
}
