/** The source `durableStream()`: Durable Streams (protocol 1.0), logs with opaque offsets that their writer closes. */

import type {
  Connection,
  ResumePoint,
  SourceHost,
  StreamSource,
} from '../../machines/source-contract.js';
import { connect } from './durable-stream/connection.js';
import { FORMATS } from './durable-stream/payload.js';
import type { DurableFormat } from './durable-stream/payload.js';
import { parseCursor } from './durable-stream/position.js';
import { checkHttpOptions, HTTP_OPTIONS } from './http/options.js';
import type { HttpOptions } from './http/options.js';
import { toOptions } from './http/source-options.js';
import type { WithoutUrl } from './http/source-options.js';
import { checkOneOf, checkSize, checkString } from './shared/validate-options.js';
import { systemTimers } from './shared/timers.js';

export interface DurableStreamOptions extends Omit<HttpOptions, 'method' | 'body'> {
  /** How new data arrives: as server-sent events, or by long polls. @default 'sse' */
  live?: 'sse' | 'long-poll' | undefined;
  /**
   * The content of the stream. Events carry no content type: a stream of text whose first event is an array of JSON
   * is taken for JSON unless this says `'text'`.
   * @default by the content type of the stream
   */
  format?: DurableFormat | undefined;
  /** Where to start: `'-1'` the beginning, `'now'` the tail, or a saved offset or cursor. @default '-1' */
  offset?: string | undefined;
  /** Longest line of an event in bytes. @default 4 MiB */
  maxLineBytes?: number | undefined;
  /** Largest event, and largest message of JSON, in bytes. @default 4 MiB */
  maxEventBytes?: number | undefined;
  /** Largest response to a long poll in bytes. It is read piece by piece, so memory needs no limit. @default none */
  maxBodyBytes?: number | undefined;
  /** The name in diagnostics. @default 'durable-stream' */
  name?: string | undefined;
}

const { method: _method, body: _body, ...READ_OPTIONS } = HTTP_OPTIONS;

const DURABLE_STREAM_OPTIONS = {
  ...READ_OPTIONS,
  live: true,
  format: true,
  offset: true,
  maxLineBytes: true,
  maxEventBytes: true,
  maxBodyBytes: true,
  name: true,
} as const satisfies Record<keyof DurableStreamOptions, true>;

/**
 * Reads a durable stream. Each item has its own position, the last offset before it and its number from there, so
 * that a drop at any byte neither loses nor repeats an item. A server that closes a live connection after a while, or a
 * long poll without news, is no drop. Only `Stream-Closed` is the end.
 *
 * @example
 * ```ts
 * import { durableStream } from 'stream-reconnect/sources';
 *
 * const source = durableStream<{ text: string }>({ url: 'https://example.com/v1/stream/run-7' });
 * ```
 * @throws ReconnectError `config` where an option cannot work.
 */
export function durableStream<T = unknown>(
  url: string | URL,
  options?: WithoutUrl<DurableStreamOptions>,
): StreamSource<T>;
export function durableStream<T = unknown>(options: DurableStreamOptions): StreamSource<T>;
export function durableStream<T = unknown>(
  first: string | URL | DurableStreamOptions,
  rest?: WithoutUrl<DurableStreamOptions>,
): StreamSource<T> {
  const options = toOptions('durableStream', first, rest, DURABLE_STREAM_OPTIONS);
  const { format, maxBodyBytes } = options;
  const checked = {
    request: checkHttpOptions({ ...options, method: 'GET', body: undefined }),
    live: checkOneOf('live', options.live ?? 'sse', ['sse', 'long-poll']),
    format: format === undefined ? undefined : checkOneOf('format', format, FORMATS),
    start: parseCursor(checkString('offset', options.offset ?? '-1')),
    maxLineBytes: checkSize('maxLineBytes', options.maxLineBytes),
    maxEventBytes: checkSize('maxEventBytes', options.maxEventBytes),
    maxBodyBytes: maxBodyBytes === undefined ? null : checkSize('maxBodyBytes', maxBodyBytes),
  } as const;
  const name = checkString('name', options.name ?? 'durable-stream');
  return Object.freeze({
    name,
    resume: 'cursor',
    terminal: 'explicit',
    reopen: 'safe',
    delivery: 'commit',
    reportsUpToDate: true,
    open,
  });

  async function open(
    at: ResumePoint,
    signal: AbortSignal,
    host?: SourceHost,
  ): Promise<Connection<T>> {
    const clock = host?.clock ?? systemTimers;
    return (await connect({ ...checked, clock }, at, signal)) as Connection<T>;
  }
}
