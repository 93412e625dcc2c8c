/** Rejects what a source must not give: it would damage the progress, and every checkpoint made of it. */

import { END_OUTCOMES, MAX_ID_LENGTH } from '../../machines/source-contract.js';
import type { SourceItem } from '../../machines/source-contract.js';
import { ReconnectError } from '../../machines/errors.js';
import { ignoreRejection } from '../../machines/thenable.js';
import { toReconnectError } from '../../machines/thrown.js';
import { isSize } from './progress.js';

/** @throws ReconnectError kind `protocol` or `limit`, fatal: the same source would give the same again. */
export function checkItem(item: SourceItem<unknown>): void {
  if (typeof item !== 'object' || item === null) throw malformed('an item that is no object', item);
  switch (item.type) {
    case 'data':
      checkSize(item.bytes, 'data without a size in bytes');
      if (item.chars !== undefined) checkSize(item.chars, 'data with chars that are no number');
      if (item.id !== undefined) checkId(item.id, 'data with an id that is no string');
      if (item.raw !== undefined) checkText(item.raw, 'data with a raw that is no string');
      if (item.follows !== undefined) checkText(item.follows, 'data that follows no string');
      for (const { id, args, finalArgs, name, formerId } of item.toolCall ?? []) {
        checkId(id, 'a piece of a tool call without an id');
        for (const text of [args, finalArgs, name, formerId])
          if (text !== undefined) checkText(text, 'a piece of a tool call that is no string');
      }
      return;
    case 'checkpoint':
      checkId(item.cursor, 'a checkpoint without a cursor');
      return;
    case 'identity':
      checkId(item.key, 'an identity without a key');
      return;
    case 'retry':
      if (typeof item.ms !== 'number') throw malformed('a retry without a number of ms');
      return;
    case 'reset':
      if (!SCOPES.includes(item.scope)) throw malformed('a reset of an unknown scope');
      checkText(item.why, 'a reset without a reason');
      return;
    case 'end':
      if (!OUTCOMES.includes(item.outcome)) throw malformed('an end with an unknown outcome');
      return;
    case 'gap':
      for (const place of [item.from, item.to])
        if (place !== null && !isPlace(place))
          throw malformed('a gap that is not between two ids or numbers');
      return;
    case 'replayed':
      checkSize(item.items, 'replayed items without their number');
      return;
    case 'diagnostic':
      checkText(item.code, 'a diagnostic without a code');
      checkText(item.message, 'a diagnostic without a message');
      return;
    case 'rotate':
      if (item.afterMs !== undefined && !isSize(item.afterMs))
        throw malformed('a rotate whose afterMs is no number of ms');
      return;
    case 'alive':
    case 'upToDate':
      return;
    default:
      throw malformed('an item of an unknown type', item);
  }
}

export function malformed(what: string, cause?: unknown): ReconnectError {
  ignoreRejection(cause);
  return new ReconnectError('protocol', `the source gave ${what}`, { cause });
}

/** The error for what was thrown while items were taken: a source may give anything. */
export function malformedBy(thrown: unknown): ReconnectError {
  const error = toReconnectError(thrown);
  const isKnown = error === thrown || error.kind === 'limit';
  return isKnown ? error : malformed('what cannot be read', thrown);
}

const SCOPES: readonly unknown[] = ['all', 'pending'];
const OUTCOMES: readonly unknown[] = END_OUTCOMES;

function checkSize(value: unknown, what: string): void {
  if (!isSize(value)) throw malformed(what);
}

function isPlace(value: unknown): boolean {
  return isSize(value) || (typeof value === 'string' && value.length <= MAX_ID_LENGTH);
}

function checkText(value: unknown, what: string): void {
  if (typeof value !== 'string') throw malformed(what);
}

function checkId(value: unknown, what: string): void {
  checkText(value, what);
  if ((value as string).length > MAX_ID_LENGTH)
    throw new ReconnectError(
      'limit',
      `the source gave an id of more than ${MAX_ID_LENGTH} UTF-16 code units`,
    );
}
