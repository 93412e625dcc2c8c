/** Text of a peer, made fit to stand in a message of ours: one line, bounded, nothing invisible. */

/** UTF-16 units of a peer's text that a message quotes. */
const MAX_QUOTE = 500;

/**
 * Returns the text on one line: control characters, line separators, bidirectional controls and lone surrogates are
 * escaped as `\n` or `\u202e`, and what is longer than the bound ends with an ellipsis.
 */
export function quotedText(text: string, max: number = MAX_QUOTE): string {
  const start = text.slice(0, max * 2).trim();
  let quoted = '';
  for (const character of start) {
    const shown = UNSAFE.test(character) ? escaped(character) : character;
    if (quoted.length + shown.length > max) return `${quoted}…`;
    quoted += shown;
  }
  return start.length < text.trim().length ? `${quoted}…` : quoted;
}

/** General categories: control, format, line and paragraph separator, surrogate. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return SHORT[character] ?? (code > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`);
}
