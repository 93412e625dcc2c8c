/** Makes text from a stream harmless for a terminal. */

import { stripVTControlCharacters } from 'node:util';

// C0 but for the line feed, DEL and C1; the bidi marks, embeddings, overrides and isolates
// (UAX #9), which turn a line around; line and paragraph separators; lone surrogates.
const UNSAFE =
  // oxlint-disable-next-line no-control-regex -- control characters are what we look for
  /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]|\p{Cs}/gu;

/** Whole escape sequences go first, so that none leaves its tail behind; line feeds stay. */
export function clean(text: string): string {
  return stripVTControlCharacters(text).replace(UNSAFE, '');
}

/** The same on one line. */
export function cleanLine(text: string): string {
  return clean(text).replaceAll('\n', ' ');
}
