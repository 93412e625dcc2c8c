/** Durable Streams (protocol 1.0) as a source: a log with opaque offsets, closed by its writer. */

import type { Connection, ResumePoint, StreamSource } from '../../machines/contract.js';
import { connect } from './durable-stream/connection.js';
import { FORMATS } from './durable-stream/messages.js';
import type { DurableFormat } from './durable-stream/messages.js';
import { checkHttpOptions } from './http/options.js';
import type { HttpOptions } from './http/options.js';
import { checkOneOf, checkSize, checkString } from './option-checks.js';

export interface DurableStreamOptions extends Omit<HttpOptions, 'method' | 'body'> {
  /** How new data comes: as events, or by asking again and again. @default 'sse' */
  live?: 'sse' | 'long-poll' | undefined;
  /** What the stream holds: its content type is not told with events. @default 'json' */
  format?: DurableFormat | undefined;
  /** Where to start: `'-1'` the beginning, `'now'` the tail, or a saved offset. @default '-1' */
  offset?: string | undefined;
  /** Longest line in bytes. @default 4 MiB */
  maxLineBytes?: number | undefined;
  /** Largest event in bytes. @default 4 MiB */
  maxEventBytes?: number | undefined;
  /** Largest answer to a long poll in bytes. @default 64 MiB */
  maxBodyBytes?: number | undefined;
  /** The name in diagnostics. @default 'durable-stream' */
  name?: string | undefined;
}

/**
 * Reads a durable stream. Items wait until the place behind them is known, so that a drop at any byte neither loses nor
 * doubles. That the server closes a live connection now and then is no drop. Only `Stream-Closed` is the end.
 *
 * @example
 * durableStream<{ text: string }>({ url: 'https://example.com/v1/stream/run-7' })
 * @throws ReconnectError `config` where an option cannot work.
 */
export function durableStream<T = unknown>(options: DurableStreamOptions): StreamSource<T> {
  const request = checkHttpOptions({ ...options, method: 'GET', body: undefined });
  const start = checkString('offset', options.offset ?? '-1');
  const checked = {
    request,
    live: checkOneOf('live', options.live ?? 'sse', ['sse', 'long-poll']),
    format: checkOneOf('format', options.format ?? 'json', FORMATS),
    maxLineBytes: checkSize('maxLineBytes', options.maxLineBytes),
    maxEventBytes: checkSize('maxEventBytes', options.maxEventBytes),
    maxBodyBytes: checkSize('maxBodyBytes', options.maxBodyBytes, 64 * 1024 * 1024),
  } as const;
  const name = checkString('name', options.name ?? 'durable-stream');
  return Object.freeze({ name, resume: 'cursor', terminal: 'explicit', reopen: 'safe', open });

  async function open(at: ResumePoint, signal: AbortSignal): Promise<Connection<T>> {
    const connection = await connect(checked, at.cursor ?? start, at, signal);
    return connection as Connection<T>;
  }
}
