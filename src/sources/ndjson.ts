/** Lines of JSON over fetch, as a source. */

import type { Connection, EndOutcome, ResumePoint, StreamSource } from '../../machines/contract.js';
import { checkContiguity } from './contiguity.js';
import type { Contiguity } from './contiguity.js';
import { configFailure } from './failure.js';
import { withAddress } from './http/address.js';
import { bodyConnection, singleBatch } from './http/body-batches.js';
import { openBody } from './http/open-body.js';
import { checkHttpOptions, reopenBy } from './http/options.js';
import type { HttpOptions } from './http/options.js';
import { LineDecoder } from './lines/decoder.js';
import { checkFunction, checkSize, checkWords } from './option-checks.js';

export interface NdjsonOptions<T> extends HttpOptions {
  /** The cursor of an item; undefined where it has none. */
  id?: ((item: T) => string | undefined) | undefined;
  /** Says which item ends the stream; the item itself is handed out. */
  isEnd?: ((item: T) => boolean | EndOutcome) | undefined;
  /** `'eof'`: the bytes may simply end. To be said where there is no `isEnd`. @default 'explicit' with isEnd */
  terminal?: StreamSource<T>['terminal'] | undefined;
  /** The name in the query by which the cursor goes out. Functions for url, headers and body get it, too. */
  cursorParam?: string | undefined;
  /** The name in the query by which the number of items received goes out. */
  itemsParam?: string | undefined;
  /** @default 'cursor' with `id`, 'count' with `itemsParam`, else 'none' */
  resume?: StreamSource<T>['resume'] | undefined;
  /** @default 'safe' for GET and HEAD, else 'restarts-work' */
  reopen?: StreamSource<T>['reopen'] | undefined;
  /** How ids follow each other; where they do not, the stream tells a `gap`. @default unknown */
  contiguous?: Contiguity | undefined;
  /** What the body may be labelled as; null: anything. @default the usual four for lines of JSON */
  contentTypes?: readonly string[] | null | undefined;
  /** Longest line, in UTF-16 units. @default 4 MiB */
  maxLineBytes?: number | undefined;
  /** The name in diagnostics. @default 'ndjson' */
  name?: string | undefined;
}

/**
 * Reads a body of one JSON value a line. The format has no end marker of its own, so say what the end is: an item
 * (`isEnd`), or that of the bytes (`terminal: 'eof'`).
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
export function ndjson<T = unknown>(options: NdjsonOptions<T>): StreamSource<T> {
  const { id, isEnd, cursorParam, itemsParam, contentTypes = LABELS } = options;
  const request = checkHttpOptions(options);
  checkFunction('id', id, '(item) => item.id');
  checkFunction('isEnd', isEnd, '(item) => item.done === true');
  if (isEnd === undefined && options.terminal === undefined) {
    const write = "isEnd: (item) => …, or terminal: 'eof'";
    throw configFailure('to know what the end is', 'neither isEnd nor terminal', write);
  }
  const byDefault = id === undefined ? (itemsParam === undefined ? 'none' : 'count') : 'cursor';
  const { name, resume, terminal, reopen } = checkWords(options, {
    name: 'ndjson',
    resume: byDefault,
    terminal: 'explicit',
    reopen: reopenBy(request),
  });
  if (resume === 'cursor' && id === undefined)
    throw configFailure("id with resume: 'cursor'", 'none', 'id: (item) => item.id');
  const maxLineBytes = checkSize('maxLineBytes', options.maxLineBytes);
  const contiguous = checkContiguity(options.contiguous);
  const asked = withAddress(request, (url, { cursor, items }) => {
    if (cursorParam !== undefined && cursor !== undefined)
      url.searchParams.set(cursorParam, cursor);
    if (itemsParam !== undefined && items > 0) url.searchParams.set(itemsParam, String(items));
  });
  const source = { name, resume, terminal, reopen, open };
  return Object.freeze(contiguous === undefined ? source : { ...source, contiguous });

  async function open(at: ResumePoint, signal: AbortSignal): Promise<Connection<T>> {
    const withCursor = at.items > 0 || at.cursor !== undefined;
    const { body } = await openBody({ request: asked, contentTypes, withCursor }, at, signal);
    if (body === null)
      return singleBatch([{ type: 'end', outcome: withCursor ? 'incomplete' : 'complete' }]);
    const mayEnd = terminal === 'eof';
    return bodyConnection(body, new LineDecoder<T>({ id, isEnd, mayEnd, maxLineBytes }));
  }
}

const LABELS = [
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
] as const;
