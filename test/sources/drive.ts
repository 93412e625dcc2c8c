/** Drives a source by its contract, without the machine. */

import type {
  Connection,
  ResumePoint,
  SourceItem,
  StreamSource,
} from '../../machines/source-contract.js';
import type { ReconnectError } from '../../machines/errors.js';
import type { SseEvent, SseOptions } from '../../src/sources/index.js';
import { sse } from '../../src/sources/index.js';

export const START: ResumePoint = { items: 0, bytes: 0, chars: 0, attempt: 0 };

export interface Read<T> {
  readonly items: SourceItem<T>[];
  readonly data: T[];
  readonly error: Failure | undefined;
}

export type Failure = ReconnectError & { fatal?: boolean; retryAfterMs?: number };

/** Opens and reads to the end of the batches; what is thrown on the way is an answer too. */
export async function readAll<T>(
  source: StreamSource<T>,
  at: Partial<ResumePoint> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Read<T>> {
  const items: SourceItem<T>[] = [];
  let connection: Connection<T> | undefined;
  let error: Failure | undefined;
  try {
    connection = await source.open({ ...START, ...at }, signal);
    for await (const batch of connection.batches) items.push(...batch);
  } catch (thrown) {
    error = thrown as Failure;
  }
  await connection?.close();
  const data = items.flatMap((item) => (item.type === 'data' ? [item.data] : []));
  return { items, data, error };
}

/** What `open` throws. */
export async function openError<T>(
  source: StreamSource<T>,
  at: Partial<ResumePoint> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Failure> {
  const connection = await source
    .open({ ...START, ...at }, signal)
    .catch((error: Failure) => error);
  if (connection instanceof Error) return connection;
  await connection.close();
  throw new Error('expected open to throw');
}

/** The facts of an error that the machine reads. */
export function facts(error: Failure | undefined): Record<string, unknown> | undefined {
  if (!error) return undefined;
  const { kind, fatal, status, code, retryAfterMs } = error;
  const all = { kind, fatal, status, code, retryAfterMs };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** A source over a body of these chunks. */
export function fromChunks(
  chunks: readonly (Uint8Array | string)[],
  options: Partial<SseOptions> = {},
): StreamSource<SseEvent> {
  const fetch = (): Promise<Response> => Promise.resolve(streamResponse(chunks));
  return sse({ url: 'http://test.invalid/', fetch, ...options });
}

export function streamResponse(chunks: readonly (Uint8Array | string)[]): Response {
  const left = chunks.map((one) => (typeof one === 'string' ? new TextEncoder().encode(one) : one));
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = left.shift();
      if (chunk) controller.enqueue(chunk);
      else controller.close();
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}
