/** The format of a log, by its content type (Durable Streams 1.0, "JSON mode"). */

import { configFailure } from '../shared/source-error.js';
import type { SourceError } from '../shared/source-error.js';
import type { DurableFormat } from './payload.js';

/** Returns undefined without a content type. */
export function formatOf(contentType: string | null): DurableFormat | undefined {
  const type = essence(contentType);
  if (type === '') return undefined;
  if (type === 'application/json') return 'json';
  return type.startsWith('text/') ? 'text' : 'bytes';
}

/** @throws SourceError if a log of this content type cannot be read in this format. */
export function checkFormat(format: DurableFormat, contentType: string | null): void {
  const actual = formatOf(contentType);
  if (actual === undefined || actual === format) return;
  if (actual === 'json') throw wrongFormat(format, 'json', contentType);
  if (format === 'json' && !essence(contentType).includes('json'))
    throw wrongFormat('json', actual, contentType);
}

/** Returns whether an event may be of a log of JSON, whose events are arrays. */
export function isJsonArray(text: string): boolean {
  try {
    return Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}

export function unknownFormat(): SourceError {
  const got = 'an event that is none, and no content type';
  return configFailure('a stream of JSON messages', got, "format: 'text' or format: 'bytes'");
}

function wrongFormat(
  asked: DurableFormat,
  actual: DurableFormat,
  contentType: string | null,
): SourceError {
  const expected = `a stream that can be read as format: '${asked}'`;
  return configFailure(expected, `one of ${essence(contentType)}`, `format: '${actual}'`);
}

/** Returns the media type only, for messages. */
function essence(contentType: string | null): string {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/.test(type) ? type : '';
}
