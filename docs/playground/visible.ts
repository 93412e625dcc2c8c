/** Prepares text of a stream for the page: characters that would change the text around them are shown by name. */

// C0 but for tab and line feed, DEL and C1; the bidi marks, embeddings, overrides and isolates (UAX #9),
// which turn a line around; line and paragraph separators; lone surrogates.
const ACTING =
  // oxlint-disable-next-line no-control-regex -- it looks for control characters
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]|\p{Cs}/gu;

/** The first of Unicode's symbols for control characters. */
const PICTURES = 0x2400;

export function visible(text: string): string {
  return text.replace(ACTING, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(PICTURES + code);
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}
