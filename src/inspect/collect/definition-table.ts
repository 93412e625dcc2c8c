/** The definitions of the shown actors, each once: a thousand streams share one of some kilobytes. */

import type { DefinitionMessage } from './protocol.js';

export class DefinitionTable {
  readonly #byText = new Map<string, { readonly message: DefinitionMessage; users: number }>();
  #made = 0;

  get messages(): DefinitionMessage[] {
    return [...this.#byText.values()].map(({ message }) => message);
  }

  /** Returns the id of the definition, and emits the definition if it is new. */
  use(definition: string, emit: (message: DefinitionMessage) => void): string {
    const known = this.#byText.get(definition);
    if (known !== undefined) {
      known.users += 1;
      return known.message.id;
    }
    this.#made += 1;
    const message: DefinitionMessage = { type: 'definition', id: `d${this.#made}`, definition };
    this.#byText.set(definition, { message, users: 1 });
    emit(message);
    return message.id;
  }

  /** Removes the definition with the last actor that used it. */
  release(id: string | null): void {
    for (const [text, known] of this.#byText) {
      if (known.message.id !== id) continue;
      known.users -= 1;
      if (known.users === 0) this.#byText.delete(text);
      return;
    }
  }
}
