/** The source `bytes()`: bytes over fetch. The position is the number of bytes received, sent as `Range`. */

import type {
  Connection,
  ResumePoint,
  SourceItem,
  StreamSource,
} from '../../machines/source-contract.js';
import { sourceError } from './shared/source-error.js';
import type { SourceError } from './shared/source-error.js';
import { bodyConnection, singleBatch } from './http/response/body-reader.js';
import type { BodyDecoder } from './http/response/body-reader.js';
import { openBody } from './http/request/open-body.js';
import { checkHttpOptions, HTTP_OPTIONS } from './http/options.js';
import type { HttpOptions } from './http/options.js';
import { checkResumeRequest, requestAt } from './http/request/resume-request.js';
import type { ResumeRequestFunction } from './http/request/resume-request.js';
import { checkPositionWords, toOptions } from './http/source-options.js';
import type { WithoutUrl } from './http/source-options.js';

export interface BytesOptions extends HttpOptions {
  /** `'count'`: a drop requests the rest by `Range`. `'none'`: it ends the stream. @default 'count' for GET and HEAD, else 'none' */
  resume?: 'count' | 'none' | undefined;
  /**
   * Matters where the server states no length. `'eof'`: the end of the bytes is the end. `'explicit'`: the server is
   * asked for more, and the end is 416, 204 or the same bytes again.
   * @default 'explicit' where the stream can be resumed, else 'eof'
   */
  terminal?: StreamSource<Uint8Array>['terminal'] | undefined;
  /** @default 'safe' for GET, HEAD and with `idempotencyKey`, else 'restarts-work' */
  reopen?: StreamSource<Uint8Array>['reopen'] | undefined;
  /** The request that continues after a drop, where the first one is a POST. */
  resumeRequest?: ResumeRequestFunction | undefined;
  /** The name in diagnostics. @default 'bytes' */
  name?: string | undefined;
}

/**
 * Reads chunks of bytes as they arrive. A drop requests the rest by `Range` (RFC 9110, 14). If the server sends the whole
 * instead, the bytes up to the position are left out. A different `ETag` means another file: everything starts over.
 *
 * @example
 * ```ts
 * import { bytes } from 'stream-reconnect/sources';
 *
 * const source = bytes({ url: '/files/7' });
 * ```
 * @throws ReconnectError `config` where an option cannot work.
 */
export function bytes(
  url: string | URL,
  options?: WithoutUrl<BytesOptions>,
): StreamSource<Uint8Array>;
export function bytes(options: BytesOptions): StreamSource<Uint8Array>;
export function bytes(
  first: string | URL | BytesOptions,
  rest?: WithoutUrl<BytesOptions>,
): StreamSource<Uint8Array> {
  const options = toOptions('bytes', first, rest, BYTES_OPTIONS);
  const request = checkHttpOptions(options);
  const words = checkPositionWords(options, request, 'bytes');
  const resumeRequest = checkResumeRequest(options.resumeRequest);
  return Object.freeze({ ...words, open });

  async function open(at: ResumePoint, signal: AbortSignal): Promise<Connection<Uint8Array>> {
    const { response, body } = await openBody(
      {
        request: await requestAt(request, resumeRequest, at, signal),
        contentTypes: null,
        withCursor: at.bytes > 0,
        alsoOpen: [206],
        addHeaders: (headers) => {
          if (at.bytes === 0) return;
          headers['range'] = `bytes=${at.bytes}-`;
          // The count is of uncompressed bytes.
          headers['accept-encoding'] ??= 'identity';
          // A checkpoint may hold any text.
          if (at.key !== undefined && STRONG.test(at.key)) headers['if-range'] = at.key;
        },
        isOver: (answer) => answer.status === 416 && isBehindEnd(answer, at),
        refusal: (answer) => (isElsewhere(answer, at) ? unknownPlace(answer.status) : undefined),
      },
      at,
      signal,
    );
    if (body === null) return singleBatch([{ type: 'end', outcome: 'complete' }]);
    const part = partOf(response, at);
    const key = validatorOf(response);
    const isOther = at.key !== undefined && key !== undefined && key !== at.key;
    const skip = isOther ? 0 : part.skip;
    const mayEnd = words.terminal === 'eof';
    return bodyConnection(body, new ByteChunks({ ...part, skip, key, mayEnd }));
  }
}

const BYTES_OPTIONS = {
  ...HTTP_OPTIONS,
  resume: true,
  terminal: true,
  reopen: true,
  resumeRequest: true,
  name: true,
} as const satisfies Record<keyof BytesOptions, true>;

/** Returns whether nothing follows: the server has as many bytes as were received. */
function isBehindEnd(response: Response, at: ResumePoint): boolean {
  return rangeOf(response)?.[3] === String(at.bytes);
}

/** Returns whether the server cannot continue at this position. */
function isElsewhere(response: Response, at: ResumePoint): boolean {
  if (response.status === 416) return !isBehindEnd(response, at);
  if (response.status !== 206) return false;
  const range = rangeOf(response);
  const [from, to] = [numberOf(range?.[1]), numberOf(range?.[2])];
  return from === undefined || to === undefined || from > at.bytes;
}

function rangeOf({ headers }: Response): RegExpExecArray | null {
  return /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
}

/** The bytes to leave out, and how many the response has in all, if the server says. */
interface Part {
  readonly skip: number;
  readonly size: number | undefined;
}

function partOf(response: Response, at: ResumePoint): Part {
  const { status, headers } = response;
  if (status !== 206) {
    const size = headers.has('content-encoding')
      ? undefined
      : numberOf(headers.get('content-length'));
    return { skip: at.bytes, size };
  }
  const range = rangeOf(response);
  const [from = 0, to = 0] = [numberOf(range?.[1]), numberOf(range?.[2])];
  const total = numberOf(range?.[3]);
  const size = total === undefined || to + 1 === total ? to + 1 - from : undefined;
  return { skip: at.bytes - from, size: total === undefined ? undefined : size };
}

function unknownPlace(status: number): SourceError {
  const message = `The server cannot send the bytes from this position on (status ${status})`;
  return sourceError('cursor-rejected', message, { fatal: false, status });
}

function numberOf(text: string | null | undefined): number | undefined {
  const number = text === null || text === undefined ? NaN : Number(text);
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** A strong validator: only that promises the same bytes (RFC 9110, 8.8.1 and 8.8.3). */
const STRONG = /^"[\t -!#-~\x80-\xff]*"$/;

function validatorOf({ headers }: Response): string | undefined {
  const etag = headers.get('etag');
  return etag !== null && STRONG.test(etag) ? etag : undefined;
}

const END = { type: 'end', outcome: 'complete' } as const;

interface ByteOptions {
  /** Bytes at the start of the response that were received before. */
  readonly skip: number;
  /** Bytes of the response in all. */
  readonly size: number | undefined;
  readonly key: string | undefined;
  readonly mayEnd: boolean;
}

class ByteChunks implements BodyDecoder<Uint8Array> {
  ended = false;
  readonly failure = undefined;
  readonly #size: number | undefined;
  readonly #mayEnd: boolean;
  readonly #known: number;
  #key: string | undefined;
  #skip: number;
  #read = 0;

  constructor({ skip, size, key, mayEnd }: ByteOptions) {
    this.#skip = this.#known = skip;
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
    return [...items, END];
  }

  finish(): readonly SourceItem<Uint8Array>[] | SourceError | undefined {
    if (this.#size === 0) return [END];
    // The server ignored the range, sent the whole again, and nothing follows the position.
    if (this.#known > 0 && this.#read === this.#known) return [END];
    if (this.#size === undefined || !this.#mayEnd) return undefined;
    return sourceError('network', 'The body is shorter than its length', { fatal: false });
  }
}
