/** The newest messages, limited in number and in size: a page that is opened late receives all of them. */

import type { InspectMessage } from './protocol.js';

export interface History {
  readonly messages: readonly InspectMessage[];
  add(messages: readonly InspectMessage[]): void;
}

const MAX_BYTES = 2 * 1024 * 1024;

export function createHistory(length: number): History {
  const kept: { readonly message: InspectMessage; readonly bytes: number }[] = [];
  let bytes = 0;
  return {
    get messages() {
      return kept.map(({ message }) => message);
    },
    add(messages) {
      for (const message of messages) {
        const size = JSON.stringify(message).length;
        kept.push({ message, bytes: size });
        bytes += size;
      }
      let surplus = 0;
      for (const one of kept) {
        if (kept.length - surplus <= length && bytes <= MAX_BYTES) break;
        bytes -= one.bytes;
        surplus += 1;
      }
      kept.splice(0, surplus);
    },
  };
}
