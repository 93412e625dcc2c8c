/** Connections on which the end was read: however their bytes end then, that is the end. */

import type { Connection, SourceItem } from '../../../machines/contract.js';

/** @param end the end items that are due when the connection breaks; none: it is a drop */
export function withEnd<T>(
  connection: Connection<T>,
  end: () => readonly SourceItem<T>[],
): Connection<T> {
  const iterator = connection.batches[Symbol.asyncIterator]();
  const onError = (thrown: unknown): IteratorResult<readonly SourceItem<T>[]> => {
    const value = end();
    if (value.length === 0) throw thrown;
    return { done: false, value };
  };
  const next = (): Promise<IteratorResult<readonly SourceItem<T>[]>> =>
    iterator.next().catch(onError);
  return {
    batches: { [Symbol.asyncIterator]: () => ({ next }) },
    close: () => connection.close(),
  };
}
