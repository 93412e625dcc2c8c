/** Connections that know how the response ended, although more may follow. */

import type { Connection, EndOutcome } from '../../../../machines/source-contract.js';

/**
 * @param outcomeOf returns the end that was read
 * @param endOf returns the end that an error of the connection means, if bytes may still follow. @default none
 */
export function withOutcome<T>(
  connection: Connection<T>,
  outcomeOf: () => EndOutcome | null,
  endOf?: () => EndOutcome | null,
): Connection<T> {
  return {
    batches: endOf === undefined ? connection.batches : withEnd(connection.batches, endOf),
    get outcome() {
      return outcomeOf();
    },
    get heldBytes() {
      return connection.heldBytes;
    },
    close: () => connection.close(),
  };
}

function withEnd<T>(
  batches: Connection<T>['batches'],
  endOf: () => EndOutcome | null,
): Connection<T>['batches'] {
  const iterator = batches[Symbol.asyncIterator]();
  type Batch = Awaited<ReturnType<typeof iterator.next>>;
  const onError = (thrown: unknown): Batch => {
    const outcome = endOf();
    if (outcome === null) throw thrown;
    return { done: false, value: [{ type: 'end', outcome }] };
  };
  return {
    [Symbol.asyncIterator]: () => ({ next: () => iterator.next().catch(onError) }),
  };
}
