/** Prepares untrusted text for the page: invisible characters are spelled out. */

/** Writes control, format and bidirectional characters as `\u202e`; line breaks stay. */
export function visible(text: string): string {
  return text.replaceAll(/[^\P{C}\n]/gu, (sign) => {
    const code = (sign.codePointAt(0) ?? 0).toString(16).padStart(4, '0');
    return code.length > 4 ? `\\u{${code}}` : `\\u${code}`;
  });
}

/** Formats a duration in seconds, with few digits. */
export function seconds(ms: number): string {
  const s = Math.max(0, ms) / 1000;
  if (s >= 120) return `${Math.floor(s / 60)} min ${Math.floor(s % 60)} s`;
  return `${s.toFixed(s < 10 ? 1 : 0)} s`;
}

export function bytes(count: number): string {
  if (count < 1_000) return `${count} B`;
  if (count < 1_000_000) return `${(count / 1_000).toFixed(1)} kB`;
  return `${(count / 1_000_000).toFixed(1)} MB`;
}

export function whole(count: number): string {
  return count.toLocaleString('en');
}

export function clockTime(ms: number): string {
  const at = new Date(ms);
  const two = (part: number): string => String(part).padStart(2, '0');
  const day = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${day}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}
