/** Fields that some servers repeat in every chunk: an event only where they say something new. */

import type { ResponseStep } from '../response/answer.js';
import { toJson } from '../response/arguments.js';
import type { Fields } from '../../json/fields.js';
import { fieldSteps } from '../response/steps.js';

/** Names that are remembered: a peer that invents new ones costs no more. */
const MAX_NAMES = 256;
/** What is longer as JSON is not remembered, in UTF-16 units. */
const MAX_TEXT = 16_384;

export class RepeatedFields {
  readonly #last = new Map<string, string | undefined>();

  /** Events of the fields that say anything, and something else than the last time; all but those that are read otherwise. */
  news(fields: Fields, known?: ReadonlySet<string>): ResponseStep[] {
    return fieldSteps(fields, known).filter(
      ({ part }) => part.type === 'event' && this.#isNew(part),
    );
  }

  #isNew({ name, data }: { readonly name: string; readonly data: unknown }): boolean {
    const text = toJson(data);
    if (text !== undefined && this.#last.get(name) === text) return false;
    const isKept = text !== undefined && text.length <= MAX_TEXT;
    if (this.#last.has(name) || (isKept && this.#last.size < MAX_NAMES))
      this.#last.set(name, isKept ? text : undefined);
    return true;
  }
}
