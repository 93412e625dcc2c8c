/** The text of an error that is not ours, made fit for a message: its author's words without what a request may hold. */

import { quotedText } from './quoted-text.js';

/** UTF-16 units of a foreign error's text that a message keeps. */
const MAX_TEXT = 1000;

/**
 * Returns the text of whatever was thrown; undefined where it has none. On one line and bounded, see `quotedText`.
 *
 * Errors of the platform repeat what they were given: a URL is cut to its origin, a query is left out, and so is what a
 * `TypeError` quotes (undici: `Headers.append: "…" is an invalid header value`, `Failed to parse URL from …`).
 */
export function thrownText(thrown: unknown): string | undefined {
  const text = textOf(thrown);
  if (text === undefined) return undefined;
  const unquoted = thrown instanceof TypeError ? withoutArguments(text) : text;
  const shown = unquoted.replaceAll(URLS, '$1$2/…').replaceAll(QUERIES, '?…');
  return quotedText(shown, MAX_TEXT) || undefined;
}

/** Texts of undici and of Chromium. */
function withoutArguments(text: string): string {
  return text.replaceAll(/"[^"]*"/g, '"…"').replace(/\bURL from .*/s, 'URL from …');
}

/** Scheme and host are kept; user, path, query and fragment go. */
const URLS = /\b([a-z][a-z\d+.-]{1,20}:\/\/)(?:[^\s/?#'"`<>]*@)?([^\s/?#'"`<>]*)[^\s'"`<>]*/gi;

/** Of a URL that is relative. */
const QUERIES = /\?[^\s'"`<>?]*=[^\s'"`<>]*/g;

/** Longest text that is looked at: twice what is kept would do, were nothing left out. */
const MAX_READ = 10 * MAX_TEXT;

function textOf(thrown: unknown): string | undefined {
  try {
    const text: unknown =
      typeof thrown === 'object' && thrown !== null
        ? (thrown as { message?: unknown }).message
        : thrown;
    return typeof text === 'string' ? text.slice(0, MAX_READ) : undefined;
  } catch {
    return undefined;
  }
}
