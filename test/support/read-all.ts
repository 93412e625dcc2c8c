/** Reads a stream to its end as a reader does who heeds what the stream takes back. */

import { reconnectStream } from '../../src/index.js';
import type {
  ReconnectError,
  ReconnectEvent,
  ReconnectOptions,
  StreamOutcome,
  StreamSource,
} from '../../src/index.js';
import { record } from './facts.js';
import { forgetItems } from './forget-items.js';

/** Short waits: for streams over real sockets. */
export const QUICK: ReconnectOptions = {
  initialBackoffMs: 1,
  jitter: 'none',
  backoffMultiplier: 1,
};

export interface ReadAll<T> {
  readonly items: T[];
  readonly heard: readonly ReconnectEvent[];
  readonly error: ReconnectError | null;
  readonly status: StreamOutcome['status'];
}

export async function readAll<T>(
  source: StreamSource<T>,
  options: ReconnectOptions = {},
): Promise<ReadAll<T>> {
  const stream = reconnectStream(source, { ...QUICK, ...options });
  const heard = record(stream);
  const items: T[] = [];
  let sure = 0;
  let checkpoint = 0;
  stream.on('reset', ({ scope }) => {
    if (scope === 'all') forgetItems(items);
    else items.splice(sure);
  });
  stream.on('restarted', () => forgetItems(items));
  let error: ReconnectError | null = null;
  try {
    for await (const item of stream) {
      const { chunksReceived } = stream.checkpoint().streamState;
      if (chunksReceived !== checkpoint) sure = Math.min(items.length, chunksReceived);
      checkpoint = chunksReceived;
      items.push(item);
    }
  } catch (thrown) {
    error = thrown as ReconnectError;
  }
  return { items, heard, error, status: (await stream.done).status };
}
