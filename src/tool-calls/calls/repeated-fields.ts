/** Fields that some servers repeat in every chunk: an event only if the value is new. */

import type { ResponseStep } from '../response/answer.js';
import { toJson } from '../response/arguments.js';
import type { Fields } from '../../json/fields.js';
import { fieldSteps } from '../response/steps.js';

/** Number of names that are remembered, whatever a peer invents. */
const MAX_NAMES = 256;
/** Length of the JSON of a value, in UTF-16 code units, above which it is not remembered. */
const MAX_TEXT = 16_384;

export class RepeatedFields {
  readonly #last = new Map<string, string | undefined>();

  /** Returns events for the fields whose value is set and new, without the fields that are read elsewhere. */
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
