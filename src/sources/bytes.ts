/** Bytes over fetch, as a source: the position is the number of bytes received, asked for by `Range`. */

import type { Connection, ResumePoint, SourceItem, StreamSource } from '../../machines/contract.js';
import { openFailure } from './failure.js';
import type { OpenFailure } from './failure.js';
import { bodyConnection, singleBatch } from './http/body-batches.js';
import type { BodyDecoder } from './http/body-batches.js';
import { discard, exchange } from './http/exchange.js';
import { streamBody } from './http/answer.js';
import { checkHttpOptions, reopenBy } from './http/options.js';
import type { HttpOptions } from './http/options.js';
import { checkWords } from './option-checks.js';

export interface BytesOptions extends HttpOptions {
  /**
   * `'eof'`: where the server does not tell the length, the bytes may simply end. `'explicit'`: then the server is
   * asked for more, and the end is when it has none (416, or 204).
   * @default 'explicit'
   */
  terminal?: StreamSource<Uint8Array>['terminal'] | undefined;
  /** @default 'safe' for GET and HEAD, else 'restarts-work' */
  reopen?: StreamSource<Uint8Array>['reopen'] | undefined;
  /** The name in diagnostics. @default 'bytes' */
  name?: string | undefined;
}

/**
 * Reads chunks of bytes as they come. A drop asks for the rest by `Range` (RFC 9110, 14); a server that answers with
 * the whole is read up to the place and then on. Another `ETag` is another file: all starts over.
 *
 * @example
 * ```ts
 * import { bytes } from 'stream-reconnect/sources';
 *
 * const source = bytes({ url: '/files/7' });
 * ```
 * @throws ReconnectError `config` where an option cannot work.
 */
export function bytes(options: BytesOptions): StreamSource<Uint8Array> {
  const request = checkHttpOptions(options);
  const { name, resume, terminal, reopen } = checkWords(
    { ...options, resume: 'count' },
    { name: 'bytes', resume: 'count', terminal: 'explicit', reopen: reopenBy(request) },
  );
  return Object.freeze({ name, resume, terminal, reopen, open });

  async function open(at: ResumePoint, signal: AbortSignal): Promise<Connection<Uint8Array>> {
    const response = await exchange(request, at, signal, (headers) => {
      if (at.bytes === 0) return;
      headers['range'] = `bytes=${at.bytes}-`;
      // Compressed bytes are not the ones that were counted.
      headers['accept-encoding'] ??= 'identity';
      if (at.key !== undefined) headers['if-range'] = at.key;
    });
    const part = partOf(response, at);
    if (part.kind !== 'body') {
      discard(response);
      if (part.kind === 'over') return singleBatch([{ type: 'end', outcome: 'complete' }]);
      throw part.failure;
    }
    const body = streamBody(response, {
      contentTypes: null,
      withCursor: at.bytes > 0,
      httpPolicy: request.httpPolicy,
      alsoOpen: [206],
    });
    const key = validatorOf(response);
    const isOther = at.key !== undefined && key !== undefined && key !== at.key;
    const skip = isOther ? 0 : part.skip;
    return bodyConnection(body, new ByteChunks({ ...part, skip, key, mayEnd: terminal === 'eof' }));
  }
}

type Part =
  | { readonly kind: 'over' }
  | { readonly kind: 'refused'; readonly failure: OpenFailure }
  /** Bytes to leave out, and how many come in all, where the server tells. */
  | { readonly kind: 'body'; readonly skip: number; readonly size: number | undefined };

function partOf({ status, headers }: Response, at: ResumePoint): Part {
  const range = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  if (status === 416) {
    if (range?.[3] === String(at.bytes)) return { kind: 'over' };
    return { kind: 'refused', failure: unknownPlace(status) };
  }
  if (status === 204) return { kind: 'over' };
  if (status !== 206) {
    const size = headers.has('content-encoding')
      ? undefined
      : numberOf(headers.get('content-length'));
    return { kind: 'body', skip: at.bytes, size };
  }
  const [from, to] = [numberOf(range?.[1]), numberOf(range?.[2])];
  if (from === undefined || to === undefined || from > at.bytes)
    return { kind: 'refused', failure: unknownPlace(status) };
  const total = numberOf(range?.[3]);
  const size = total === undefined || to + 1 === total ? to + 1 - from : undefined;
  return { kind: 'body', skip: at.bytes - from, size: total === undefined ? undefined : size };
}

function unknownPlace(status: number): OpenFailure {
  const message = `The server has no bytes from this place on (status ${status})`;
  return openFailure('cursor-rejected', message, { fatal: false, status });
}

function numberOf(text: string | null | undefined): number | undefined {
  const number = text === null || text === undefined ? NaN : Number(text);
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** Only a strong one promises the same bytes (RFC 9110, 8.8.1). */
function validatorOf({ headers }: Response): string | undefined {
  const etag = headers.get('etag');
  return etag !== null && /^"[^"]*"$/.test(etag) ? etag : undefined;
}

interface ByteOptions {
  /** Bytes at the start that are there already. */
  readonly skip: number;
  /** How many come in all. */
  readonly size: number | undefined;
  readonly key: string | undefined;
  readonly mayEnd: boolean;
}

class ByteChunks implements BodyDecoder<Uint8Array> {
  ended = false;
  readonly failure = undefined;
  readonly #size: number | undefined;
  readonly #mayEnd: boolean;
  #key: string | undefined;
  #skip: number;
  #read = 0;

  constructor({ skip, size, key, mayEnd }: ByteOptions) {
    this.#skip = skip;
    this.#size = size;
    this.#key = key;
    this.#mayEnd = mayEnd;
  }

  decode(chunk: Uint8Array): readonly SourceItem<Uint8Array>[] {
    const items: SourceItem<Uint8Array>[] = [];
    if (this.#key !== undefined) items.push({ type: 'identity', key: this.#key });
    this.#key = undefined;
    this.#read += chunk.length;
    const data = chunk.subarray(Math.min(this.#skip, chunk.length));
    this.#skip -= chunk.length - data.length;
    if (data.length > 0) items.push({ type: 'data', data, bytes: data.length });
    if (this.#read !== this.#size) return items;
    this.ended = true;
    return [...items, { type: 'end', outcome: 'complete' }];
  }

  finish(): readonly SourceItem<Uint8Array>[] | OpenFailure | undefined {
    if (this.#size === 0) return [{ type: 'end', outcome: 'complete' }];
    if (this.#size === undefined || !this.#mayEnd) return undefined;
    return openFailure('network', 'The body is shorter than its length', { fatal: false });
  }
}
