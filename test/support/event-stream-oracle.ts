/** WHATWG HTML, 9.2.6, word for word and as slow as it likes: what an event stream says. */

export interface Told {
  readonly event?: { readonly type: string; readonly data: string; readonly id: string };
  readonly retry?: number;
  /** A block that named an id and held no event; an empty one only where there was one to take back. */
  readonly id?: string;
}

/** What these bytes say so far; a line without an end, and a block without a blank line, say nothing yet. */
export function interpret(bytes: Uint8Array): Told[] {
  const told: Told[] = [];
  let [data, type, lastId] = ['', '', ''];
  let blockId: string | null = null;
  for (const line of linesOf(bytes)) {
    if (line === '') {
      const isTakenBack = blockId !== '' || lastId !== '';
      if (blockId !== null) lastId = blockId;
      // "If the data buffer is an empty string, set the data buffer and the event type buffer to the empty string."
      if (data !== '')
        told.push({ event: { type: type || 'message', data: data.slice(0, -1), id: lastId } });
      else if (blockId !== null && isTakenBack) told.push({ id: blockId });
      [data, type, blockId] = ['', '', null];
      continue;
    }
    const colon = line.indexOf(':');
    if (colon === 0) continue;
    const field = colon < 0 ? line : line.slice(0, colon);
    const rest = colon < 0 ? '' : line.slice(colon + 1);
    const value = rest.startsWith(' ') ? rest.slice(1) : rest;
    if (field === 'event') type = value;
    else if (field === 'data') data += `${value}\n`;
    else if (field === 'id' && !value.includes('\0')) blockId = value;
    else if (field === 'retry' && /^[0-9]+$/.test(value))
      told.push({ retry: Math.min(Number(value), Number.MAX_SAFE_INTEGER) });
  }
  return told;
}

/** The lines that have an end: CR LF, LF or CR. */
function linesOf(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  let start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  for (let at = start; at < bytes.length; at++) {
    if (bytes[at] !== LF && bytes[at] !== CR) continue;
    lines.push(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(start, at)));
    if (bytes[at] === CR && bytes[at + 1] === LF) at++;
    start = at + 1;
  }
  return lines;
}

const LF = 10;
const CR = 13;
