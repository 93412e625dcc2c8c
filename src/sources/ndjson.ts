/** The source `ndjson()`: lines of JSON over fetch. */

import type {
  Connection,
  EndOutcome,
  ResumePoint,
  StreamSource,
} from '../../machines/source-contract.js';
import { checkContiguity } from './shared/contiguity.js';
import type { Contiguity } from './shared/contiguity.js';
import { configFailure, describeType } from './shared/source-error.js';
import { withAddress } from './http/request/address.js';
import { bodyConnection, singleBatch } from './http/response/body-reader.js';
import { LastResponse } from './http/response/last-response.js';
import { openBody } from './http/request/open-body.js';
import { checkHttpOptions, HTTP_OPTIONS, reopenBy } from './http/options.js';
import type { HttpOptions } from './http/options.js';
import { checkResumeRequest, requestAt } from './http/request/resume-request.js';
import type { ResumeRequestFunction } from './http/request/resume-request.js';
import { resumeBy, toOptions } from './http/source-options.js';
import type { WithoutUrl } from './http/source-options.js';
import { LineDecoder } from './lines/decoder.js';
import { checkFunction, checkSize, checkString, checkWords } from './shared/validate-options.js';

export interface NdjsonOptions<T> extends HttpOptions {
  /** Turns the JSON of a line into an item; undefined: the line is only a sign of life. @default the JSON itself */
  parse?: ((value: unknown) => T | undefined) | undefined;
  /** Returns the cursor of an item; undefined if it has none. */
  id?: ((item: T) => string | undefined) | undefined;
  /** Says which item ends the stream; the item itself is delivered. */
  isEnd?: ((item: T) => boolean | EndOutcome) | undefined;
  /** `'eof'`: the end of the bytes is the end. Required without `isEnd`. @default 'explicit' with isEnd */
  terminal?: StreamSource<T>['terminal'] | undefined;
  /** The query parameter that carries the cursor. Functions for url and body receive the cursor, too. */
  cursorParam?: string | undefined;
  /** The query parameter that carries the number of items received. */
  itemsParam?: string | undefined;
  /**
   * How the stream continues after a drop.
   * @default 'cursor' with `id`, 'count' with `itemsParam`, else 'none'; 'none' for a POST without `resumeRequest`
   */
  resume?: StreamSource<T>['resume'] | undefined;
  /** @default 'safe' for GET, HEAD and with `idempotencyKey`, else 'restarts-work' */
  reopen?: StreamSource<T>['reopen'] | undefined;
  /** The request that continues after a drop, where the first one is a POST. */
  resumeRequest?: ResumeRequestFunction | undefined;
  /** How ids follow each other; where one is skipped, the stream emits a `gap`. @default unknown */
  contiguous?: Contiguity | undefined;
  /** Content types that are accepted; null: any. @default the usual five of JSON lines and json-seq */
  contentTypes?: readonly string[] | null | undefined;
  /** Longest line, in UTF-16 units. @default 4 MiB */
  maxLineBytes?: number | undefined;
  /** The name in diagnostics. @default 'ndjson' */
  name?: string | undefined;
}

const NDJSON_OPTIONS = {
  ...HTTP_OPTIONS,
  parse: true,
  id: true,
  isEnd: true,
  terminal: true,
  cursorParam: true,
  itemsParam: true,
  resume: true,
  reopen: true,
  resumeRequest: true,
  contiguous: true,
  contentTypes: true,
  maxLineBytes: true,
  name: true,
} as const satisfies Record<keyof NdjsonOptions<unknown>, true>;

/**
 * Reads a body of one JSON value per line, or of JSON texts behind record separators (json-seq, RFC 7464). The
 * format has no end marker, so say what the end is: an item (`isEnd`), or the end of the bytes
 * (`terminal: 'eof'`).
 *
 * @example
 * ```ts
 * import { ndjson } from 'stream-reconnect/sources';
 *
 * const source = ndjson<{ seq: string; last?: boolean }>({
 *   url: '/log',
 *   id: (line) => line.seq,
 *   cursorParam: 'after',
 *   isEnd: (line) => line.last === true,
 * });
 * ```
 * @throws ReconnectError `config` where an option cannot work.
 */
export function ndjson<T = unknown>(
  url: string | URL,
  options: WithoutUrl<NdjsonOptions<T>>,
): StreamSource<T>;
export function ndjson<T = unknown>(options: NdjsonOptions<T>): StreamSource<T>;
export function ndjson<T = unknown>(
  first: string | URL | NdjsonOptions<T>,
  rest?: WithoutUrl<NdjsonOptions<T>>,
): StreamSource<T> {
  const options = toOptions('ndjson', first, rest, NDJSON_OPTIONS);
  const { parse, id, isEnd, cursorParam, itemsParam } = options;
  const request = checkHttpOptions(options);
  checkFunction('parse', parse, '(value) => the item');
  checkFunction('id', id, '(item) => item.id');
  checkFunction('isEnd', isEnd, '(item) => item.done === true');
  for (const [name, param] of Object.entries({ cursorParam, itemsParam }))
    if (param !== undefined) checkString(name, param);
  if (isEnd === undefined && options.terminal === undefined) {
    const write = "isEnd: (item) => …, or terminal: 'eof'";
    throw configFailure('to know what the end is', 'neither isEnd nor terminal', write);
  }
  const byDefault = id === undefined ? (itemsParam === undefined ? 'none' : 'count') : 'cursor';
  const { name, resume, terminal, reopen } = checkWords(options, {
    name: 'ndjson',
    resume: resumeBy(options, request, byDefault),
    terminal: 'explicit',
    reopen: reopenBy(request),
  });
  if (resume === 'cursor' && id === undefined)
    throw configFailure("id with resume: 'cursor'", 'none', 'id: (item) => item.id');
  const contentTypes = checkContentTypes(options.contentTypes);
  const reading = {
    parse,
    id,
    isEnd,
    mayEnd: terminal === 'eof',
    maxLineBytes: checkSize('maxLineBytes', options.maxLineBytes),
  };
  const contiguous = checkContiguity(options.contiguous);
  const resumeRequest = checkResumeRequest(options.resumeRequest);
  const last = resume === 'count' ? new LastResponse() : undefined;
  const source = { name, resume, terminal, reopen, delivery: 'eager', open } as const;
  return Object.freeze(contiguous === undefined ? source : { ...source, contiguous });

  async function open(at: ResumePoint, signal: AbortSignal): Promise<Connection<T>> {
    const withCursor = at.items > 0 || at.cursor !== undefined;
    const asked = withAddress(
      await requestAt(request, resumeRequest, at, signal),
      (url, { cursor, items }) => {
        if (cursorParam !== undefined && cursor !== undefined)
          url.searchParams.set(cursorParam, cursor);
        if (itemsParam !== undefined && items > 0) url.searchParams.set(itemsParam, String(items));
      },
    );
    const { body } = await openBody({ request: asked, contentTypes, withCursor }, at, signal);
    if (body === null)
      return singleBatch([{ type: 'end', outcome: withCursor ? 'incomplete' : 'complete' }]);
    return bodyConnection(body, new LineDecoder<T>(reading, last, at.items));
  }
}

const LABELS = [
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
  'application/json-seq',
] as const;

function checkContentTypes(types: unknown = LABELS): readonly string[] | null {
  if (types === null) return null;
  if (Array.isArray(types) && types.every((type) => typeof type === 'string'))
    return types.map((type: string) => type.trim().toLowerCase());
  const write = "contentTypes: ['application/x-ndjson'], or null";
  throw configFailure('contentTypes to be names of types', describeType(types), write);
}
