/** Connections that count as open when their first item has arrived. */

import type { Connection, SourceItem } from '../../../../machines/source-contract.js';
import { sourceError } from '../../shared/source-error.js';

/**
 * Reads up to the first items, and returns a connection that yields them and the rest.
 * @throws SourceError if the bytes end before; and what the connection throws
 */
export async function begun<T>(connection: Connection<T>): Promise<Connection<T>> {
  const iterator = connection.batches[Symbol.asyncIterator]();
  const read: (readonly SourceItem<T>[])[] = [];
  while (!read.flat().some(isOfAnswer)) {
    const result = await iterator.next();
    if (result.done === true)
      throw sourceError('network', 'The peer sent nothing of the answer', { fatal: false });
    read.push(result.value);
  }
  const next = (): ReturnType<typeof iterator.next> => {
    const value = read.shift();
    return value === undefined ? iterator.next() : Promise.resolve({ done: false, value });
  };
  return {
    batches: { [Symbol.asyncIterator]: () => ({ next }) },
    close: () => connection.close(),
  };
}

function isOfAnswer({ type }: SourceItem<unknown>): boolean {
  return type !== 'alive' && type !== 'retry';
}
