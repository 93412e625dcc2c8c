/** Connections that tell how the answer ended, although more of it may follow. */

import type { Connection, EndOutcome } from '../../../machines/contract.js';

/**
 * @param outcomeOf the end that was read
 * @param endOf the end that an error of the connection means. @default `outcomeOf`
 */
export function withOutcome<T>(
  connection: Connection<T>,
  outcomeOf: () => EndOutcome | null,
  endOf: () => EndOutcome | null = outcomeOf,
): Connection<T> {
  const iterator = connection.batches[Symbol.asyncIterator]();
  type Batch = Awaited<ReturnType<typeof iterator.next>>;
  const onError = (thrown: unknown): Batch => {
    const outcome = endOf();
    if (outcome === null) throw thrown;
    return { done: false, value: [{ type: 'end', outcome }] };
  };
  const next = (): Promise<Batch> => iterator.next().catch(onError);
  return {
    batches: { [Symbol.asyncIterator]: () => ({ next }) },
    get outcome() {
      return outcomeOf();
    },
    close: () => connection.close(),
  };
}
